// Frames as one file: an animated PNG, or an MP4 that the ffmpeg on the PATH encodes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "app/files/png_file.h"

namespace headlight {

enum class FilmKind : std::uint8_t { animated_png, mp4 };
/// By its ending: .png and .apng, .mp4; none for others.
std::optional<FilmKind> film_kind_of(const std::filesystem::path& file);

/// The bytes of an animated PNG that repeats for ever, frame by frame; a viewer that knows no animations shows the
/// first one.
class AnimatedPng {
 public:
  /// All are as large as the first one. `seconds`: how long it is shown. Throws vit::Error.
  void add(const RgbaPicture& frame, double seconds);
  /// Throws vit::Error where there is no frame.
  std::string take() const;

 private:
  std::string head_, frames_;  // IHDR and what follows it, and the frames' chunks
  bool keeps_alpha_ = false;
  int width_ = 0, height_ = 0;
  std::uint32_t count_ = 0, sequence_ = 0;
};

/// Belongs to one thread.
class FilmFile {
 public:
  virtual ~FilmFile() = default;
  /// All are as large as the first one. Throws vit::Error.
  virtual void add(const RgbaPicture& frame, double seconds) = 0;
  /// The file takes its name now; without this nothing is left behind. Throws vit::Error.
  virtual void finish() = 0;
};

/// The folder must exist. Throws vit::Error with what to do for an ending that is none, and without ffmpeg where one is
/// needed.
std::unique_ptr<FilmFile> open_film(const std::filesystem::path& file);

}  // namespace headlight
