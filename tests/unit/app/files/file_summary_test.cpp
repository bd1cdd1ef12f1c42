#include "app/files/file_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/files/assets.h"
#include "app/files/png_file.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

vit::Image plain(int width, int height) {
  vit::Image image{.width = width, .height = height, .rgb = {}, .name = {}};
  image.rgb.assign(std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 90);
  return image;
}

TEST(FileSummary, APhotoIsScaledDownInItsOwnShape) {
  const TempFolder folder;
  const FileSummary summary = summarise_picture(folder.write("wide.png", encode_png(plain(600, 200), {})), 60);
  EXPECT_EQ(summary.words, "600×200");
  EXPECT_EQ(summary.picture.width, 60);
  EXPECT_EQ(summary.picture.height, 20);
  EXPECT_EQ(summary.picture.pixel(30, 10)[0], 90);
}

TEST(FileSummary, ASmallPictureStaysAsItIs) {
  const TempFolder folder;
  const FileSummary summary = summarise_picture(folder.write("small.png", encode_png(plain(9, 5), {})), 60);
  EXPECT_EQ(summary.picture.width, 9);
  EXPECT_EQ(summary.picture.height, 5);
}

TEST(FileSummary, AThinPictureKeepsAPixel) {
  const TempFolder folder;
  const FileSummary summary = summarise_picture(folder.write("thin.png", encode_png(plain(4000, 1), {})), 60);
  EXPECT_EQ(summary.picture.width, 60);
  EXPECT_EQ(summary.picture.height, 1);
}

TEST(FileSummary, APhotoTakenUprightStandsUpright) {
  // A 30 × 20 JPEG whose EXIF block says that it was taken with the camera turned (orientation 6), as its pixels show.
  const std::string jpeg = testing_files::file_bytes(std::string(HEADLIGHT_SOURCE_DIR) + "/assets/images/rocket.jpg");
  const char exif[] =
      "\xFF\xE1\x00\x22"
      "Exif\0\0"
      "II*\0\x08\0\0\0"
      "\x01\0"
      "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
      "\0\0\0\0";
  const TempFolder folder;
  const std::string turned = jpeg.substr(0, 2) + std::string(exif, 36) + jpeg.substr(2);
  const FileSummary flat = summarise_picture(folder.write("flat.jpg", jpeg), 64);
  const FileSummary upright = summarise_picture(folder.write("turned.jpg", turned), 64);
  EXPECT_EQ(flat.words, "640×427");
  EXPECT_EQ(upright.words, "427×640");
  EXPECT_EQ(upright.picture.height, 64);
  EXPECT_LT(upright.picture.width, 64);
}

TEST(FileSummary, WhatCannotBeDecodedHasNone) {
  const TempFolder folder;
  const std::string whole = encode_png(plain(64, 64), {});
  for (const auto& file : {folder.write("broken.png", whole.substr(0, whole.size() / 2)), folder.write("empty.png", ""),
                           folder.write("text.jpg", "no picture"), folder.path() / "missing.png", folder.path()}) {
    const FileSummary summary = summarise_picture(file, 60);
    EXPECT_EQ(summary.words, "") << file;
    EXPECT_TRUE(summary.picture.rgb.empty()) << file;
  }
}

TEST(FileSummary, ACheckpointIsTheFamilyOfItsTensors) {
  EXPECT_EQ(summarise_checkpoint(default_model() / "model.safetensors").words, "Hugging Face DINOv2");
  EXPECT_EQ(summarise_checkpoint(default_model()).words, "Hugging Face DINOv2");  // a folder
  EXPECT_EQ(summarise_checkpoint(default_classifier()).words, "timm ViT");
}

TEST(FileSummary, WhatIsNoCheckpointHasNone) {
  const TempFolder folder;
  const std::string whole = testing_files::file_bytes(default_classifier().string());
  for (const auto& file : {folder.write("half.safetensors", whole.substr(0, 1000)), folder.write("config.json", "{}"),
                           folder.write("empty.pth", ""), folder.path() / "missing.npz", folder.path()})
    EXPECT_EQ(summarise_checkpoint(file).words, "") << file;
}

}  // namespace
}  // namespace headlight
