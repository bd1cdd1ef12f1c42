// What a test driver needs to know about the window: every control's place and value, and whether work is pending.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace headlight {

struct Mark {
  std::string id;                    // "attention.heads"
  float x = 0, y = 0, w = 0, h = 0;  // window px
  std::string value;                 // as shown
  bool enabled = true;
};

/// Requested or shown.
struct PictureState {
  int block = 0;
  int num_heads = 0;
  std::string head;   // "mean", "max" or the index
  std::string query;  // "cls", "ROW,COL" or "token:N"
  std::uint64_t run = 0;
};

/// Collects marks while a frame is drawn, and writes them when it is done. Does nothing unless it has a file.
class UiMap {
 public:
  explicit UiMap(std::optional<std::filesystem::path> file = {}) : file_(std::move(file)) {}

  bool wanted() const { return file_.has_value(); }
  void begin_frame() { marks_.clear(); }
  void add(Mark mark) {
    if (wanted()) marks_.push_back(std::move(mark));
  }
  const std::vector<Mark>& marks() const { return marks_; }

  struct Frame {
    std::uint64_t frame = 0;
    std::uint64_t presses = 0;  // of keys and buttons, buttons' releases and turns of the wheel heard so far
    bool settled = false;
    PictureState requested = {}, shown = {};
    std::string toast = {};
  };
  /// Replaces the file in one step, so that a reader never sees half of it.
  void write(const Frame& frame) const;

 private:
  std::optional<std::filesystem::path> file_;
  std::vector<Mark> marks_;
};

}  // namespace headlight
