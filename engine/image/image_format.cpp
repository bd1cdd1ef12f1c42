#include "engine/image/image_format.h"

#include <array>
#include <string_view>

#include "engine/base/lower.h"
#include "engine/image/byte_order.h"

namespace vit {
namespace {

std::string lower_extension(const std::string& name) {
  const auto dot = name.rfind('.');
  return dot == std::string::npos ? "" : lower(name.substr(dot + 1));
}

constexpr std::string_view kTgaFooter{"TRUEVISION-XFILE.\0", 18};

struct Signature {
  std::size_t offset;
  std::string_view text;
  FileKind kind;
};

using namespace std::string_view_literals;
constexpr std::optional<ImageFormat> kUnread = std::nullopt;
constexpr std::array kSignatures = {
    Signature{0, "\xFF\xD8\xFF"sv, {ImageFormat::jpeg, "a JPEG picture"}},
    Signature{0, "\x89PNG\r\n\x1A\n"sv, {ImageFormat::png, "a PNG picture"}},
    Signature{8, "WEBP"sv, {ImageFormat::webp, "a WebP picture"}},
    Signature{0, "GIF8"sv, {ImageFormat::gif, "a GIF picture"}},
    Signature{8, "CR\2\0"sv, {kUnread, "a Canon raw picture"}},
    Signature{0, "II*\0"sv, {ImageFormat::tiff, "a TIFF or camera raw picture"}},
    Signature{0, "MM\0*"sv, {ImageFormat::tiff, "a TIFF or camera raw picture"}},
    Signature{0, "II+\0"sv, {ImageFormat::tiff, "a BigTIFF picture"}},
    Signature{0, "MM\0+"sv, {ImageFormat::tiff, "a BigTIFF picture"}},
    Signature{0, "8BPS"sv, {ImageFormat::psd, "a Photoshop picture"}},
    Signature{0, "P1"sv, {kUnread, "a PNM picture as text"}},
    Signature{0, "P2"sv, {kUnread, "a PNM picture as text"}},
    Signature{0, "P3"sv, {kUnread, "a PNM picture as text"}},
    Signature{0, "P4"sv, {kUnread, "a PNM picture of one bit"}},
    Signature{0, "P5"sv, {ImageFormat::pnm, "a PNM picture"}},
    Signature{0, "P6"sv, {ImageFormat::pnm, "a PNM picture"}},
    Signature{4, "ftyphei"sv, {ImageFormat::heic, "a HEIC picture"}},
    Signature{4, "ftyphev"sv, {ImageFormat::heic, "a HEIC picture"}},
    Signature{4, "ftypmif1"sv, {ImageFormat::heic, "a HEIC picture"}},
    Signature{4, "ftypmsf1"sv, {ImageFormat::heic, "a HEIC picture"}},
    Signature{4, "ftypavi"sv, {ImageFormat::avif, "an AVIF picture"}},
    Signature{4, "ftypcrx"sv, {kUnread, "a Canon raw picture"}},
    Signature{4, "ftyp"sv, {kUnread, "a video"}},
    Signature{0, "\xFF\x0A"sv, {kUnread, "a JPEG XL picture"}},
    Signature{4, "JXL \r\n"sv, {kUnread, "a JPEG XL picture"}},
    Signature{4, "jP  \r\n"sv, {kUnread, "a JPEG 2000 picture"}},
    Signature{0, "\xFF\x4F\xFF\x51"sv, {kUnread, "a JPEG 2000 picture"}},
    Signature{0, "%PDF"sv, {kUnread, "a PDF document"}},
    Signature{0, "<svg"sv, {kUnread, "an SVG drawing"}},
    Signature{0, "<?xml"sv, {kUnread, "an XML file"}},
    Signature{0, "qoif"sv, {kUnread, "a QOI picture"}},
    Signature{0, "\x76\x2f\x31\x01"sv, {kUnread, "an OpenEXR picture"}},
    Signature{0, "#?RADIANCE"sv, {kUnread, "a Radiance HDR picture"}},
    Signature{0, "DDS "sv, {kUnread, "a DDS texture"}},
    Signature{0, "\0\0\1\0"sv, {kUnread, "an icon file"}},
    Signature{0, "PK\3\4"sv, {kUnread, "a zip archive"}},
    Signature{0, "BM"sv, {ImageFormat::bmp, "a BMP picture"}},
};

constexpr FileKind kAvif = {ImageFormat::avif, "an AVIF picture"};
constexpr FileKind kTga = {ImageFormat::tga, "a TGA picture"};

/// Of a file whose first brand says only that it is of HEIF's kind: among the others, in its first box, is AVIF's.
bool lists_avif(std::span<const std::byte> bytes) {
  if (bytes.size() < 16) return false;
  const std::size_t end = std::min<std::size_t>(bytes.size(), big(bytes, 0, 4));
  for (std::size_t at = 16; at + 4 <= end; at += 4)
    if (has_at(bytes, at, "avif")) return true;
  return false;
}

}  // namespace

std::optional<FileKind> kind_of_file(std::span<const std::byte> bytes, const std::string& name) {
  for (const Signature& signature : kSignatures)
    if (has_at(bytes, signature.offset, signature.text))
      return signature.kind.format == ImageFormat::heic && lists_avif(bytes) ? kAvif : signature.kind;
  const bool has_footer = bytes.size() >= 18 && has_at(bytes, bytes.size() - 18, kTgaFooter);
  if (has_footer || lower_extension(name) == "tga") return kTga;
  return std::nullopt;
}

std::string readable_formats() {
  std::string text = "JPEG, PNG, WebP, TIFF, GIF, ";
#ifdef HEADLIGHT_HAS_HEIF
  text += "HEIC, ";
#endif
#ifdef HEADLIGHT_HAS_AVIF
  text += "AVIF, ";
#endif
  return text + "BMP, TGA, PSD or PNM";
}

std::span<const char* const> picture_endings() {
  static constexpr const char* kEndings[] = {".jpg",  ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif",
                                             ".avif", ".gif",  ".bmp", ".tga",  ".psd", ".pgm",  ".ppm"};
  return kEndings;
}

const char* name_of(ImageFormat format) {
  switch (format) {
    case ImageFormat::jpeg:
      return "JPEG";
    case ImageFormat::png:
      return "PNG";
    case ImageFormat::webp:
      return "WebP";
    case ImageFormat::tiff:
      return "TIFF";
    case ImageFormat::gif:
      return "GIF";
    case ImageFormat::bmp:
      return "BMP";
    case ImageFormat::tga:
      return "TGA";
    case ImageFormat::psd:
      return "PSD";
    case ImageFormat::pnm:
      return "PNM";
    case ImageFormat::heic:
      return "HEIC";
    case ImageFormat::avif:
      return "AVIF";
  }
  return "";
}

}  // namespace vit
