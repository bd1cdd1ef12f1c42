// Damaged and hostile files out of good ones, for the tests of what reads them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <random>
#include <string>

namespace vit {

inline unsigned from_environment(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? static_cast<unsigned>(std::atoi(text)) : otherwise;
}

/// Changes bytes where it hurts: headers stand at the beginning, a zip's directory at the end.
class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string mutated(std::string bytes) {
    for (std::size_t left = 1 + below(4); left > 0; --left) change(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  std::size_t place(const std::string& bytes) {
    const std::size_t edge = std::min<std::size_t>(bytes.size(), 1024);
    switch (below(4)) {
      case 0:
        return below(bytes.size());
      case 1:
        return bytes.size() - 1 - below(edge);
      default:
        return below(edge);
    }
  }

  void change(std::string& bytes) {
    if (bytes.empty()) return;
    constexpr std::uint64_t kNumbers[] = {0,          1,          0x7f,       0xff,
                                          0x7fffffff, 0xffffffff, 1ull << 32, 0x7fffffffffffffff,
                                          ~0ull,      1ull << 62, 1000000,    0x8000000000000000};
    const std::size_t at = place(bytes), count = std::min(bytes.size() - at, 1 + below(16));
    switch (below(8)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random_());
        break;
      case 2: {
        const std::uint64_t number = kNumbers[below(std::size(kNumbers))];
        std::memcpy(bytes.data() + at, &number, std::min(bytes.size() - at, std::size_t{1} << below(4)));
        break;
      }
      case 3:
        bytes.resize(at);
        break;
      case 4:
        bytes.erase(at, count);
        break;
      case 5:
        bytes.insert(place(bytes), bytes.substr(at, count));
        break;
      case 6:
        bytes.replace(at, count, bytes.substr(place(bytes), count));
        break;
      default:  // a digit: sizes stand as text in headers
        if (const std::size_t digit = bytes.find_first_of("0123456789", at); digit != std::string::npos) {
          bytes.replace(digit, 1, below(2) ? std::to_string(random_()) : "-1");
        }
    }
  }

  std::mt19937 random_;
};

}  // namespace vit
