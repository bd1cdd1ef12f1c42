// What a test driver needs to know about the window: every control's place and value, and whether work is pending.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headlight {

struct Mark {
  std::string id;                    // "attention.heads"
  float x = 0, y = 0, w = 0, h = 0;  // window px
  std::string value;                 // as shown
  bool enabled = true;
};

/// A text as it was drawn, window px; `layer` is what it covers others of.
struct DrawnText {
  std::string text;
  float x = 0, y = 0, w = 0, h = 0;
  const void* layer = nullptr;
};

/// A text with less room than it needs, px: it was cut, or reaches beyond the part of the window that it is in.
struct SqueezedText {
  std::string text;
  float needs = 0, room = 0;
  bool operator==(const SqueezedText&) const = default;
};

/// Pairs of texts of one layer that cover each other by more than a pixel or two.
std::vector<std::pair<std::string, std::string>> overlapping(const std::vector<DrawnText>& texts);

/// Requested or shown.
struct PictureState {
  int block = 0;
  int num_heads = 0;
  std::string head;   // "mean", "max" or the index
  std::string query;  // "cls", "ROW,COL" or "token:N"
  std::uint64_t run = 0;
  bool draft = false;  // of a smaller input
};

/// Collects marks while a frame is drawn, and writes them when it is done. Does nothing unless it has a file.
class UiMap {
 public:
  explicit UiMap(std::optional<std::filesystem::path> file = {}) : file_(std::move(file)) {}

  bool wanted() const { return file_.has_value(); }
  void begin_frame() {
    marks_.clear();
    texts_.clear();
    squeezed_.clear();
  }
  void add(Mark mark) {
    if (wanted()) marks_.push_back(std::move(mark));
  }
  void add(DrawnText text) { texts_.push_back(std::move(text)); }
  void add(SqueezedText text) { squeezed_.push_back(std::move(text)); }
  const std::vector<Mark>& marks() const { return marks_; }

  struct Frame {
    std::uint64_t frame = 0;
    std::uint64_t presses = 0;  // of keys and buttons, buttons' releases and turns of the wheel heard so far
    bool settled = false;
    std::string page = {};
    PictureState requested = {}, shown = {};
    std::string toast = {};
    double clock_s = 0;  // Dear ImGui's
    int gl_errors = 0;   // that OpenGL has reported since the start
  };
  /// Replaces the file in one step, so that a reader never sees half of it.
  void write(const Frame& frame) const;

 private:
  std::optional<std::filesystem::path> file_;
  std::vector<Mark> marks_;
  std::vector<DrawnText> texts_;
  std::vector<SqueezedText> squeezed_;
};

}  // namespace headlight
