// HEIC by libheif, where the program was built with it.
#include "engine/base/error.h"
#include "engine/image/decoders.h"

#ifdef HEADLIGHT_HAS_HEIF
#include <libheif/heif.h>

#include <cstring>
#include <memory>
#include <string_view>

namespace vit {
namespace {

struct Release {
  void operator()(heif_context* context) const noexcept { heif_context_free(context); }
  void operator()(heif_image_handle* handle) const noexcept { heif_image_handle_release(handle); }
  void operator()(heif_image* image) const noexcept { heif_image_release(image); }
  void operator()(heif_decoding_options* options) const noexcept { heif_decoding_options_free(options); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

void check(const PictureFile& file, const heif_error& error) {
  if (error.code == heif_error_Ok) return;
  if (error.subcode == heif_suberror_End_of_data) refuse_cut_off(file);
  if (error.code == heif_error_Unsupported_feature || error.code == heif_error_Unsupported_filetype)
    throw Error(file.name + " is a HEIC picture that the installed libheif cannot decode (" +
                without_end(error.message) + "); install its decoder plugins, or save the picture as PNG or JPEG.");
  refuse_damaged(file, without_end(error.message));
}

/// Whether an item of the file is coded as AV1: its entry ("infe": version, number, protection) says so. libheif would
/// give it to whichever decoder it prefers, and dav1d 1.0.0 (Debian 12) ends the program at some damaged files.
bool holds_av1(const PictureFile& file) {
  constexpr std::size_t kFurthest = 12;  // bytes from behind "infe" to the kind of coding
  const std::string_view bytes(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
  for (auto at = bytes.find("infe"); at != bytes.npos; at = bytes.find("infe", at + 1)) {
    if (bytes.substr(at + 4, kFurthest + 4).find("av01") != bytes.npos) return true;
  }
  return false;
}

std::vector<std::byte> profile_of(const heif_image_handle* handle) {
  const auto kind = heif_image_handle_get_color_profile_type(handle);
  if (kind != heif_color_profile_type_rICC && kind != heif_color_profile_type_prof) return {};
  std::vector<std::byte> profile(heif_image_handle_get_raw_color_profile_size(handle));
  if (heif_image_handle_get_raw_color_profile(handle, profile.data()).code != heif_error_Ok) return {};
  return profile;
}

}  // namespace

Decoded decode_heif(const PictureFile& file) {
  if (holds_av1(file))
    throw Error(
        file.name +
        " is named a HEIC picture inside, but is coded as AVIF pictures are (AV1); save it as AVIF, PNG or JPEG.");
  const Owned<heif_context> context(heif_context_alloc());
  check(file, heif_context_read_from_memory_without_copy(context.get(), file.bytes.data(), file.bytes.size(), nullptr));
  heif_image_handle* found = nullptr;
  check(file, heif_context_get_primary_image_handle(context.get(), &found));
  const Owned<heif_image_handle> handle(found);
  check_size(heif_image_handle_get_width(found), heif_image_handle_get_height(found), file.name);

  const Owned<heif_decoding_options> options(heif_decoding_options_alloc());
  options->convert_hdr_to_8bit = 1;
  heif_image* pixels = nullptr;
  check(file, heif_decode_image(found, &pixels, heif_colorspace_RGB, heif_chroma_interleaved_RGB, options.get()));
  const Owned<heif_image> decoded_pixels(pixels);
  int stride = 0;
  const std::uint8_t* rows = heif_image_get_plane_readonly(pixels, heif_channel_interleaved, &stride);
  const int width = heif_image_get_width(pixels, heif_channel_interleaved);
  const int height = heif_image_get_height(pixels, heif_channel_interleaved);
  if (rows == nullptr || stride < 3 * width) refuse_damaged(file, "libheif gave no pixels");

  Decoded decoded;  // upright already: libheif turns it
  decoded.image = blank_image(width, height, file.name);
  const std::size_t row_bytes = std::size_t{3} * static_cast<std::size_t>(width);
  for (int y = 0; y < height; ++y)
    std::memcpy(decoded.image.rgb.data() + static_cast<std::size_t>(y) * row_bytes,
                rows + static_cast<std::size_t>(y) * static_cast<std::size_t>(stride), row_bytes);
  decoded.profile = profile_of(found);
  return decoded;
}

}  // namespace vit

#else

namespace vit {

Decoded decode_heif(const PictureFile& file) {
  throw Error(file.name +
              " is a HEIC picture, and this build of Headlight has no libheif to read it; convert it "
              "to PNG or JPEG first.");
}

}  // namespace vit

#endif
