// HEIC by libheif, where the program was built with it.
#include "engine/base/error.h"
#include "engine/image/decoders.h"

#ifdef HEADLIGHT_HAS_HEIF
#include <libheif/heif.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

/// The bytes of a file, where numbers lie with their highest byte first.
struct Bytes {
  explicit Bytes(const PictureFile& file) : text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()) {}

  /// 0 beyond the end.
  std::uint32_t number(std::size_t at, std::size_t bytes) const {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + bytes; ++i)
      value = value << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0u);
    return value;
  }

  std::string_view text;
};

/// The numbers of the items of a kind, ascending: an entry ("infe") has its version, the number, protection and the
/// kind.
std::vector<std::uint32_t> items_of_kind(const Bytes& bytes, std::string_view kind) {
  std::vector<std::uint32_t> items;
  for (auto at = bytes.text.find("infe"); at != bytes.text.npos; at = bytes.text.find("infe", at + 1)) {
    const std::size_t width = bytes.number(at + 4, 1) == 2 ? 2 : 4;
    const std::size_t kind_at = at + 8 + width + 2;
    if (kind_at < bytes.text.size() && bytes.text.substr(kind_at, kind.size()) == kind)
      items.push_back(bytes.number(at + 8, width));
  }
  std::sort(items.begin(), items.end());
  return items;
}

/// Whether an item is made of ("dimg") one of these, in ascending order. Pictures have few references; a file of many
/// would only take time.
bool is_made_of(const PictureFile& file, const Bytes& bytes, const std::vector<std::uint32_t>& items) {
  constexpr int kMost = 100;
  int found = 0;
  const auto count_one = [&] {
    if (++found > kMost) refuse_damaged(file, "it has more references than a picture needs");
  };
  for (auto iref = bytes.text.find("iref"); iref != bytes.text.npos; iref = bytes.text.find("iref", iref + 1)) {
    count_one();
    const std::size_t width = bytes.number(iref + 4, 1) == 0 ? 2 : 4;
    const std::uint32_t size = iref < 4 ? 0 : bytes.number(iref - 4, 4);  // 0 and 1: it goes on to the end, or far
    const std::string_view references = bytes.text.substr(iref, size > 1 ? size : bytes.text.npos);
    for (auto at = references.find("dimg"); at != references.npos; at = references.find("dimg", at + 1)) {
      count_one();
      const std::size_t first = iref + at + 4 + width + 2;
      const std::size_t count = bytes.number(first - 2, 2);
      for (std::size_t i = 0; i < count; ++i)
        if (std::binary_search(items.begin(), items.end(), bytes.number(first + i * width, width))) return true;
    }
  }
  return false;
}

/// Before libheif 1.15 (Debian 12) sees the file: what it does not survive where it is damaged or made to do harm.
void refuse_what_ends_libheif(const PictureFile& file) {
  const Bytes bytes(file);
  // libheif would give it to dav1d, whose 1.0.0 reads memory that is not its own.
  if (!items_of_kind(bytes, "av01").empty())
    throw Error(file.name +
                " is named a HEIC picture inside, but is coded as AVIF pictures are (AV1); save it as AVIF, " +
                "PNG or JPEG.");
  // Pictures that are made of themselves are followed without an end.
  for (const std::string_view kind : {"iovl", "iden"})
    if (!items_of_kind(bytes, kind).empty())
      throw Error(file.name + " is a HEIC picture that is made of other pictures (\"" + std::string(kind) +
                  "\"), which Headlight does not read; save it as PNG or JPEG.");
  if (is_made_of(file, bytes, items_of_kind(bytes, "grid")))
    throw Error(file.name + " is a HEIC picture whose tiles are made of tiles: it is damaged, or made to do harm.");
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
  refuse_what_ends_libheif(file);
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
