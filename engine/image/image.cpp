#include "engine/image/image.h"

#include <fstream>
#include <limits>
#include <memory>
#include <utility>

#include "engine/base/error.h"
#include "engine/image/exif.h"
#include "engine/image/image_format.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_TGA
#define STBI_NO_STDIO
#define STBI_FAILURE_USERMSG
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace vit {
namespace {

constexpr std::int64_t kMostPixels = 100'000'000;
constexpr std::uintmax_t kMostFileBytes = 1'000'000'000;

const char* name_of(ImageFormat format) {
  switch (format) {
    case ImageFormat::jpeg:
      return "JPEG";
    case ImageFormat::png:
      return "PNG";
    case ImageFormat::bmp:
      return "BMP";
    case ImageFormat::tga:
      return "TGA";
  }
  return "";
}

struct FreePixels {
  void operator()(stbi_uc* pixels) const noexcept { stbi_image_free(pixels); }
};

std::vector<std::byte> read_file(const std::filesystem::path& file) {
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

ImageFormat checked_format(std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.empty()) throw Error(name + " is empty; choose another picture.");
  if (const auto format = readable_format(bytes, name)) return *format;
  if (const auto kind = unreadable_kind(bytes))
    throw Error(name + " is " + *kind + ", which Headlight does not read; convert it to PNG or JPEG first.");
  throw Error(name + " is no picture that Headlight knows; choose a JPEG, PNG, BMP or TGA file.");
}

void check_size(std::int64_t width, std::int64_t height, const std::string& name) {
  if (width == 0 || height == 0) throw Error(name + " has no pixels; choose another picture.");
  if (width > kMostPixels / height)
    throw Error(name + " has " + std::to_string(width) + "×" + std::to_string(height) +
                " pixels, more than the 100 megapixels that Headlight reads; scale it down first.");
}

}  // namespace

Image load_image(const std::filesystem::path& file) {
  return decode_image(read_file(file), file.string());
}

Image decode_image(std::span<const std::byte> bytes, const std::string& name) {
  const ImageFormat format = checked_format(bytes, name);
  const std::string kind = name_of(format);
  const auto* data = reinterpret_cast<const stbi_uc*>(bytes.data());
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw Error(name + " is larger than 2 GB, too large for a picture; choose a smaller one.");
  const int size = static_cast<int>(bytes.size());

  // The decoder pads missing data with zeros and carries on, so that a cut-off file would pass for a picture.
  const ImageLayout layout = layout_of(format, bytes);
  if (!layout.complete) throw Error(name + " is a " + kind + " file that ends too early; copy or download it again.");

  check_size(layout.width, layout.height, name);

  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<stbi_uc, FreePixels> pixels(
      stbi_load_from_memory(data, size, &width, &height, &channels, STBI_rgb));
  if (!pixels) {
    const char* reason = stbi_failure_reason();
    throw Error(name + " is a " + kind + " file that cannot be decoded (" + (reason ? reason : "unknown reason") +
                "); save it again as an ordinary PNG or JPEG.");
  }

  Image image;
  image.width = width;
  image.height = height;
  image.rgb.assign(pixels.get(), pixels.get() + std::size_t{3} * static_cast<std::size_t>(width) * height);
  image.name = name;
  return upright(std::move(image), exif_orientation(layout.exif));
}

}  // namespace vit
