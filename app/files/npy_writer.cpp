#include "app/files/npy_writer.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace headlight {

static_assert(std::endian::native == std::endian::little, "npy files are written as the memory has them");

std::string encode_npy(std::span<const float> values, const std::vector<int>& shape) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (int size : shape) header += std::to_string(size) + ", ";
  header += "), }";
  // The data begin on a multiple of 64 bytes, the header ends with a line feed.
  constexpr std::string_view kMagic{"\x93NUMPY\x01\x00", 8};
  constexpr std::size_t kAlignment = 64;
  const std::size_t unpadded = kMagic.size() + 2 + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';

  std::string bytes(kMagic);
  const auto length = static_cast<std::uint16_t>(header.size());
  bytes += static_cast<char>(length & 255);
  bytes += static_cast<char>(length >> 8);
  bytes += header;
  const std::size_t start = bytes.size();
  bytes.resize(start + values.size_bytes());
  std::memcpy(bytes.data() + start, values.data(), values.size_bytes());
  return bytes;
}

}  // namespace headlight
