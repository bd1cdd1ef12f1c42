// Binary PNM (PGM and PPM): a header of text, then levels.
#include <charconv>
#include <cmath>
#include <optional>

#include "engine/image/byte_order.h"
#include "engine/image/decoders.h"

namespace vit {
namespace {

/// Reads the numbers of the header, between which white space and comments stand.
class Header {
 public:
  explicit Header(std::string_view text) : text_(text) {}

  std::optional<std::uint32_t> number() {
    while (at_ < text_.size() && (is_space() || text_[at_] == '#')) {
      if (text_[at_] == '#')
        at_ = std::min(text_.size(), text_.find_first_of("\r\n", at_));
      else
        ++at_;
    }
    std::uint32_t value = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc()) return std::nullopt;
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }
  /// One white space ends the header.
  std::optional<std::size_t> end() const {
    return at_ < text_.size() && is_space() ? std::optional(at_ + 1) : std::nullopt;
  }

 private:
  bool is_space() const { return std::string_view(" \t\r\n\v\f").find(text_[at_]) != std::string_view::npos; }

  std::string_view text_;
  std::size_t at_ = 2;
};

}  // namespace

Decoded decode_pnm(const PictureFile& file) {
  Header header({reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()});
  const auto width = header.number(), height = header.number(), most = header.number();
  const auto start = header.end();
  if (!width || !height || !most || !start || *most < 1 || *most > 65535)
    refuse_damaged(file, "its header states no size and largest level");
  check_size(*width, *height, file.name);
  const bool grey = has_at(file.bytes, 0, "P5");
  const int level_bytes = *most > 255 ? 2 : 1;
  const std::size_t levels = std::size_t{*width} * *height * (grey ? 1 : 3);
  if (levels > (file.bytes.size() - *start) / static_cast<std::size_t>(level_bytes)) refuse_cut_off(file);

  Decoded decoded;
  decoded.image = blank_image(*width, *height, file.name);
  std::uint8_t* to = decoded.image.rgb.data();
  ValueCollector collector(file, *most, grey ? 1 : 3, levels / (grey ? 1 : 3));
  for (std::size_t i = 0; i < levels; ++i) {
    const auto value = static_cast<std::uint16_t>(std::min(
        *most,
        static_cast<std::uint32_t>(big(file.bytes, *start + i * static_cast<std::size_t>(level_bytes), level_bytes))));
    collector.put(i, value);
    const auto level = static_cast<std::uint8_t>(std::nearbyint(static_cast<double>(value) / *most * 255));
    for (int c = 0; c < (grey ? 3 : 1); ++c) *to++ = level;
  }
  if (*most != 255) collector.finish(decoded);
  return decoded;
}

}  // namespace vit
