// The checksum of bytes that come in parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace headlight {

class Digest {
 public:
  enum class Kind : std::uint8_t { sha1, sha256 };
  explicit Digest(Kind kind);
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void add(const void* bytes, std::size_t count);
  /// Of all that was added; call it once, last.
  std::string hexadecimal();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace headlight
