// The pictures that PIL and torchvision made (tests/golden/make_pil.py), and how far one of ours is from them.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "engine/image/image.h"

namespace vit::golden {

inline std::filesystem::path pil(const std::string& file) {
  return std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/pil" / file;
}

/// One of those that tests/golden/make_pictures.py made.
inline std::filesystem::path picture(const std::string& file) {
  return std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/pictures" / file;
}

inline nlohmann::json cases(const char* kind) {
  return nlohmann::json::parse(std::ifstream(pil("cases.json"))).at(kind);
}

struct Difference {
  bool same_size = false;
  int largest = 0;  // of 255
  double mean = 0;
  friend std::ostream& operator<<(std::ostream& out, const Difference& d) {
    return d.same_size ? out << "largest " << d.largest << "/255, mean " << d.mean << "/255" : out << "sizes differ";
  }
};

inline Difference difference(const Image& a, const Image& b) {
  Difference d;
  d.same_size = a.width == b.width && a.height == b.height && a.rgb.size() == b.rgb.size();
  if (!d.same_size) return d;
  for (int y = 0; y < a.height; ++y) {
    for (int v = 0; v < 3 * a.width; ++v) {
      const int distance = std::abs(a.pixel(0, y)[v] - b.pixel(0, y)[v]);
      d.largest = std::max(d.largest, distance);
      d.mean += distance;
    }
  }
  d.mean /= std::max(1.0, 3.0 * a.width * a.height);
  return d;
}

}  // namespace vit::golden
