// From a photo to the numbers a network reads: resize, crop, mean and std, exactly as PIL and torchvision do it.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "engine/base/choices.h"
#include "engine/image/image.h"

namespace vit {

enum class ResizeRule {
  shorter_side,  // the shorter side becomes `resize_px`, the aspect ratio stays
  longer_side,   // the longer side becomes `resize_px`
  squash,        // both sides become the input size, whatever the aspect ratio
  least,         // the side that changes less becomes the input's, the aspect ratio stays (DPT, Depth Anything)
  box,           // the whole photo, taken as a person's box, in the middle of the input (ViTPose): see person_box.h
  corner,        // the longer side becomes the input's, what is left right and below is padding of the mean (SAM)
  patches,       // the aspect ratio stays, near whole patches of `multiple` px, at most `most_patches` (NaFlex)
  none,          // pixels stay as they are
};
std::span<const Choice<ResizeRule>> choices(ResizeRule);

enum class CropRule {
  center,    // a window of the input size from the middle, padded with black where the picture is smaller
  multiple,  // no fixed input size: cut the right and bottom edges to a multiple of the patch
};
std::span<const Choice<CropRule>> choices(CropRule);

/// Antialiased, as PIL's Image.resize (bicubic a = -0.5).
enum class Interpolation { nearest, bilinear, bicubic, lanczos };
std::span<const Choice<Interpolation>> choices(Interpolation);

/// How a family prepares its input. Everything here is shown, editable and printed in exports.
struct Preprocessing {
  ResizeRule resize = ResizeRule::shorter_side;
  int resize_px = 224;     // of the side that `resize` names
  int most_patches = 256;  // ResizeRule::patches
  int longest_px = 0;      // ResizeRule::shorter_side: the longer side is no longer than this; 0: it may be
  int multiple = 1;        // both sides become multiples of this: the next below, with ResizeRule::least the nearest
  CropRule crop = CropRule::center;
  int width = 224;   // px, input of the network
  int height = 224;  // px
  Interpolation interpolation = Interpolation::bicubic;
  std::array<float, 3> mean = {0.5f, 0.5f, 0.5f};  // of RGB in 0…1
  std::array<float, 3> std = {0.5f, 0.5f, 0.5f};
  float rescale = 1.f / 255;      // a level's value before mean and std
  bool grey = false;              // all channels hold the luminance (ITU-R 601, as PIL's mode L)
  double squash_scale = 1;        // ResizeRule::squash: both sides become so many times the input's before the crop
  bool crop_rounds_down = false;  // an odd surplus is cut as Hugging Face does: the smaller half before the picture
  bool cut_to_patches = false;  // the input is no multiple of the patch: its convolution leaves the last pixels unread
  bool operator==(const Preprocessing&) const = default;
};

/// A rectangle in pixels of the original photo, possibly fractional, possibly beyond its edges (padding).
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Box&) const = default;
};

/// What the network reads, and where on the photo it comes from.
struct Pixels {
  int width = 0, height = 0;  // px
  std::vector<float> chw;     // (3, height, width), (level · rescale - mean) / std
  Box box;                    // the part of the photo that these pixels show: un-warps maps back onto it
  Preprocessing preprocessing;
  Image resized;  // the 8-bit pixels before mean and std: what the network saw, to be looked at
};

/// Resizes 8-bit RGB as PIL does: antialiased separable filter, two passes with 8-bit rounding between them.
Image resize(const Image& image, int width, int height, Interpolation interpolation);

/// The pixels for a network with this patch size. `patch_px` matters to CropRule::multiple and `cut_to_patches` only.
/// Throws Error where the settings cannot be met (sizes that are not positive or above 16384, zero std).
Pixels preprocess(const Image& image, const Preprocessing& preprocessing, int patch_px);

/// Width and height of what preprocess() makes of a photo of this size; zeros where that is less than a patch.
struct InputSize {
  int width = 0, height = 0;  // px
  bool operator==(const InputSize&) const = default;
};
InputSize input_size(int photo_width, int photo_height, const Preprocessing& preprocessing, int patch_px);

/// One line for captions and exports: "shorter side 248, centre crop 224×224, bicubic, mean 0.5 0.5 0.5, std …".
std::string describe(const Preprocessing& preprocessing);

}  // namespace vit
