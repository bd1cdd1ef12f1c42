#include "engine/image/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>

#include "engine/base/error.h"
#include "engine/image/preprocessing.h"
#include "tests/unit/engine/image/golden_pil.h"

namespace vit {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::vector<char> text{std::istreambuf_iterator<char>(stream), {}};
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

/// The sentence that decoding fails with, or a remark that it did not fail.
std::string refusal(std::span<const std::byte> bytes, const std::string& name) {
  try {
    decode_image(bytes, name);
  } catch (const Error& error) {
    return error.what();
  }
  return "(decoded)";
}

std::string refusal(const std::filesystem::path& file) {
  try {
    load_image(file);
  } catch (const Error& error) {
    return error.what();
  }
  return "(loaded)";
}

TEST(Image, EveryPixelLayoutDecodesToPilsRgb) {
  for (const auto& item : golden::cases("kind")) {
    const auto got =
        golden::difference(load_image(golden::pil(item["file"])), load_image(golden::pil(item["expected"])));
    EXPECT_TRUE(got.same_size && got.largest == 0) << item["file"] << ": " << got;
  }
}

TEST(Image, JpegIsWithinTheDecodersDifferenceOfPil) {
  for (const auto& item : golden::cases("jpeg")) {
    const Image got = load_image(golden::pil(item["file"])), expected = load_image(golden::pil(item["expected"]));
    const auto decoded = golden::difference(got, expected, item["skip_right"]);
    EXPECT_TRUE(decoded.same_size && decoded.largest <= 4 && decoded.mean <= 0.3) << item["file"] << ": " << decoded;
    Preprocessing rules;
    rules.resize_px = 36;
    rules.width = rules.height = 32;
    const auto prepared = golden::difference(preprocess(got, rules, 4).resized, preprocess(expected, rules, 4).resized);
    EXPECT_TRUE(prepared.largest <= 4 && prepared.mean <= 0.3) << item["file"] << ", preprocessed: " << prepared;
  }
}

TEST(Image, ExifOrientationTurnsThePictureUpright) {
  for (const auto& item : golden::cases("orientation")) {
    const auto got =
        golden::difference(load_image(golden::pil(item["file"])), load_image(golden::pil(item["expected"])));
    EXPECT_TRUE(got.same_size && got.largest <= (item["exact"] ? 0 : 4)) << item["file"] << ": " << got;
  }
}

TEST(Image, TruncatedFilesAreRefusedWhereverTheyEnd) {
  for (const char* name : {"jpeg_420.jpg", "jpeg_progressive.jpg", "kind_rgb.png", "kind_rgb.bmp", "kind_rle.tga"}) {
    const auto whole = bytes_of(golden::pil(name));
    const std::string extension = std::filesystem::path(name).extension().string();
    // TGA ends with a footer of 26 bytes (and PIL's RLE with nothing else) that decoding does not need.
    const std::size_t spare = extension == ".tga" ? 26 : 0;
    for (std::size_t size = 0; size + spare < whole.size(); size += 1 + size / 9)
      EXPECT_NE(refusal(std::span(whole).first(size), "cut" + extension), "(decoded)") << name << " cut to " << size;
    EXPECT_NE(refusal(std::span(whole).first(whole.size() - spare - 1), "cut" + extension), "(decoded)") << name;
    EXPECT_EQ(refusal(whole, "whole" + extension), "(decoded)");
  }
  const auto jpeg = bytes_of(golden::pil("jpeg_420.jpg"));
  EXPECT_THAT(refusal(std::span(jpeg).first(jpeg.size() / 2), "half.jpg"),
              HasSubstr("half.jpg is a JPEG file that ends"));
}

TEST(Image, DataAfterTheEndOfAJpegDoNotMatter) {
  auto bytes = bytes_of(golden::pil("jpeg_420.jpg"));
  const Image plain = decode_image(bytes, "plain.jpg");
  bytes.insert(bytes.end(), 1000, std::byte{0x55});
  EXPECT_EQ(decode_image(bytes, "plain.jpg"), plain);
}

TEST(Image, OtherKindsAreNamedForWhatTheyAre) {
  EXPECT_THAT(refusal(golden::pil("refused.webp")), HasSubstr("is a WebP picture"));
  EXPECT_THAT(refusal(golden::pil("refused.gif")), HasSubstr("is a GIF picture"));
  EXPECT_THAT(refusal(golden::pil("refused.tiff")), HasSubstr("is a TIFF or camera raw picture"));
  using namespace std::string_view_literals;
  EXPECT_THAT(refusal(bytes_of("\0\0\0\x18"
                               "ftypheic"sv),
                      "a.heic"),
              HasSubstr("a.heic is a HEIC picture"));
  EXPECT_THAT(refusal(bytes_of("\0\0\0\x18"
                               "ftypavif"sv),
                      "a.avif"),
              HasSubstr("is an AVIF picture"));
  EXPECT_THAT(refusal(bytes_of("\xFF\x0A...."sv), "a.jxl"), HasSubstr("is a JPEG XL picture"));
  EXPECT_THAT(refusal(bytes_of("hello"sv), "a.txt"), HasSubstr("a.txt is no picture that Headlight knows"));
  EXPECT_THAT(refusal(bytes_of(""sv), "a.png"), HasSubstr("a.png is empty"));
}

TEST(Image, PathsThatAreNoPictureGetASentence) {
  const std::filesystem::path here = HEADLIGHT_SOURCE_DIR;
  EXPECT_THAT(refusal(here / "nowhere.png"), HasSubstr("nowhere.png does not exist"));
  EXPECT_THAT(refusal(here / "tests"), HasSubstr("tests is a folder"));
  EXPECT_THAT(refusal("/dev/null"), HasSubstr("is no ordinary file"));
}

TEST(Image, MoreThanAHundredMegapixelsAreRefusedBeforeDecoding) {
  auto bytes = bytes_of(golden::pil("kind_rgb.png"));
  for (std::size_t side : {16, 20}) {  // IHDR's width and height, big endian: 65536 × 65536
    bytes[side] = bytes[side + 2] = bytes[side + 3] = std::byte{0};
    bytes[side + 1] = std::byte{1};
  }
  EXPECT_THAT(refusal(bytes, "huge.png"), HasSubstr("65536×65536 pixels, more than the 100 megapixels"));
}

}  // namespace
}  // namespace vit
