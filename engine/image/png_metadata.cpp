#include "engine/image/png_metadata.h"

#include <optional>
#include <string_view>

#include "engine/image/byte_order.h"

namespace vit {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kMostText = 16u << 20;  // bytes, inflated

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::byte> copy_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

/// Cuts off what stands before the next zero byte, and that byte.
std::optional<std::string_view> take_text(Bytes& bytes) {
  const std::string_view all = text_of(bytes);
  const auto zero = all.find('\0');
  if (zero == std::string_view::npos) return std::nullopt;
  bytes = bytes.subspan(zero + 1);
  return all.substr(0, zero);
}

int hex_digit(std::byte b) {
  const char c = std::to_integer<char>(b);
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// "\nexif\n  1234\n45786966…": a name, a length, and hexadecimal digits in lines.
std::vector<std::byte> raw_profile(Bytes text) {
  for (int line = 0; line < 3; ++line) {
    const auto end = text_of(text).find('\n');
    if (end == std::string_view::npos) return {};
    text = text.subspan(end + 1);
  }
  std::vector<std::byte> out;
  int high = -1;
  for (const std::byte b : text) {
    const int digit = hex_digit(b);
    if (digit < 0) continue;
    if (high >= 0) out.push_back(static_cast<std::byte>(high << 4 | digit));
    high = high >= 0 ? -1 : digit;
  }
  return out;
}

class Reader {
 public:
  explicit Reader(Inflate inflate) : inflate_(inflate) {}

  void chunk(std::string_view type, Bytes data) {
    if (type == "eXIf")
      found_.exif = copy_of(data);
    else if (type == "iCCP")
      profile(data);
    else if (type == "tEXt" || type == "zTXt" || type == "iTXt")
      text(type, data);
  }

  PngMetadata take() {
    if (found_.exif.empty()) found_.exif = std::move(raw_exif_);
    return std::move(found_);
  }

 private:
  void profile(Bytes data) {
    if (take_text(data) && !data.empty() && data[0] == std::byte{0})
      found_.profile = inflate_(data.subspan(1), kMostText);
  }

  void text(std::string_view type, Bytes data) {
    const auto keyword = take_text(data);
    if (!keyword) return;
    std::vector<std::byte>* to = nullptr;
    if (*keyword == "Raw profile type exif") to = &raw_exif_;
    if (*keyword == "XML:com.adobe.xmp") to = &found_.xmp;
    if (to == nullptr) return;
    bool packed = type == "zTXt";
    if (type == "iTXt") {  // a flag, the method, a language, the keyword in it
      if (data.size() < 2) return;
      packed = data[0] != std::byte{0};
      data = data.subspan(1);
      if (packed && data[0] != std::byte{0}) return;
      data = data.subspan(1);
      if (!take_text(data) || !take_text(data)) return;
    } else if (packed) {
      if (data.empty() || data[0] != std::byte{0}) return;
      data = data.subspan(1);
    }
    auto plain = packed ? inflate_(data, kMostText) : copy_of(data);
    *to = to == &raw_exif_ ? raw_profile(plain) : std::move(plain);
  }

  Inflate inflate_;
  PngMetadata found_;
  std::vector<std::byte> raw_exif_;
};

}  // namespace

PngMetadata png_metadata(std::span<const std::byte> bytes, Inflate inflate) {
  Reader reader(inflate);
  for (std::size_t at = 8; at <= bytes.size() && bytes.size() - at >= 12;) {
    const std::size_t length = big(bytes, at, 4);
    if (bytes.size() - at - 12 < length) break;
    reader.chunk(text_of(bytes.subspan(at + 4, 4)), bytes.subspan(at + 8, length));
    at += 12 + length;
  }
  return reader.take();
}

}  // namespace vit
