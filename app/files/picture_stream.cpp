#include "app/files/picture_stream.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "engine/base/error.h"

namespace headlight {
namespace {

constexpr std::size_t kMostBytes = 1'000'000'000, kPart = 1 << 16;

}  // namespace

bool PictureStream::fill(std::size_t bytes) {
  if (bytes > kMostBytes) throw vit::Error(name_ + " has a picture of more than 1 GB; scale the frames down first.");
  while (buffer_.size() - start_ < bytes) {
    const std::size_t had = buffer_.size();
    buffer_.resize(had + std::max(kPart, std::min(bytes, kMostBytes / 16)));
    const std::size_t got = read_(buffer_.data() + had, buffer_.size() - had);
    buffer_.resize(had + got);
    if (got == 0) return false;
  }
  return true;
}

void PictureStream::need(std::size_t bytes) {
  if (!fill(bytes))
    throw vit::Error(name_ + " ends within a picture; the program that writes it has stopped too early.");
}

std::optional<std::vector<std::byte>> PictureStream::next() {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
  start_ = 0;
  if (!fill(1)) return std::nullopt;
  need(2);
  std::size_t size = 0;
  if (at(0) == 'P' && (at(1) == '5' || at(1) == '6'))
    size = pnm_size();
  else if (at(0) == 0x89 && at(1) == 'P')
    size = png_size();
  else if (at(0) == 0xFF && at(1) == 0xD8)
    size = jpeg_size();
  else
    throw vit::Error(name_ +
                     " is no row of PPM, PNG or JPEG pictures; write them with ffmpeg's \"-f image2pipe -c:v ppm -\".");
  need(size);
  start_ = size;
  return std::vector<std::byte>(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(size));
}

std::size_t PictureStream::pnm_size() {
  const std::size_t channels = at(1) == '6' ? 3 : 1;
  std::array<std::size_t, 3> numbers{};  // width, height, largest level
  std::size_t here = 2;
  const auto is_space = [this](std::size_t index) {
    return std::string_view(" \t\r\n\v\f").find(static_cast<char>(at(index))) != std::string_view::npos;
  };
  for (std::size_t& number : numbers) {
    need(here + 1);
    while (is_space(here) || at(here) == '#') {
      const bool comment = at(here) == '#';
      for (++here, need(here + 1); comment && at(here) != '\n'; ++here) need(here + 2);
    }
    for (; at(here) >= '0' && at(here) <= '9' && number < kMostBytes; ++here, need(here + 1))
      number = number * 10 + (at(here) - '0');
  }
  const auto [width, height, most] = numbers;
  if (width == 0 || height == 0 || most == 0 || most > 65535 || !is_space(here))
    throw vit::Error(name_ + " has a PNM picture whose header states no size.");
  if (width > kMostBytes / height) need(kMostBytes + 1);
  return here + 1 + width * height * channels * (most > 255 ? 2 : 1);
}

std::size_t PictureStream::png_size() {
  for (std::size_t here = 8;;) {
    need(here + 12);
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | at(here + i);
    const bool last = at(here + 4) == 'I' && at(here + 5) == 'E' && at(here + 6) == 'N' && at(here + 7) == 'D';
    here += 12 + length;
    need(here);
    if (last) return here;
  }
}

std::size_t PictureStream::jpeg_size() {
  for (std::size_t here = 2;;) {
    need(here + 4);
    if (at(here) != 0xFF) throw vit::Error(name_ + " has a JPEG picture that is damaged.");
    const unsigned marker = at(here + 1);
    if (marker == 0xD9) return here + 2;
    if (marker == 0xFF) {  // padding
      ++here;
      continue;
    }
    here += 2 + (at(here + 2) << 8 | at(here + 3));
    if (marker != 0xDA) continue;
    // Packed pixels go on to the next marker that is neither a stuffed byte nor a restart.
    for (need(here + 2); at(here) != 0xFF || at(here + 1) == 0 || (at(here + 1) >= 0xD0 && at(here + 1) <= 0xD7);
         ++here)
      need(here + 3);
    need(here + 2);
    if (at(here + 1) == 0xD9) return here + 2;
  }
}

}  // namespace headlight
