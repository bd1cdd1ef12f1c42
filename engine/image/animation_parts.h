// What the two animated formats have in common: frames that are drawn over what the ones before have left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/image/animation.h"
#include "engine/image/decoders.h"

namespace vit {

inline constexpr int kMostFrames = 100'000;
[[noreturn]] void refuse_many_frames(const std::string& name);

/// A part of a picture, in px.
struct FrameBox {
  int left = 0, top = 0, width = 0, height = 0;
};

/// Draws the frames in order, as they are stored. `seconds` is as long as there are frames.
class FrameDrawer {
 public:
  virtual ~FrameDrawer() = default;
  virtual void begin() = 0;      // before the first frame
  virtual void draw_next() = 0;  // Throws Error for a frame that is damaged
  virtual Image picture() const = 0;
  std::vector<double> seconds;
};

/// Null where there are fewer than two frames. `bytes` outlive it. Throw Error.
std::unique_ptr<FrameDrawer> gif_frames(const PictureFile& file);
std::unique_ptr<FrameDrawer> png_frames(const PictureFile& file);

/// What the frames of an animated PNG share with a picture of its own: profile, orientation, the largest value.
Decoded png_words(const PictureFile& file);
/// (height, width, 4) of a PNG file in memory, 8-bit. Throws Error.
std::vector<std::uint8_t> png_rgba(const PictureFile& file);

/// Whether a PNG file says that it is an animation of several frames; reads no further than to its pixels.
bool is_animated_png(std::span<const std::byte> bytes);

/// What is done to every picture after decoding: its levels, its profile, its orientation, its name.
Image finished(Decoded decoded, const std::string& name, const ImageReading& reading);
/// Throws Error for a file that is no picture on disk.
std::vector<std::byte> read_picture_file(const std::filesystem::path& file);

}  // namespace vit
