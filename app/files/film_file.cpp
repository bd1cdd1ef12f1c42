#include "app/files/film_file.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

#include "app/files/child_process.h"
#include "app/files/video_frames.h"
#include "app/files/write_file.h"
#include "engine/base/error.h"
#include "engine/base/lower.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;

class PngFilm : public FilmFile {
 public:
  explicit PngFilm(fs::path file) : file_(std::move(file)) {}
  void add(const RgbaPicture& frame, double seconds) override { png_.add(frame, seconds); }
  void finish() override { write_file(file_, png_.take()); }

 private:
  fs::path file_;
  AnimatedPng png_;
};

/// Encoded at the rate of the first frame. Opacity is laid on white, and an odd side gets a line more: the format has
/// neither.
class Mp4Film : public FilmFile {
 public:
  explicit Mp4Film(fs::path file) : file_(std::move(file)), program_(ffmpeg_for("An MP4 is a video")) {
    temporary_ = file_.parent_path() / ("." + file_.filename().string() + "." + std::to_string(::getpid()) + ".mp4");
  }
  ~Mp4Film() override {
    child_.reset();
    std::error_code ignored;
    if (!done_) fs::remove(temporary_, ignored);
  }
  Mp4Film(const Mp4Film&) = delete;
  Mp4Film& operator=(const Mp4Film&) = delete;

  void add(const RgbaPicture& frame, double seconds) override {
    if (!child_) begin(frame, seconds);
    if (frame.width != width_ || frame.height != height_)
      throw vit::Error("The pictures of a film are all of one size: one frame has " + std::to_string(frame.width) +
                       "×" + std::to_string(frame.height) + " pixels, the first one " + std::to_string(width_) + "×" +
                       std::to_string(height_) + ".");
    std::string bytes = "P6\n" + std::to_string(frame.width) + " " + std::to_string(frame.height) + "\n255\n";
    const std::size_t head = bytes.size(), pixels = frame.rgba.size() / 4;
    bytes.resize(head + 3 * pixels);
    const std::uint8_t* from = frame.rgba.data();
    char* to = bytes.data() + head;
    for (std::size_t i = 0; i < pixels; ++i, from += 4)
      for (int c = 0; c < 3; ++c) *to++ = static_cast<char>((from[c] * from[3] + 255 * (255 - from[3]) + 127) / 255);
    if (!child_->write(bytes.data(), bytes.size())) refuse();
  }

  void finish() override {
    if (!child_) throw vit::Error("A film without frames cannot be written.");
    child_->end_input();
    if (child_->wait() != 0) refuse();
    std::error_code error;
    fs::rename(temporary_, file_, error);
    if (error) throw vit::Error(file_.string() + " cannot be written: " + error.message() + "; choose another folder.");
    done_ = true;
  }

 private:
  void begin(const RgbaPicture& frame, double seconds) {
    width_ = frame.width;
    height_ = frame.height;
    const std::string rate = std::to_string(std::lround(1000 / std::max(seconds, 1e-3))) + "/1000";
    child_ = std::make_unique<ChildProcess>(program_,
                                            std::vector<std::string>{"-v",
                                                                     "error",
                                                                     "-y",
                                                                     "-f",
                                                                     "image2pipe",
                                                                     "-c:v",
                                                                     "ppm",
                                                                     "-framerate",
                                                                     rate,
                                                                     "-i",
                                                                     "pipe:0",
                                                                     "-an",
                                                                     "-vf",
                                                                     "pad=ceil(iw/2)*2:ceil(ih/2)*2:0:0:white",
                                                                     "-c:v",
                                                                     "libx264",
                                                                     "-crf",
                                                                     "16",
                                                                     "-pix_fmt",
                                                                     "yuv420p",
                                                                     "-movflags",
                                                                     "+faststart",
                                                                     "-fflags",
                                                                     "+bitexact",
                                                                     "-flags:v",
                                                                     "+bitexact",
                                                                     "-f",
                                                                     "mp4",
                                                                     "file:" + fs::absolute(temporary_).string()},
                                            true);
  }

  [[noreturn]] void refuse() {
    child_->wait();
    std::string why = child_->complaint();
    why = why.substr(0, why.find('\n'));
    throw vit::Error(file_.string() + " cannot be written by ffmpeg" + (why.empty() ? "" : " (" + why + ")") +
                     "; write an animated PNG, whose name ends in .png.");
  }

  fs::path file_, temporary_, program_;
  std::unique_ptr<ChildProcess> child_;
  int width_ = 0, height_ = 0;
  bool done_ = false;
};

}  // namespace

std::optional<FilmKind> film_kind_of(const fs::path& file) {
  const std::string ending = vit::lower(file.extension().string());
  if (ending == ".png" || ending == ".apng") return FilmKind::animated_png;
  if (ending == ".mp4") return FilmKind::mp4;
  return std::nullopt;
}

std::unique_ptr<FilmFile> open_film(const fs::path& file) {
  const auto kind = film_kind_of(file);
  if (!kind)
    throw vit::Error(file.string() +
                     " would be a film of an unknown kind; let its name end in .png (animated) or .mp4.");
  if (*kind == FilmKind::mp4) return std::make_unique<Mp4Film>(file);
  return std::make_unique<PngFilm>(file);
}

}  // namespace headlight
