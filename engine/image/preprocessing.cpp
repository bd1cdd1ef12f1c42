#include "engine/image/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/core.h>

#include "engine/base/error.h"
#include "engine/image/person_box.h"

namespace vit {
namespace {

constexpr int kLargestSide = 16384;  // px
constexpr int kMostPatches = 65536;

struct Size {
  int width = 0, height = 0;
};

/// A window on the resized picture; its corner is negative where the picture is padded.
struct Window {
  int left = 0, top = 0, width = 0, height = 0;
};

std::string text(Size size) {
  return std::to_string(size.width) + "×" + std::to_string(size.height);
}

void check_side(int side, const char* what) {
  if (side < 1 || side > kLargestSide)
    throw Error(std::string(what) + " of " + std::to_string(side) + " px is impossible; choose 1 to " +
                std::to_string(kLargestSide) + ".");
}

// Beyond them a network's numbers overflow, or all pixels are alike.
constexpr float kMostMean = 1e4f, kLeastStd = 1e-4f, kMostStd = 1e4f;

void check(const Preprocessing& preprocessing) {
  const bool by_side =
      preprocessing.resize == ResizeRule::shorter_side || preprocessing.resize == ResizeRule::longer_side;
  if (!(preprocessing.squash_scale > 0 && preprocessing.squash_scale < kLargestSide))
    throw Error("The scale of a squash must be above 0.");
  if (by_side) check_side(preprocessing.resize_px, "Resizing to a side");
  if (preprocessing.longest_px != 0) check_side(preprocessing.longest_px, "A longest side");
  check_side(preprocessing.multiple, "A multiple for sides");
  if (preprocessing.resize == ResizeRule::patches &&
      (preprocessing.most_patches < 1 || preprocessing.most_patches > kMostPatches))
    throw Error("At most " + std::to_string(preprocessing.most_patches) + " patches are impossible; choose 1 to " +
                std::to_string(kMostPatches) + ".");
  const bool to_input = preprocessing.resize == ResizeRule::squash || preprocessing.resize == ResizeRule::least ||
                        preprocessing.resize == ResizeRule::box || preprocessing.resize == ResizeRule::corner;
  if (preprocessing.crop == CropRule::center || to_input) {
    check_side(preprocessing.width, "An input width");
    check_side(preprocessing.height, "An input height");
  }
  if (!(preprocessing.rescale > 0 && preprocessing.rescale <= 1000))
    throw Error("The factor that rescales levels must lie above 0 and up to 1000.");
  for (int c = 0; c < 3; ++c) {
    if (!(std::abs(preprocessing.mean[c]) <= kMostMean))
      throw Error(
          "The mean of a channel is far from the channels' 0 to 1; give three numbers such as 0.485 0.456 0.406.");
    if (!(preprocessing.std[c] >= kLeastStd && preprocessing.std[c] <= kMostStd))
      throw Error(
          "The standard deviation of a channel is 0, negative or far from 1; give three numbers such as 0.229 0.224 "
          "0.225.");
  }
}

/// `side` scaled by to / from and cut to an integer, as torchvision's Resize does; at least 1.
int scaled(int side, int to, int from) {
  return static_cast<int>(
      std::min(1e9, std::max(1.0, static_cast<double>(static_cast<std::int64_t>(to) * side) / from)));
}

/// Cut to an integer of at least 1.
int whole_px(double side) {
  return static_cast<int>(std::min(1e9, std::max(1.0, side)));
}

/// The shorter side becomes `px`, or less where the longer one would be longer than `longest_px`.
Size by_shorter_side(Size image, int px, int longest_px) {
  const bool width_is_shorter = image.width <= image.height;
  const int shorter = std::min(image.width, image.height), longer = std::max(image.width, image.height);
  int longer_px = scaled(longer, px, shorter);
  if (longest_px > 0 && static_cast<double>(longer) / shorter * px > longest_px) {
    const double exact = static_cast<double>(longest_px) * shorter / longer;
    px = whole_px(std::nearbyint(exact));
    longer_px = shorter == px && image.width >= image.height ? longer : whole_px(exact * longer / shorter);
  }
  return width_is_shorter ? Size{px, longer_px} : Size{longer_px, px};
}

/// The aspect ratio stays; the one of the input's sides that is nearer to the picture's is met.
Size by_least_change(Size image, const Preprocessing& preprocessing) {
  const double across = static_cast<double>(preprocessing.width) / image.width;
  const double down = static_cast<double>(preprocessing.height) / image.height;
  const double scale = std::abs(1 - across) < std::abs(1 - down) ? across : down;
  const auto side = [&](int px) { return whole_px(std::nearbyint(scale * px / preprocessing.multiple)); };
  return {side(image.width) * preprocessing.multiple, side(image.height) * preprocessing.multiple};
}

/// The aspect ratio stays; the picture just fits into the input. Rounded as SAM's code rounds it.
Size by_corner(Size image, const Preprocessing& preprocessing) {
  const double scale = std::min(static_cast<double>(preprocessing.width) / image.width,
                                static_cast<double>(preprocessing.height) / image.height);
  return {whole_px(image.width * scale + 0.5), whole_px(image.height * scale + 0.5)};
}

/// As SigLIP 2's processor finds it: halving the range of possible scales, the largest at which the sides, each rounded
/// up to whole patches, hold no more than so many.
Size by_patches(Size image, const Preprocessing& preprocessing) {
  constexpr double kNear = 1e-5, kLargestScale = 100;
  const int patch = preprocessing.multiple;
  const auto side = [&](double scale, int px) {
    return std::max(patch, static_cast<int>(std::min(1e9, std::ceil(px * scale / patch) * patch)));
  };
  double low = kNear / 10, high = kLargestScale;
  while (high - low >= kNear) {
    const double scale = (low + high) / 2;
    const double patches = static_cast<double>(side(scale, image.height)) / patch *
                           (static_cast<double>(side(scale, image.width)) / patch);
    (patches <= preprocessing.most_patches ? low : high) = scale;
  }
  return {side(low, image.width), side(low, image.height)};
}

Size any_resized_size(Size image, const Preprocessing& preprocessing) {
  const bool width_is_shorter = image.width <= image.height;
  const int px = preprocessing.resize_px;
  switch (preprocessing.resize) {
    case ResizeRule::none:
      return {image.width, image.height};
    case ResizeRule::squash:
      return {static_cast<int>(std::lround(preprocessing.width * preprocessing.squash_scale)),
              static_cast<int>(std::lround(preprocessing.height * preprocessing.squash_scale))};
    case ResizeRule::least:
      return by_least_change(image, preprocessing);
    case ResizeRule::box:
      return {preprocessing.width, preprocessing.height};
    case ResizeRule::corner:
      return by_corner(image, preprocessing);
    case ResizeRule::patches:
      return by_patches(image, preprocessing);
    case ResizeRule::shorter_side:
      return by_shorter_side(image, px, preprocessing.longest_px);
    case ResizeRule::longer_side:
      if (width_is_shorter) return {scaled(image.width, px, image.height), px};
      return {px, scaled(image.height, px, image.width)};
  }
  return {};
}

Size resized_size(Size image, const Preprocessing& preprocessing) {
  const Size size = any_resized_size(image, preprocessing);
  const int multiple = preprocessing.multiple;
  if (multiple <= 1 || preprocessing.resize == ResizeRule::none) return size;
  return {size.width / multiple * multiple, size.height / multiple * multiple};
}

/// Where a centred window of `wanted` begins on a side: torchvision's CenterCrop pads first, with the smaller half
/// before the picture, and otherwise rounds half of the surplus to the nearest even number; Hugging Face rounds down.
int centered_start(int side, int wanted, bool rounds_down) {
  if (wanted >= side) return -((wanted - side) / 2);
  if (rounds_down) return (side - wanted) / 2;
  return static_cast<int>(std::nearbyint((side - wanted) / 2.0));
}

Window window_on(Size size, const Preprocessing& preprocessing, int patch_px, const std::string& name) {
  const auto whole = [patch_px](int px) { return px / patch_px * patch_px; };
  if (preprocessing.crop == CropRule::center) {
    const int width = preprocessing.width, height = preprocessing.height;
    const bool cuts = preprocessing.cut_to_patches && whole(width) > 0 && whole(height) > 0;
    if (preprocessing.resize == ResizeRule::corner)
      return {0, 0, cuts ? whole(width) : width, cuts ? whole(height) : height};
    return {centered_start(size.width, width, preprocessing.crop_rounds_down),
            centered_start(size.height, height, preprocessing.crop_rounds_down), cuts ? whole(width) : width,
            cuts ? whole(height) : height};
  }
  const Window window{0, 0, whole(size.width), whole(size.height)};
  if (window.width == 0 || window.height == 0)
    throw Error(name + " is " + text(size) + " pixels after resizing, less than one patch of " +
                std::to_string(patch_px) + " px; choose a larger resize.");
  return window;
}

Image cut(const Image& image, const Window& window, const std::array<std::uint8_t, 3>& padding) {
  if (window.left == 0 && window.top == 0 && window.width == image.width && window.height == image.height) return image;
  Image out;
  out.width = window.width;
  out.height = window.height;
  out.name = image.name;
  out.rgb.resize(std::size_t{3} * static_cast<std::size_t>(window.width) * window.height);
  for (std::size_t i = 0; i < out.rgb.size(); ++i) out.rgb[i] = padding[i % 3];
  const int first_x = std::max(0, -window.left), last_x = std::min(window.width, image.width - window.left);
  for (int y = 0; y < window.height; ++y) {
    const int from_y = window.top + y;
    if (from_y < 0 || from_y >= image.height || first_x >= last_x) continue;
    const std::uint8_t* from = image.pixel(window.left + first_x, from_y);
    std::copy(from, from + 3 * (last_x - first_x),
              out.rgb.begin() + 3 * (static_cast<std::ptrdiff_t>(y) * window.width + first_x));
  }
  return out;
}

/// PIL's convert("L"), in all three channels.
Image luminance(const Image& image) {
  Image grey = image;
  for (std::size_t i = 0; i + 2 < grey.rgb.size(); i += 3) {
    const int level = (grey.rgb[i] * 19595 + grey.rgb[i + 1] * 38470 + grey.rgb[i + 2] * 7471 + 0x8000) >> 16;
    for (std::size_t c = 0; c < 3; ++c) grey.rgb[i + c] = static_cast<std::uint8_t>(level);
  }
  return grey;
}

std::vector<float> normalized(const Image& image, const Preprocessing& preprocessing) {
  const std::size_t area = static_cast<std::size_t>(image.width) * image.height;
  std::vector<float> chw(3 * area);
  // As torchvision rounds it where levels become 0 … 1, as Hugging Face does with any other factor.
  const bool to_unit = preprocessing.rescale == 1.f / 255;
  for (std::size_t c = 0; c < 3; ++c) {
    float* plane = chw.data() + c * area;
    for (std::size_t i = 0; i < area; ++i) {
      const float level = image.rgb[3 * i + c];
      const float value = to_unit ? level / 255.f : level * preprocessing.rescale;
      plane[i] = (value - preprocessing.mean[c]) / preprocessing.std[c];
    }
  }
  return chw;
}

/// The levels that padding has: black, or what comes nearest to the mean, whose numbers are 0.
std::array<std::uint8_t, 3> padding_of(const Preprocessing& preprocessing) {
  std::array<std::uint8_t, 3> levels = {0, 0, 0};
  for (std::size_t c = 0; preprocessing.resize == ResizeRule::corner && c < 3; ++c)
    levels[c] =
        static_cast<std::uint8_t>(std::clamp(std::lround(preprocessing.mean[c] / preprocessing.rescale), 0l, 255l));
  return levels;
}

/// What lies right of a picture of this size, and below it.
void clear_beside(Size size, int width, int height, std::vector<float>& chw) {
  for (std::size_t i = 0; i < chw.size(); ++i) {
    const auto at = static_cast<int>(i % (static_cast<std::size_t>(width) * height));
    if (at % width >= size.width || at / width >= size.height) chw[i] = 0.f;
  }
}

std::string triple(const std::array<float, 3>& values) {
  return fmt::format("{:.6g} {:.6g} {:.6g}", values[0], values[1], values[2]);
}

}  // namespace

std::span<const Choice<ResizeRule>> choices(ResizeRule) {
  static constexpr Choice<ResizeRule> kAll[] = {
      {ResizeRule::shorter_side, "shorter", "shorter side"},
      {ResizeRule::longer_side, "longer", "longer side"},
      {ResizeRule::squash, "squash", "squash"},
      {ResizeRule::least, "least", "least change"},
      {ResizeRule::box, "box", "a person's box"},
      {ResizeRule::corner, "corner", "whole, in the corner"},
      {ResizeRule::patches, "patches", "number of patches"},
      {ResizeRule::none, "none", "none"},
  };
  return kAll;
}

std::span<const Choice<CropRule>> choices(CropRule) {
  static constexpr Choice<CropRule> kAll[] = {
      {CropRule::center, "center", "centre"},
      {CropRule::multiple, "multiple", "multiple of the patch"},
  };
  return kAll;
}

std::span<const Choice<Interpolation>> choices(Interpolation) {
  static constexpr Choice<Interpolation> kAll[] = {
      {Interpolation::nearest, "nearest", "nearest"},
      {Interpolation::bilinear, "bilinear", "bilinear"},
      {Interpolation::bicubic, "bicubic", "bicubic"},
      {Interpolation::lanczos, "lanczos", "lanczos"},
  };
  return kAll;
}

Pixels preprocess(const Image& image, const Preprocessing& preprocessing, int patch_px) {
  check(preprocessing);
  if (preprocessing.crop == CropRule::multiple || preprocessing.cut_to_patches) check_side(patch_px, "A patch");
  if (image.width < 1 || image.height < 1) throw Error(image.name + " has no pixels; choose another picture.");
  const Size size = resized_size({image.width, image.height}, preprocessing);
  if (size.width < 1 || size.height < 1)
    throw Error(image.name + " has a side of less than " + std::to_string(preprocessing.multiple) +
                " px after resizing; choose a larger resize.");
  if (size.width > kLargestSide || size.height > kLargestSide)
    throw Error(image.name + " would be " + text(size) + " pixels after resizing, more than " +
                std::to_string(kLargestSide) + " on a side; choose another resize rule or a less elongated picture.");
  const Window window = window_on(size, preprocessing, patch_px, image.name);

  Pixels pixels;
  pixels.width = window.width;
  pixels.height = window.height;
  const bool as_box = preprocessing.resize == ResizeRule::box;
  const auto resized = [&](const Image& picture) {
    return as_box ? person_box(picture, size.width, size.height)
                  : resize(picture, size.width, size.height, preprocessing.interpolation);
  };
  pixels.resized =
      cut(preprocessing.grey ? resized(luminance(image)) : resized(image), window, padding_of(preprocessing));
  pixels.chw = normalized(pixels.resized, preprocessing);
  if (preprocessing.resize == ResizeRule::corner) clear_beside(size, pixels.width, pixels.height, pixels.chw);
  pixels.preprocessing = preprocessing;
  if (as_box) {
    const Box whole = person_box_on(image.width, image.height, size.width, size.height);
    const double x = whole.width / size.width, y = whole.height / size.height;
    pixels.box = {whole.x + window.left * x, whole.y + window.top * y, window.width * x, window.height * y};
    return pixels;
  }
  const double scale_x = static_cast<double>(image.width) / size.width;
  const double scale_y = static_cast<double>(image.height) / size.height;
  pixels.box = {window.left * scale_x, window.top * scale_y, window.width * scale_x, window.height * scale_y};
  return pixels;
}

InputSize input_size(int photo_width, int photo_height, const Preprocessing& preprocessing, int patch_px) {
  if (preprocessing.crop == CropRule::center) {
    const int unit = preprocessing.cut_to_patches ? patch_px : 1;
    return {preprocessing.width / unit * unit, preprocessing.height / unit * unit};
  }
  const Size size = resized_size({photo_width, photo_height}, preprocessing);
  const InputSize input{size.width / patch_px * patch_px, size.height / patch_px * patch_px};
  const bool possible = input.width > 0 && input.height > 0 && std::max(size.width, size.height) <= kLargestSide;
  return possible ? input : InputSize{};
}

std::string describe(const Preprocessing& preprocessing) {
  const Size input{preprocessing.width, preprocessing.height};
  std::string line;
  switch (preprocessing.resize) {
    case ResizeRule::shorter_side:
    case ResizeRule::longer_side:
      line = std::string(choice_of(preprocessing.resize).name) + " " + std::to_string(preprocessing.resize_px);
      if (preprocessing.longest_px > 0) line += ", longer side at most " + std::to_string(preprocessing.longest_px);
      break;
    case ResizeRule::least:
      line = "by the least change to " + text(input) + ", aspect ratio kept";
      break;
    case ResizeRule::box:
      line = "the whole photo as a person's box";
      break;
    case ResizeRule::corner:
      line = "whole in the upper left corner of " + text(input) + ", the rest of the mean";
      break;
    case ResizeRule::patches:
      line = "to at most " + std::to_string(preprocessing.most_patches) + " patches, aspect ratio kept";
      break;
    case ResizeRule::squash:
      line = "squashed to " + text(resized_size({}, preprocessing));
      break;
    case ResizeRule::none:
      line = "not resized";
      break;
  }
  if (preprocessing.multiple > 1 && preprocessing.resize != ResizeRule::patches)
    line += ", sides multiples of " + std::to_string(preprocessing.multiple);
  const bool corner = preprocessing.resize == ResizeRule::corner;  // it crops nothing
  if (!corner)
    line += preprocessing.crop == CropRule::center ? ", centre crop " + text(input) : ", cut to whole patches";
  if (!corner && preprocessing.crop == CropRule::center && preprocessing.crop_rounds_down) line += " rounded down";
  if (preprocessing.resize != ResizeRule::none && preprocessing.resize != ResizeRule::box)
    line += std::string(", ") + choice_of(preprocessing.interpolation).name;
  if (preprocessing.grey) line += ", luminance";
  if (preprocessing.rescale != 1.f / 255) {
    line += fmt::format(", levels times {:.6g}", preprocessing.rescale);
  }
  return line + ", mean " + triple(preprocessing.mean) + ", std " + triple(preprocessing.std);
}

}  // namespace vit
