#include "app/files/assets.h"

#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>

#include "app/files/write_file.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;

class Assets : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("headlight-assets-" + std::to_string(::getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }
  fs::path root_;
};

TEST_F(Assets, AreFoundAboveABuildTree) {
  fs::create_directories(root_ / "assets/models");
  EXPECT_EQ(find_assets(root_ / "build/release/headlight"), root_ / "assets");
  EXPECT_EQ(find_assets(root_ / "build/test/tests/unit_tests"), root_ / "assets");
}

TEST_F(Assets, AreFoundBesideAnInstalledProgram) {
  fs::create_directories(root_ / "usr/share/headlight/assets/models");
  EXPECT_EQ(find_assets(root_ / "usr/bin/headlight"), root_ / "usr/share/headlight/assets");
}

TEST_F(Assets, AFolderWithoutModelsIsNotTaken) {
  fs::create_directories(root_ / "build/assets");
  fs::create_directories(root_ / "assets/models");
  EXPECT_EQ(find_assets(root_ / "build/headlight"), root_ / "assets");
}

TEST_F(Assets, AFoldersSingleModelMustBeTheOnlyOne) {
  EXPECT_THROW(single_model(root_), vit::Error);
  EXPECT_THROW(single_model(root_ / "missing"), vit::Error);
  write_file(root_ / "a.safetensors", "x");
  write_file(root_ / "config.json", "{}");
  EXPECT_EQ(single_model(root_), root_ / "a.safetensors");
  write_file(root_ / "b.safetensors", "x");
  EXPECT_THROW(single_model(root_), vit::Error);
}

TEST_F(Assets, ThisBuildFindsThem) {
  EXPECT_TRUE(fs::exists(default_model()));
  EXPECT_TRUE(fs::exists(default_classifier()));
  EXPECT_EQ(sample_images().front().filename(), "moose.jpg");
  EXPECT_FALSE(sample_images().empty());
  EXPECT_TRUE(imagenet_labels());  // else thousand classes are numbers, without a word about it
}

TEST_F(Assets, WritingReplacesAFileWholeAndLeavesNothingBehind) {
  write_file(root_ / "file", "first");
  write_file(root_ / "file", "second");
  std::ifstream stream(root_ / "file");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}), 1);
}

TEST_F(Assets, WritingIntoAMissingFolderIsRefusedByName) {
  try {
    write_file(root_ / "no/such/folder", "x");
    FAIL() << "no error";
  } catch (const vit::Error& error) {
    EXPECT_NE(std::string(error.what()).find("no/such/folder"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace headlight
