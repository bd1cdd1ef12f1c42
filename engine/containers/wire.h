// The wire format of protocol buffers: a message as its fields, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vit {

struct WireField {
  std::uint64_t number = 0;
  bool has_bytes = false;            // a text, a message or packed numbers
  std::uint64_t value = 0;           // else: a number, or the bits of one
  std::span<const std::byte> bytes;  // inside the message
  std::string text() const;
};

/// Walks over one message, which stays where it is. Throws Error naming `file` for a field that leaves the message.
class WireReader {
 public:
  WireReader(std::span<const std::byte> message, const std::string& file) : rest_(message), file_(&file) {}
  /// False at the end of the message.
  bool next(WireField& field);
  /// Whole numbers, packed or one alone.
  std::vector<std::int64_t> integers(const WireField& field) const;

 private:
  std::uint64_t varint();
  std::span<const std::byte> take(std::uint64_t count);
  [[noreturn]] void damaged() const;

  std::span<const std::byte> rest_;
  const std::string* file_;
};

}  // namespace vit
