#include "app/files/png_file.h"

#include <gtest/gtest.h>

#include <span>
#include <stop_token>

#include "engine/base/error.h"
#include "engine/maps/heatmap.h"
#include "tests/unit/app/files/png_chunks.h"

namespace headlight {
namespace {

vit::Image noise(int width, int height) {
  vit::Image image;
  image.width = width;
  image.height = height;
  image.name = "noise";
  unsigned state = 7;
  for (int i = 0; i < 3 * width * height; ++i) {
    state = state * 1664525u + 1013904223u;
    image.rgb.push_back(static_cast<std::uint8_t>(state >> 24));
  }
  return image;
}

TEST(PngFile, DecodesToTheSamePixels) {
  for (int width : {1, 7, 64}) {
    const vit::Image image = noise(width, 5);
    const std::string png = encode_png(image, {});
    EXPECT_EQ(vit::decode_image(std::as_bytes(std::span(png)), "noise"), image) << width;
  }
}

TEST(PngFile, CarriesItsTextInAnyScript) {
  const TextChunks text = {{"model", "vit_tiny"}, {"image", "猫.png"}, {"empty", ""}};
  const auto read = testing_files::png_texts(encode_png(noise(3, 3), text));
  EXPECT_EQ(read, (std::map<std::string, std::string>(text.begin(), text.end())));
}

TEST(PngFile, TheSamePictureGivesTheSameBytes) {
  EXPECT_EQ(encode_png(noise(20, 20), {{"a", "b"}}), encode_png(noise(20, 20), {{"a", "b"}}));
}

TEST(PngFile, AStopRequestIsHeard) {
  std::stop_source source;
  EXPECT_EQ(encode_png(noise(20, 20), {}, source.get_token()), encode_png(noise(20, 20), {}));
  source.request_stop();
  EXPECT_THROW(encode_png(noise(20, 20), {}, source.get_token()), vit::Cancelled);
  EXPECT_THROW(vit::render({1, 1, {0.5f}}, {}, {}, 8, 8, source.get_token()), vit::Cancelled);
}

}  // namespace
}  // namespace headlight
