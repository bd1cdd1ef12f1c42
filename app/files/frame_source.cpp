#include "app/files/frame_source.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "app/files/folder_list.h"
#include "app/files/video_frames.h"
#include "engine/base/error.h"
#include "engine/base/lower.h"
#include "engine/image/animation.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kVideoEndings[] = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg",  ".mpeg", ".ts",
                                              ".mts", ".wmv", ".flv", ".ogv",  ".3gp", ".y4m", ".h264", ".hevc"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Runs of digits are compared as numbers: "2.png" before "10.png".
bool before(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      while (i < a.size() && a[i] == '0') ++i;
      while (j < b.size() && b[j] == '0') ++j;
      std::size_t end_a = i, end_b = j;
      while (end_a < a.size() && is_digit(a[end_a])) ++end_a;
      while (end_b < b.size() && is_digit(b[end_b])) ++end_b;
      if (end_a - i != end_b - j) return end_a - i < end_b - j;
      const int order = a.compare(i, end_a - i, b, j, end_b - j);
      if (order != 0) return order < 0;
      i = end_a;
      j = end_b;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  return a.size() - i != b.size() - j ? a.size() - i < b.size() - j : a < b;
}

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::string error;
  for (const FolderEntry& entry : list_folder(folder, {}, error))
    if (!entry.folder && is_named_as_picture(entry.name)) files.push_back(folder / entry.name);
  if (!error.empty()) throw vit::Error(error + "; choose another folder.");
  return files;
}

class FolderFrames : public FrameSource {
 public:
  FolderFrames(std::vector<fs::path> files, const vit::ImageReading& reading)
      : files_(std::move(files)), reading_(reading) {}
  std::optional<int> count() const override { return static_cast<int>(files_.size()); }
  bool jumps() const override { return true; }
  std::string source_of(int index) const override { return files_[static_cast<std::size_t>(index)].string(); }
  std::optional<Frame> read(int index) override {
    if (index < 0 || index >= static_cast<int>(files_.size())) return std::nullopt;
    const std::string source = source_of(index);
    return Frame{index, source, std::make_shared<const vit::Image>(vit::load_image(source, reading_)), 0};
  }

 private:
  std::vector<fs::path> files_;
  vit::ImageReading reading_;
};

class AnimationFrames : public FrameSource {
 public:
  AnimationFrames(std::string source, std::unique_ptr<vit::Animation> animation)
      : source_(std::move(source)), animation_(std::move(animation)) {}
  std::optional<int> count() const override { return animation_->count(); }
  bool jumps() const override { return false; }
  std::string source_of(int index) const override { return source_ + "#" + std::to_string(index + 1); }
  std::optional<Frame> read(int index) override {
    if (index < 0 || index >= animation_->count()) return std::nullopt;
    vit::Image image = animation_->read(index);
    image.name = source_of(index);
    return Frame{index, image.name, std::make_shared<const vit::Image>(std::move(image)), animation_->seconds(index)};
  }

 private:
  std::string source_;
  std::unique_ptr<vit::Animation> animation_;
};

}  // namespace

std::unique_ptr<FrameSource> open_frames(const std::string& source, const vit::ImageReading& reading) {
  std::error_code error;
  if (fs::is_directory(source, error)) {
    std::vector<fs::path> files = pictures_in(source);
    if (files.empty()) throw vit::Error(source + " holds no pictures; choose a folder with the frames of a sequence.");
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
      return before(a.filename().string(), b.filename().string());
    });
    return std::make_unique<FolderFrames>(std::move(files), reading);
  }
  if (!fs::exists(source, error)) throw vit::Error(source + " does not exist; check the path of the sequence.");
  if (is_named_as_video(source)) return open_video(source, reading);
  if (auto animation = vit::open_animation(source, reading))
    return std::make_unique<AnimationFrames>(source, std::move(animation));
  if (is_named_as_picture(source))
    throw vit::Error(source +
                     " holds one picture; a sequence is a folder of pictures, an animated GIF or PNG, or a video.");
  return open_video(source, reading);
}

FrameName parsed_frame_name(const std::string& text) {
  const std::size_t sign = text.rfind('#');
  if (sign == std::string::npos || sign == 0) return {text, 0};
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, code] = std::from_chars(text.data() + sign + 1, end, number);
  if (code != std::errc() || stopped != end || number < 1) return {text, 0};
  return {text.substr(0, sign), number};
}

FrameName frame_name(const std::string& source) {
  std::error_code error;
  return fs::exists(source, error) ? FrameName{source, 0} : parsed_frame_name(source);
}

std::string file_of_frame(const std::string& source) {
  return frame_name(source).file;
}

std::string sequence_name(const std::string& source) {
  if (source == "-") return "standard input";
  const std::filesystem::path path = std::filesystem::path(source).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

vit::Image load_photo(const std::string& source, const vit::ImageReading& reading) {
  const FrameName name = frame_name(source);
  if (name.number == 0) return vit::load_image(source, reading);
  const auto frames = open_frames(name.file, reading);
  auto frame = frames->read(name.number - 1);
  if (!frame) {
    const std::optional<int> count = frames->count();
    throw vit::Error(name.file + " has no frame " + std::to_string(name.number) +
                     (count ? "; it has " + std::to_string(*count) + "." : "; it ends before."));
  }
  return *frame->image;
}

std::span<const std::string_view> video_endings() {
  return kVideoEndings;
}

bool is_named_as_video(const fs::path& file) {
  const std::string ending = vit::lower(file.extension().string());
  return std::find(std::begin(kVideoEndings), std::end(kVideoEndings), ending) != std::end(kVideoEndings);
}

bool holds_pictures(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator it(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    if (is_named_as_picture(it->path()) && it->is_regular_file(ignored)) return true;
  }
  return false;
}

}  // namespace headlight
