// The chunks of an animated PNG: libpng packs each frame, and its data goes into the chunks of an animation. libpng and
// the other libraries of Debian 12 write none.
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "app/files/film_file.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr std::string_view kSignature("\x89PNG\r\n\x1A\n", 8);

std::string number(std::uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 255);
  return text;
}

std::string chunk(std::string_view type, std::string_view data) {
  const std::string body = std::string(type) + std::string(data);
  const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return number(static_cast<std::uint32_t>(data.size()), 4) + body + number(static_cast<std::uint32_t>(sum), 4);
}

/// Parts of a second that both fit into 16 bits: exact for whole frames a second.
std::string delay(double seconds) {
  constexpr double kMost = 65535;
  if (seconds >= 1)
    return number(static_cast<std::uint32_t>(std::lround(std::min(seconds * 100, kMost))), 2) + number(100, 2);
  const double parts = std::min(1000 / std::max(seconds, 1e-3), kMost);
  return number(1000, 2) + number(static_cast<std::uint32_t>(std::lround(parts)), 2);
}

}  // namespace

void AnimatedPng::add(const RgbaPicture& frame, double seconds) {
  if (count_ == 0) {
    for (std::size_t i = 3; i < frame.rgba.size() && !keeps_alpha_; i += 4) keeps_alpha_ = frame.rgba[i] != 255;
    width_ = frame.width;
    height_ = frame.height;
  }
  RgbaPicture picture = frame;
  picture.keeps_alpha = keeps_alpha_;
  const std::string whole = encode_png(picture, {});
  std::string head, data;
  for (std::size_t at = kSignature.size(); at + 12 <= whole.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(whole[at + i]); };
    const std::size_t length =
        std::size_t{byte(0)} << 24 | std::size_t{byte(1)} << 16 | std::size_t{byte(2)} << 8 | byte(3);
    const std::string_view type(whole.data() + at + 4, 4);
    if (type == "IDAT")
      data.append(whole, at + 8, length);
    else if (type != "IEND")
      head.append(whole, at, 12 + length);
    at += 12 + length;
  }
  if (count_ == 0)
    head_ = head;
  else if (frame.width != width_ || frame.height != height_ || head != head_)
    throw vit::Error("The pictures of a film are all of one size: frame " + std::to_string(count_ + 1) + " has " +
                     std::to_string(frame.width) + "×" + std::to_string(frame.height) + " pixels, the first one " +
                     std::to_string(width_) + "×" + std::to_string(height_) + ".");
  frames_ += chunk("fcTL", number(sequence_++, 4) + number(static_cast<std::uint32_t>(width_), 4) +
                               number(static_cast<std::uint32_t>(height_), 4) + number(0, 4) + number(0, 4) +
                               delay(seconds) + number(0, 2));
  frames_ += count_ == 0 ? chunk("IDAT", data) : chunk("fdAT", number(sequence_++, 4) + data);
  ++count_;
  if (frames_.size() > kMostBytes)
    throw vit::Error("This film would be an animated PNG of more than 1 GB; write an MP4, or fewer or smaller frames.");
}

std::string AnimatedPng::take() const {
  if (count_ == 0) throw vit::Error("A film without frames cannot be written.");
  const std::size_t header = 12 + 13;  // IHDR stands first
  return std::string(kSignature) + head_.substr(0, header) + chunk("acTL", number(count_, 4) + number(0, 4)) +
         head_.substr(header) + frames_ + chunk("IEND", "");
}

}  // namespace headlight
