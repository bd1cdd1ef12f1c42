// Small pictures and families of the files that the browser and the lists show, made beside the window and kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "app/analysis/desk.h"
#include "app/gl/picture.h"
#include "app/ui/file_browser.h"

namespace headlight {

/// Main thread only, with an OpenGL context.
class FileSummaries {
 public:
  static constexpr std::size_t kMost = 300;  // kept; the one that was seen longest ago goes first
  static constexpr int kPicturePx = 160;     // the longer side
  enum class Kind : std::uint8_t { picture, checkpoint };

  /// `wake` is called from another thread when one more is there.
  explicit FileSummaries(std::function<void()> wake) : desk_(std::move(wake)) {}

  /// What is known by now; asks for the rest. To be called in each frame that shows it: what no frame shows any more is
  /// not waited for.
  ui::FilePreview of(const std::filesystem::path& file, Kind kind);
  bool busy() const { return desk_.busy(); }

 private:
  struct Known {
    int frame = 0;  // of Dear ImGui, in which it was last shown
    std::filesystem::file_time_type written;
    bool done = false;
    std::string words;
    gl::Picture picture;
  };
  void ask(const std::string& place, const std::filesystem::path& file, Kind kind);
  void take(const std::string& place, Known& known);
  void forget_unseen(int frame);

  std::map<std::string, Known> known_;  // by kind and path
  int frame_ = 0;                       // that the last call was in
  Desk desk_;
};

}  // namespace headlight
