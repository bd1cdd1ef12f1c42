#include "engine/image/image.h"

#include <fstream>
#include <utility>

#include "engine/base/error.h"
#include "engine/image/animation_parts.h"
#include "engine/image/color_profile.h"
#include "engine/image/decoders.h"
#include "engine/image/exif.h"
#include "engine/image/image_format.h"

namespace vit {
namespace {

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION  // a fuzzer would spend its hours on blank pages
constexpr std::int64_t kMostPixels = 1'000'000;
#else
constexpr std::int64_t kMostPixels = 120'000'000;
#endif
constexpr std::uintmax_t kMostFileBytes = 1'000'000'000;

ImageFormat checked_format(std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.empty()) throw Error(name + " is empty; choose another picture.");
  const auto kind = kind_of_file(bytes, name);
  if (!kind) throw Error(name + " is no picture that Headlight knows; choose a " + readable_formats() + " file.");
  if (!kind->format)
    throw Error(name + " is " + std::string(kind->name) +
                ", which Headlight does not read; convert it to PNG or JPEG first.");
  return *kind->format;
}

Decoded decode(const PictureFile& file) {
  switch (file.format) {
    case ImageFormat::jpeg:
      return decode_jpeg(file);
    case ImageFormat::webp:
      return decode_webp(file);
    case ImageFormat::tiff:
      return decode_tiff(file);
    case ImageFormat::gif:
      return decode_gif(file);
    case ImageFormat::pnm:
      return decode_pnm(file);
    case ImageFormat::heic:
      return decode_heif(file);
    case ImageFormat::avif:
      return decode_avif(file);
    case ImageFormat::png:
    case ImageFormat::bmp:
    case ImageFormat::tga:
    case ImageFormat::psd:
      break;
  }
  return decode_stb(file);
}

/// Names a profile that is not sRGB, and applies it where that is wanted.
void follow_profile(Decoded& decoded, bool applies) {
  if (decoded.profile.empty()) return;
  Image& image = decoded.image;
  const ColorProfile profile = read_profile(decoded.profile);
  if (profile.is_srgb) return;
  if (profile.kind == ColorProfile::Kind::unreadable) {
    image.remarks.emplace_back("Its colour profile cannot be read; its colours are taken as sRGB.");
    return;
  }
  image.profile = profile.name;
  const std::string sentence = "Its colour profile \"" + profile.name + "\" ";
  if (profile.kind == ColorProfile::Kind::other)
    image.remarks.push_back(sentence + "is not for RGB; its colours were converted without it.");
  else if (!applies)
    image.remarks.push_back(sentence + "is not sRGB; as the reference pipelines do, its colours are taken as sRGB.");
  else if (convert_to_srgb(image, decoded.profile))
    image.remarks.push_back(sentence + "was applied: its colours were converted to sRGB.");
  else
    image.remarks.push_back(sentence + "cannot be applied; its colours are taken as sRGB.");
}

}  // namespace

std::vector<std::byte> read_picture_file(const std::filesystem::path& file) {
  const std::string name = file.string();
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) throw Error(name + " does not exist; check the path of the picture.");
  if (std::filesystem::is_directory(status)) throw Error(name + " is a folder; choose a picture in it.");
  if (!std::filesystem::is_regular_file(status)) throw Error(name + " is no ordinary file; choose a picture on disk.");
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (!error && size > kMostFileBytes)
    throw Error(name + " is larger than 1 GB, too large for a picture; choose a smaller one.");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(name + " cannot be opened; check that you may read it.");
  std::vector<std::byte> bytes(error ? 0 : static_cast<std::size_t>(size));
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (static_cast<std::size_t>(stream.gcount()) != bytes.size())
    throw Error(name + " could not be read to its end; check the disk and try again.");
  return bytes;
}

Image finished(Decoded decoded, const std::string& name, const ImageReading& reading) {
  apply_levels(decoded, reading.levels, name);
  follow_profile(decoded, reading.applies_profile);
  decoded.image.name = name;
  return upright(std::move(decoded.image), decoded.orientation);
}

void check_size(std::int64_t width, std::int64_t height, const std::string& name) {
  if (width <= 0 || height <= 0) throw Error(name + " has no pixels; choose another picture.");
  if (width > kMostPixels / height)
    throw Error(name + " has " + std::to_string(width) + "×" + std::to_string(height) + " pixels, more than the " +
                std::to_string(kMostPixels / 1'000'000) + " megapixels that Headlight reads; scale it down first.");
}

ValueCollector::ValueCollector(const PictureFile& file, std::uint32_t most, int channels, std::size_t count) {
  values_.most = most;
  values_.channels = channels;
  if (file.keeps_values) values_.kept.resize(count * static_cast<std::size_t>(channels));
}

void ValueCollector::finish(Decoded& decoded) {
  values_.seen = true;
  decoded.image.stored = {least_, greatest_, values_.most};
  decoded.stored = std::move(values_);
}

Image blank_image(std::int64_t width, std::int64_t height, const std::string& name) {
  check_size(width, height, name);
  Image image;
  image.width = static_cast<int>(width);
  image.height = static_cast<int>(height);
  image.rgb.resize(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  return image;
}

namespace {

std::string with_article(ImageFormat format) {
  return (format == ImageFormat::avif ? "an " : "a ") + std::string(name_of(format));
}

}  // namespace

void refuse_cut_off(const PictureFile& file) {
  throw Error(file.name + " is " + with_article(file.format) + " file that ends too early; copy or download it again.");
}

void refuse_damaged(const PictureFile& file, const std::string& reason) {
  throw Error(file.name + " is " + with_article(file.format) + " file that cannot be decoded (" + reason +
              "); save it again as an ordinary PNG or JPEG.");
}

std::string without_end(std::string_view sentence) {
  const auto last = sentence.find_last_not_of(". \r\n");
  return std::string(sentence.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

Image load_image(const std::filesystem::path& file, const ImageReading& reading) {
  return decode_image(read_picture_file(file), file.string(), reading);
}

Image decode_image(std::span<const std::byte> bytes, const std::string& name, const ImageReading& reading) {
  const bool keeps_values = reading.levels.rule != Levels::Rule::as_stored;
  return finished(decode({bytes, name, checked_format(bytes, name), keeps_values}), name, reading);
}

}  // namespace vit
