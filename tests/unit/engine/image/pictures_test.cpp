// Every kind of picture that PIL reads, pixel by pixel: tests/golden/make_pictures.py made them and wrote down what PIL
// sees. HEADLIGHT_PICTURES=FOLDER reads a list of other pictures that the script wrote with --list.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/image/image.h"
#include "engine/image/image_format.h"

namespace vit {
namespace {

namespace fs = std::filesystem;

/// HEIC and AVIF are read where the libraries for them were there.
bool is_read(const std::string& ending) {
  const std::string formats = readable_formats();
  if (ending == ".heic") return formats.find("HEIC") != std::string::npos;
  return ending != ".avif" || formats.find("AVIF") != std::string::npos;
}

/// "" where the pixels are as the list says, or what is otherwise.
std::string difference(const fs::path& file, const nlohmann::json& item, const std::uint8_t* expected) {
  Image image;
  try {
    image = load_image(file, {.applies_profile = item.value("icc", false)});
  } catch (const Error& error) {
    return error.what();
  }
  if (image.width != item["width"] || image.height != item["height"])
    return std::to_string(image.width) + "×" + std::to_string(image.height) + " px in place of " +
           item["width"].dump() + "×" + item["height"].dump();
  int largest = 0;
  std::size_t others = 0;
  for (std::size_t i = 0; i < image.rgb.size(); ++i) {
    const int distance = std::abs(image.rgb[i] - expected[i]);
    largest = std::max(largest, distance);
    others += distance > 0;
  }
  if (largest <= item.value("largest", 0)) return "";
  return "differs by up to " + std::to_string(largest) + "/255 in " + std::to_string(others) + " of " +
         std::to_string(image.rgb.size()) + " levels";
}

TEST(Pictures, EveryPixelIsPils) {
  const char* other = std::getenv("HEADLIGHT_PICTURES");
  const fs::path folder = other != nullptr ? other : HEADLIGHT_SOURCE_DIR "/tests/golden/pictures";
  const auto items = nlohmann::json::parse(std::ifstream(folder / "pictures.json"));
  const Image levels = load_image(folder / "pixels.png");
  std::map<std::string, int> equal;
  for (const auto& item : items) {
    const fs::path file = folder / item["file"].get<std::string>();  // or an absolute path
    const std::string ending = file.extension().string();
    if (!is_read(ending)) continue;
    ASSERT_LE(item["at"].get<std::size_t>() + 3 * item["width"].get<std::size_t>() * item["height"].get<std::size_t>(),
              levels.rgb.size());
    const std::string what = difference(file, item, levels.rgb.data() + item["at"].get<std::size_t>());
    EXPECT_EQ(what, "") << file;
    equal[ending] += what.empty();
  }
  for (const auto& [ending, count] : equal) std::printf("%-6s %4d as PIL's\n", ending.c_str(), count);
}

}  // namespace
}  // namespace vit
