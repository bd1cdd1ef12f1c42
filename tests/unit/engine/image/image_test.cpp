#include "engine/image/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "engine/base/error.h"
#include "tests/unit/engine/image/golden_pil.h"

namespace vit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

TEST(Image, JpegDecodesToPilsPixels) {
  for (const auto& item : golden::cases("jpeg")) {
    const auto got =
        golden::difference(load_image(golden::pil(item["file"])), load_image(golden::pil(item["expected"])));
    EXPECT_TRUE(got.same_size && got.largest == 0) << item["file"] << ": " << got;
  }
}

TEST(Image, ExifOrientationTurnsThePictureUpright) {
  for (const auto& item : golden::cases("orientation")) {
    const auto got =
        golden::difference(load_image(golden::pil(item["file"])), load_image(golden::pil(item["expected"])));
    EXPECT_TRUE(got.same_size && got.largest == 0) << item["file"] << ": " << got;
  }
}

TEST(Image, TruncatedFilesAreRefusedWhereverTheyEnd) {
  for (const char* name : {"jpeg_2x2_25.jpg",
                           "jpeg_progressive_2x2.jpg",
                           "jpeg_restart_2x2.jpg",
                           "jpeg_cmyk_adobe.jpg",
                           "png_rgb.png",
                           "png_palette8_interlaced.png",
                           "bmp_rgb.bmp",
                           "tga_rgb_rle.tga",
                           "webp_25_95.webp",
                           "webp_alpha_lossless.webp",
                           "webp_animation_lossy.webp",
                           "tiff_raw.tif",
                           "tiff_lzw.tif",
                           "tiff_jpeg.tif",
                           "tiff_tiles.tif",
                           "gif_plain.gif",
                           "gif_interlaced.gif",
                           "psd_none.psd",
                           "psd_rle.psd",
                           "pnm_rgb.ppm"}) {
    const auto whole = bytes_of(golden::picture(name));
    const std::string extension = std::filesystem::path(name).extension().string();
    // What decoding does not need: TGA's footer of 26 bytes (PIL's RLE has nothing else), padding, GIF's last block.
    const std::size_t spare = extension == ".tga" ? 26 : extension == ".gif" || extension == ".webp" ? 2 : 0;
    for (std::size_t size = 0; size + spare < whole.size(); size += 1 + size / 9)
      EXPECT_NE(refusal(std::span(whole).first(size), "cut" + extension), "(decoded)") << name << " cut to " << size;
    EXPECT_NE(refusal(std::span(whole).first(whole.size() - spare - 1), "cut" + extension), "(decoded)") << name;
    EXPECT_EQ(refusal(whole, "whole" + extension), "(decoded)");
  }
  const auto jpeg = bytes_of(golden::pil("jpeg_420.jpg"));
  EXPECT_THAT(refusal(std::span(jpeg).first(jpeg.size() / 2), "half.jpg"),
              HasSubstr("half.jpg is a JPEG file that ends"));
}

TEST(Image, ColoursThatAPaletteLacksAreGreysAsPilHasThem) {
  const auto bytes_of = [](std::string_view hex) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    return bytes;
  };
  // Two pixels, 0 and 200, of a palette with one colour; PIL 9.4 decodes both files to these.
  const std::vector<std::uint8_t> expected = {10, 20, 30, 200, 200, 200};
  EXPECT_EQ(decode_image(bytes_of("89504e470d0a1a0a0000000d4948445200000002000000010803000000c3fc8fb800000003504c54450a"
                                  "141e7e4c523a0000000b49444154789c636038010000cb00c969c8c36c0000000049454e44ae426082"),
                         "p.png")
                .rgb,
            expected);
  EXPECT_EQ(decode_image(bytes_of("424d3e000000000000003a00000028000000020000000100000001000800000000000000000000000000"
                                  "0000000001000000000000001e140a0000c80000"),
                         "p.bmp")
                .rgb,
            expected);
}

TEST(Image, DataAfterTheEndOfAJpegDoNotMatter) {
  auto bytes = bytes_of(golden::pil("jpeg_420.jpg"));
  const Image plain = decode_image(bytes, "plain.jpg");
  bytes.insert(bytes.end(), 1000, std::byte{0x55});
  EXPECT_EQ(decode_image(bytes, "plain.jpg"), plain);
}

TEST(Image, OtherKindsAreNamedForWhatTheyAre) {
  using namespace std::string_view_literals;
  EXPECT_THAT(refusal(bytes_of("\0\0\0\x18"
                               "ftypcrx "sv),
                      "a.cr3"),
              HasSubstr("a.cr3 is a Canon raw picture"));
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

TEST(Image, TooManyPixelsAreRefusedBeforeDecoding) {
  auto bytes = bytes_of(golden::pil("kind_rgb.png"));
  for (std::size_t side : {16, 20}) {  // IHDR's width and height, big endian: 65536 × 65536
    bytes[side] = bytes[side + 2] = bytes[side + 3] = std::byte{0};
    bytes[side + 1] = std::byte{1};
  }
  EXPECT_THAT(refusal(bytes, "huge.png"), HasSubstr("65536×65536 pixels, more than the 120 megapixels"));
}

TEST(Image, SizesAreCheckedBeforeMemory) {
  // A JPEG of 65500 × 65500 px: the frame header holds height and width behind its marker, length and precision.
  auto jpeg = bytes_of(golden::picture("jpeg_1x1_25.jpg"));
  const std::array<std::byte, 2> marker = {std::byte{0xFF}, std::byte{0xC0}};
  const auto frame = std::search(jpeg.begin(), jpeg.end(), marker.begin(), marker.end());
  ASSERT_NE(frame, jpeg.end());
  for (const int at : {5, 7}) frame[at] = std::byte{0xFF}, frame[at + 1] = std::byte{0xDC};
  EXPECT_THAT(refusal(jpeg, "huge.jpg"), HasSubstr("65500×65500 pixels"));

  auto gif = bytes_of(golden::picture("gif_plain.gif"));
  for (const int at : {6, 7, 8, 9}) gif[at] = std::byte{0xFF};
  EXPECT_THAT(refusal(gif, "huge.gif"), HasSubstr("65535×65535 pixels"));
  EXPECT_THAT(refusal(bytes_of(std::string_view("P6 99999 99999 255\n")), "huge.ppm"), HasSubstr("99999×99999 pixels"));
}

TEST(Image, AJpegOfThousandsOfScansIsRefused) {
  auto jpeg = bytes_of(golden::picture("jpeg_grey_progressive.jpg"));
  const std::array<std::byte, 2> scan_marker = {std::byte{0xFF}, std::byte{0xDA}};
  const auto first = std::search(jpeg.begin(), jpeg.end(), scan_marker.begin(), scan_marker.end());
  const auto second = std::search(first + 2, jpeg.end(), scan_marker.begin(), scan_marker.end());
  ASSERT_NE(second, jpeg.end());
  const std::vector<std::byte> scan(first, second);
  for (int i = 0; i < 1000; ++i) jpeg.insert(jpeg.end() - 2, scan.begin(), scan.end());
  EXPECT_THAT(refusal(jpeg, "scans.jpg"), HasSubstr("it has more than 100 scans"));
}

TEST(Image, DamageThatTheDecoderMendsIsSaid) {
  auto jpeg = bytes_of(golden::picture("jpeg_2x2_25.jpg"));
  const Image whole = decode_image(jpeg, "");
  EXPECT_THAT(whole.remarks, IsEmpty());
  jpeg.erase(jpeg.end() - 150, jpeg.end() - 2);  // the end marker stays
  EXPECT_THAT(decode_image(jpeg, "").remarks, ElementsAre(HasSubstr("The file is damaged")));
  const Image unmarked = load_image(golden::picture("jpeg_no_end_marker.jpg"));
  EXPECT_THAT(unmarked.remarks, ElementsAre(HasSubstr("no end marker")));
}

TEST(Image, GreyOfSixteenBitsKeepsItsHighByteAndSaysSo) {
  for (const char* name : {"grey16.png", "grey16.tif"}) {
    const Image image = load_image(golden::picture(name));
    ASSERT_EQ(image.width, 4);
    for (int x = 0; x < 4; ++x) EXPECT_EQ(image.pixel(x, 0)[0], 85 * x) << name;
    EXPECT_THAT(image.remarks, ElementsAre(HasSubstr("16 bits of grey"))) << name;
  }
}

TEST(Image, AnimationsOpenWithTheirFirstFrame) {
  for (const char* name : {"gif_animation.gif", "webp_animation_lossy.webp"})
    EXPECT_THAT(load_image(golden::picture(name)).remarks, ElementsAre(HasSubstr("is an animation"))) << name;
}

}  // namespace
}  // namespace vit
