// Numbers of heads as one CSV file, and masks as run-length JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/export/export.h"
#include "engine/base/error.h"
#include "tests/unit/analysis_support.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NumbersExport : public testing::Test {
 protected:
  NumbersExport() {
    auto photo = std::make_shared<vit::Image>();
    photo->width = 40;
    photo->height = 32;
    photo->rgb.assign(std::size_t{3} * 40 * 32, 90);
    source_ = {
        .trace = vit::testing_passes::pass({.heads = 8}), .photo = photo, .model = "small", .image = "photo.png"};
    request_.blocks = {0, 1, 2};
    request_.folder = folder_.path() / "out";
    request_.kinds = {FileKind::csv};
  }
  std::vector<std::string> lines(FileKind kind = FileKind::csv) {
    std::istringstream text(figure_bytes(source_, request_, kind));
    std::vector<std::string> all;
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }

  TempFolder folder_;
  ExportSource source_;
  ExportRequest request_;
};

TEST_F(NumbersExport, StatisticsAreOneTableWithALineForEachHead) {
  request_.analysis = vit::analysis_by_id("statistics");
  const auto files = export_maps(source_, request_);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files.front().filename().string(), "photo__small__statistics.csv");
  EXPECT_EQ(files.back().filename().string(), "photo__small__statistics_curves.csv");
  const std::vector<std::string> all = lines();
  ASSERT_EQ(all.size(), 1u + 24u);
  EXPECT_EQ(all.front(),
            "block,head,spread_tokens,distance_px,on_class_token,on_registers,on_itself,on_top_10_patches,similarity,"
            "entropy_bits");
  EXPECT_EQ(all[9].substr(0, 4), "1,0,");
  EXPECT_EQ(std::count(all[9].begin(), all[9].end(), ','), 9);
  EXPECT_THAT(all[9], HasSubstr(",,")) << "the network has no registers, so that nothing stands there";
  EXPECT_EQ(testing_files::file_bytes(files.front().string()), figure_bytes(source_, request_, FileKind::csv));
}

TEST_F(NumbersExport, NumbersOfOneQueryAreNamedByIt) {
  request_.analysis = vit::analysis_by_id("statistics");
  request_.values = {{"over", 1}};
  request_.query = 5;
  EXPECT_EQ(export_maps(source_, request_).front().filename().string(), "photo__small__statistics_r1c0.csv");
}

TEST_F(NumbersExport, EffectsHaveARankForEachHead) {
  request_.analysis = vit::analysis_by_id("ablation");
  const std::vector<std::string> all = lines();
  ASSERT_EQ(all.size(), 1u + 24u);
  EXPECT_EQ(all.front(), "block,head,rank,effect,logit_change,probability_change,features_change");
  std::vector<int> ranks;
  for (std::size_t i = 1; i < all.size(); ++i) {
    std::istringstream line(all[i]);
    std::string cell;
    for (int c = 0; c < 3; ++c) std::getline(line, cell, ',');
    ranks.push_back(std::stoi(cell));
  }
  std::sort(ranks.begin(), ranks.end());
  for (int i = 0; i < 24; ++i) EXPECT_EQ(ranks[static_cast<std::size_t>(i)], i + 1);
}

TEST_F(NumbersExport, MasksAreRunLengthsOfPatchesAndOfThePhotosPixels) {
  request_.analysis = vit::analysis_by_id("mask");
  request_.blocks = {1};
  request_.values = {{"share", 0.5}};
  const auto json = nlohmann::json::parse(figure_bytes(source_, request_, FileKind::json));
  ASSERT_EQ(json["masks"].size(), 9u);  // the mean and eight heads
  const auto set =
      request_.analysis->answer(source_.trace, {.analysis = "mask", .block = 1, .values = request_.values}, {});
  for (std::size_t m = 0; m < json["masks"].size(); ++m) {
    const auto& one = json["masks"][m];
    EXPECT_EQ(one["patches"]["size"], (std::vector<int>{4, 4}));
    EXPECT_EQ(one["segmentation"]["size"], (std::vector<int>{32, 40}));
    // Decoded as COCO's tools do: down the columns, zeros first.
    const auto decoded = [](const nlohmann::json& rle) {
      std::vector<int> flat;
      int value = 0;
      for (const int run : rle["counts"]) {
        flat.insert(flat.end(), static_cast<std::size_t>(run), value);
        value = 1 - value;
      }
      return flat;
    };
    const std::vector<int> patches = decoded(one["patches"]), pixels = decoded(one["segmentation"]);
    ASSERT_EQ(patches.size(), 16u);
    ASSERT_EQ(pixels.size(), 32u * 40u);
    int area = 0;
    for (int row = 0; row < 32; ++row)
      for (int col = 0; col < 40; ++col) {
        // The box covers the first 32 columns of the photo, with 8 × 8 pixels a patch.
        const int index = static_cast<int>(m);
        const int expected = col < 32 && set->value(index, row / 8, col / 8) > 0.5f ? 1 : 0;
        ASSERT_EQ(pixels[static_cast<std::size_t>(col * 32 + row)], expected) << m << " " << row << " " << col;
        area += expected;
      }
    EXPECT_EQ(one["area"], area);
    EXPECT_GE(one["share_held"].get<float>(), 0.5f);
    for (int row = 0; row < 4; ++row)
      for (int col = 0; col < 4; ++col)
        EXPECT_EQ(patches[static_cast<std::size_t>(col * 4 + row)],
                  set->value(static_cast<int>(m), row, col) > 0.5f ? 1 : 0);
  }
  EXPECT_THAT(json["order"].get<std::string>(), HasSubstr("column by column"));
}

TEST_F(NumbersExport, OnlyMasksAreJson) {
  request_.kinds = {FileKind::json};
  EXPECT_THAT([&] { export_maps(source_, request_); },
              testing::ThrowsMessage<vit::Error>(HasSubstr("Only masks are written as JSON")));
}

TEST_F(NumbersExport, AMatrixIsWrittenAtItsOwnSizeAndLiesOnNoPhoto) {
  request_.analysis = vit::analysis_by_id("matrix");
  request_.blocks = {2};
  request_.values = {{"head", 3}, {"scale", 0}};
  const std::vector<std::string> all = lines();
  ASSERT_EQ(all.size(), 17u);
  EXPECT_EQ(std::count(all.front().begin(), all.front().end(), ','), 16);
  request_.style.overlay = true;
  EXPECT_THAT([&] { export_maps(source_, request_); },
              testing::ThrowsMessage<vit::Error>(HasSubstr("does not lie on the photo")));
}

TEST_F(NumbersExport, AMaskOverThePhotoLetsItThroughAndHasAnOutline) {
  request_.analysis = vit::analysis_by_id("mask");
  request_.blocks = {1};
  request_.heads = {.mean = true, .max = false, .all_heads = false, .heads = {}};
  request_.kinds = {FileKind::png};
  request_.style.overlay = true;
  request_.style.bar = request_.style.caption = false;
  const auto files = export_maps(source_, request_);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_THAT(files.front().filename().string(), testing::StartsWith("photo__small__mask_b01_mean_cls_over"));
  const std::string png = testing_files::file_bytes(files.front().string());
  const vit::Image picture = vit::decode_image(std::as_bytes(std::span(png)), "");
  int white = 0;
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) white += picture.rgb[i] == 255 && picture.rgb[i + 1] == 255;
  EXPECT_GT(white, 100) << "pixels of the outline";
}

}  // namespace
}  // namespace headlight
