// Animated GIF and PNG: whole frames, as a viewer shows them one after the other.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "engine/image/image.h"

namespace vit {

/// Frames are made in order: one costs as much as those since the frame read last, or since the first where it lies
/// before that one. Belongs to one thread.
class Animation {
 public:
  virtual ~Animation() = default;
  virtual int count() const = 0;
  /// How long the file wants a frame to be shown, as it says; many files say 0.
  virtual double seconds(int frame) const = 0;
  /// 0 … count() - 1. Pixels are those of PIL's `seek` and `convert("RGB")`: alpha is dropped. Throws Error for a frame
  /// that is damaged.
  virtual Image read(int frame) = 0;
};

/// Null for a file that holds one picture, or is of another format. Throws Error for a file that is missing, damaged or
/// ends too early, and for more frames or pixels than Headlight reads.
std::unique_ptr<Animation> open_animation(const std::filesystem::path& file, const ImageReading& reading = {});

/// The same from memory.
std::unique_ptr<Animation> open_animation(std::vector<std::byte> bytes, const std::string& name,
                                          const ImageReading& reading = {});

/// Whether open_animation() reads it. Never throws.
bool is_animation(const std::filesystem::path& file) noexcept;

}  // namespace vit
