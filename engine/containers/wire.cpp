#include "engine/containers/wire.h"

#include <cstring>

#include "engine/base/error.h"

namespace vit {

std::string WireField::text() const {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void WireReader::damaged() const {
  throw Error(*file_ + " ends within one of its fields or has one of no known kind: it is truncated or damaged.");
}

std::uint64_t WireReader::varint() {
  constexpr std::size_t kLongest = 10;  // bytes of a number of 64 bits
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kLongest && i < rest_.size(); ++i) {
    const auto byte = std::to_integer<std::uint64_t>(rest_[i]);
    if (i + 1 == kLongest && byte > 1) damaged();
    value |= (byte & 127) << (7 * i);
    if (byte < 128) {
      rest_ = rest_.subspan(i + 1);
      return value;
    }
  }
  damaged();
}

std::span<const std::byte> WireReader::take(std::uint64_t count) {
  if (count > rest_.size()) damaged();
  const auto taken = rest_.first(static_cast<std::size_t>(count));
  rest_ = rest_.subspan(static_cast<std::size_t>(count));
  return taken;
}

bool WireReader::next(WireField& field) {
  if (rest_.empty()) return false;
  const std::uint64_t key = varint();
  field = {};
  field.number = key >> 3;
  if (field.number == 0) damaged();
  switch (key & 7) {
    case 0:
      field.value = varint();
      return true;
    case 1:
      std::memcpy(&field.value, take(8).data(), 8);
      return true;
    case 2:
      field.has_bytes = true;
      field.bytes = take(varint());
      return true;
    case 5:
      std::memcpy(&field.value, take(4).data(), 4);
      return true;
    default:
      damaged();
  }
}

std::vector<std::int64_t> WireReader::integers(const WireField& field) const {
  if (!field.has_bytes) return {static_cast<std::int64_t>(field.value)};
  std::vector<std::int64_t> values;
  for (WireReader packed(field.bytes, *file_); !packed.rest_.empty();)
    values.push_back(static_cast<std::int64_t>(packed.varint()));
  return values;
}

}  // namespace vit
