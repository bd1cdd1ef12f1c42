#include "engine/image/exif.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace vit {
namespace {

std::vector<std::byte> tiff(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

std::vector<std::byte> little_endian(int orientation) {
  return tiff({'I',  'I',  42, 0, 8, 0, 0, 0, 2,           0,          // header, then a directory of two entries
               0x0F, 0x01, 2,  0, 1, 0, 0, 0, 0,           0, 0, 0,    // Make
               0x12, 0x01, 3,  0, 1, 0, 0, 0, orientation, 0, 0, 0});  // Orientation
}

std::vector<std::byte> big_endian(int orientation) {
  return tiff({'M',  'M',  0, 42, 0, 0, 0, 8, 0, 1,  //
               0x01, 0x12, 0, 3,  0, 0, 0, 1, 0, orientation, 0, 0});
}

TEST(Exif, OrientationIsReadInBothByteOrders) {
  for (int o = 1; o <= 8; ++o) {
    EXPECT_EQ(exif_orientation(little_endian(o)), o);
    EXPECT_EQ(exif_orientation(big_endian(o)), o);
  }
}

TEST(Exif, NonsenseIsUpright) {
  EXPECT_EQ(exif_orientation({}), 1);
  EXPECT_EQ(exif_orientation(little_endian(0)), 1);
  EXPECT_EQ(exif_orientation(little_endian(9)), 1);
  auto far = little_endian(6);
  far[7] = std::byte{0xFF};  // the directory lies beyond the end
  EXPECT_EQ(exif_orientation(far), 1);
  const auto whole = little_endian(6);
  for (std::size_t size = 0; size < 32; ++size) EXPECT_EQ(exif_orientation(std::span(whole).first(size)), 1) << size;
}

/// 3 × 2 pixels that hold their own position.
Image numbered() {
  Image image;
  image.width = 3;
  image.height = 2;
  for (std::uint8_t i = 0; i < 6; ++i) image.rgb.insert(image.rgb.end(), {i, i, i});
  return image;
}

TEST(Exif, EachOrientationMovesEveryPixelAsTheStandardSays) {
  // Stored as 0 1 2 / 3 4 5; the standard says which side of the stored picture is the top and which the left.
  const std::vector<std::vector<int>> expected = {{0, 1, 2, 3, 4, 5}, {2, 1, 0, 5, 4, 3}, {5, 4, 3, 2, 1, 0},
                                                  {3, 4, 5, 0, 1, 2}, {0, 3, 1, 4, 2, 5}, {3, 0, 4, 1, 5, 2},
                                                  {5, 2, 4, 1, 3, 0}, {2, 5, 1, 4, 0, 3}};
  for (int o = 1; o <= 8; ++o) {
    const Image out = upright(numbered(), o);
    EXPECT_EQ(out.width, o <= 4 ? 3 : 2) << o;
    EXPECT_EQ(out.height, o <= 4 ? 2 : 3) << o;
    std::vector<int> values;
    for (std::size_t i = 0; i < out.rgb.size(); i += 3) values.push_back(out.rgb[i]);
    EXPECT_EQ(values, expected[static_cast<std::size_t>(o - 1)]) << "orientation " << o;
  }
}

}  // namespace
}  // namespace vit
