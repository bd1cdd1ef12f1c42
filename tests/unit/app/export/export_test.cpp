#include "app/export/export.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <sstream>

#include "app/export/export_captions.h"
#include "app/export/figure.h"
#include "app/export/file_names.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/network/forward.h"
#include "engine/network/settings_words.h"
#include "tests/unit/app/export/export_fixture.h"
#include "tests/unit/app/files/png_chunks.h"
#include "tests/unit/small_models.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

bool holds_color(const vit::Image& figure, const std::array<std::uint8_t, 3>& color) {
  for (std::size_t i = 0; i < figure.rgb.size(); i += 3)
    if (std::equal(color.begin(), color.end(), figure.rgb.begin() + static_cast<std::ptrdiff_t>(i))) return true;
  return false;
}

/// Somewhere in the figure the tile stands, pixel for pixel.
bool holds(const vit::Image& figure, const vit::Image& tile) {
  for (int y = 0; y + tile.height <= figure.height; ++y)
    for (int x = 0; x + tile.width <= figure.width; ++x) {
      bool same = true;
      for (int row = 0; row < tile.height && same; ++row)
        same = std::memcmp(figure.pixel(x, y + row), tile.pixel(0, row), static_cast<std::size_t>(3) * tile.width) == 0;
      if (same) return true;
    }
  return false;
}

TEST_F(ExportTest, FilesAreNamedForPhotoNetworkBlockHeadAndQuery) {
  EXPECT_THAT(names(), ElementsAre("photo__small__b01_mean_cls.png", "photo__small__b01_max_cls.png",
                                   "photo__small__b01_h0_cls.png", "photo__small__b01_h1_cls.png",
                                   "photo__small__b01_h2_cls.png", "photo__small__b01_h3_cls.png",
                                   "photo__small__b01_heads_cls.png"));
  request_.heads = {.mean = false, .max = false, .all_heads = false, .heads = {2}};
  request_.blocks = {0, 2};
  request_.kinds = {FileKind::png, FileKind::npy, FileKind::csv};
  request_.query = source_.trace->grid.token_of(3, 4);
  request_.style.overlay = true;
  source_.image = "my: photo.of/a__cat.jpeg";
  EXPECT_THAT(names(), ElementsAre("a_cat__small__b00_h2_r3c4_over.png", "a_cat__small__b00_h2_r3c4_over.npy",
                                   "a_cat__small__b00_h2_r3c4_over.csv", "a_cat__small__b02_h2_r3c4_over.png",
                                   "a_cat__small__b02_h2_r3c4_over.npy", "a_cat__small__b02_h2_r3c4_over.csv"));
}

TEST_F(ExportTest, APictureIsTheHeatmapOfItsHead) {
  names();
  const std::string png = bytes("photo__small__b01_h2_cls.png");
  const vit::Image got = vit::decode_image(std::as_bytes(std::span(png)), "");
  const vit::Look look{.colormap = vit::Colormap::inferno,
                       .range_rule = vit::RangeRule::fixed,
                       .fixed_range = {0.f, 0.2f},
                       .smooth = false,
                       .opacity = 1.f};
  const vit::Image expected = vit::render(head_map(1, 2), look, look.fixed_range, 50, 50);
  EXPECT_EQ(got, expected);
}

TEST_F(ExportTest, AnOverlayLiesOnThePartThatTheNetworkReads) {
  request_.style.overlay = true;
  request_.style.bar = request_.style.caption = false;
  request_.style.size_px = 20;
  names();
  vit::Image part;  // photo pixels 5 to 24
  part.width = part.height = 20;
  for (int y = 0; y < 20; ++y)
    part.rgb.insert(part.rgb.end(), source_.photo->pixel(5, y), source_.photo->pixel(5, y) + 3 * 20);
  EXPECT_EQ(source_.trace->pixels->box, (vit::Box{5, 0, 20, 20}));
  EXPECT_EQ(picture("photo__small__b01_h2_cls_over.png"),
            vit::render_overlay(head_map(1, 2), fixed_look(), fixed_look().fixed_range, part, {0, 0, 20, 20}, 20, 20));
}

TEST_F(ExportTest, AnOverlayLiesOnTheWholePhotoWhereThatIsAsked) {
  request_.style.overlay = request_.style.whole_photo = true;
  request_.style.bar = request_.style.caption = false;
  names();
  EXPECT_EQ(picture("photo__small__b01_h2_cls_over.png"),
            vit::render_overlay(head_map(1, 2), fixed_look(), fixed_look().fixed_range, *source_.photo,
                                source_.trace->pixels->box, 50, 33));
}

TEST_F(ExportTest, AnOverlayIsAFigureWithItsColourBar) {
  request_.style.overlay = true;
  request_.style.size_px = 200;
  names();
  const vit::Image figure = picture("photo__small__b01_h2_cls_over.png");
  EXPECT_GT(figure.width, 200);
  EXPECT_GT(figure.height, figure.width) << "the bar and the caption need room";
  const vit::ColorTable& table = vit::color_table(vit::Colormap::inferno);
  EXPECT_TRUE(holds_color(figure, table.front())) << "both ends of the scale";
  EXPECT_TRUE(holds_color(figure, table.back()));
}

TEST_F(ExportTest, ATransparentFigureIsSeenThrough) {
  request_.heads = {.mean = false, .max = false, .all_heads = false, .heads = {2}};
  constexpr std::size_t kColorType = 25;  // of IHDR, in the file
  EXPECT_EQ(figure_bytes(source_, request_, FileKind::png)[kColorType], 2) << "colours";
  request_.style.ground = Ground::transparent;
  EXPECT_EQ(figure_bytes(source_, request_, FileKind::png)[kColorType], 6) << "colours and opacity";
}

TEST_F(ExportTest, TheEndingSaysWhatAFigureIs) {
  const auto write = [&](const std::string& name) {
    export_figure(source_, request_, folder_.path() / "new" / "folder" / name);
    return testing_files::file_bytes((folder_.path() / "new" / "folder" / name).string());
  };
  EXPECT_EQ(write("a.png").substr(1, 3), "PNG");
  EXPECT_EQ(write("a.PDF").substr(0, 5), "%PDF-");
  EXPECT_THAT(write("a.svg"), HasSubstr(">head 2</text>"));
  EXPECT_EQ(write("a.csv").substr(0, 27), "block,map,row,column,value\n");
  EXPECT_THAT(write("a.npy"), HasSubstr("'shape': (6, 5, 5, )"));
  request_.heads = {.mean = true, .max = false, .all_heads = false, .heads = {}};
  EXPECT_THAT(write("b.npy"), HasSubstr("'shape': (5, 5, )"));
  try {
    write("a.gif");
    FAIL();
  } catch (const vit::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("Let its name end in .png, .pdf, .svg, .npy, .csv or .json."));
  }
}

TEST_F(ExportTest, TheSharedRangeIsThatOfAllHeadsWhicheverAreWritten) {
  request_.heads = {.mean = false, .max = false, .all_heads = false, .heads = {3}};
  const PickedMaps picked = pick_maps(source_, request_, questions_of(request_).front());
  ASSERT_THAT(picked.maps, ElementsAre(5));
  std::vector<float> values;
  for (int head = 0; head < 4; ++head)
    for (float value : head_map(1, head).values) values.push_back(value);
  EXPECT_EQ(picked.set->range(5, {}), vit::shared_range(values));
  EXPECT_EQ(picked.set->range(5, {.range_rule = vit::RangeRule::per_head}), vit::range_of(head_map(1, 3).values));
}

TEST_F(ExportTest, ArraysAndTablesHoldTheNumbersThemselves) {
  request_.kinds = {FileKind::png, FileKind::npy, FileKind::csv};
  request_.query = 7;
  names();
  const std::vector<float> expected = head_map(1, 3).values;
  const std::string npy = bytes("photo__small__b01_h3_r1c1.npy");
  ASSERT_EQ(npy.size(), 128 + expected.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(npy.data() + 128, expected.data(), expected.size() * sizeof(float)), 0);
  std::stringstream csv(bytes("photo__small__b01_h3_r1c1.csv"));
  std::string line, cell;
  std::size_t count = 0;
  while (std::getline(csv, line)) {
    std::stringstream cells(line);
    for (; std::getline(cells, cell, ','); ++count)
      EXPECT_EQ(std::stof(cell), expected.at(count)) << "nine digits bring a float back";
  }
  EXPECT_EQ(count, expected.size());
}

TEST_F(ExportTest, ColoursAreOneMapAndTheirNumbersThoseOfTheComponents) {
  request_.analysis = vit::analysis_by_id("components");
  request_.kinds = {FileKind::npy, FileKind::png};
  EXPECT_THAT(names(), ElementsAre("photo__small__components_b01.png", "photo__small__components_b01.npy"));
  EXPECT_THAT(bytes("photo__small__components_b01.npy"), HasSubstr("'shape': (3, 5, 5, )"));
  EXPECT_THAT(figure_bytes(source_, request_, FileKind::csv), HasSubstr("1,PC 1,0,0,"));
  const auto set = request_.analysis->answer(source_.trace, {.analysis = "components", .block = 1}, {});
  const vit::Image drawn = picture("photo__small__components_b01.png");
  const vit::Image expected = vit::render(set->patch_map(0), fixed_look(), {0.f, 1.f}, drawn.width, drawn.height);
  EXPECT_EQ(drawn.rgb, expected.rgb);
  request_.values["show"] = 2;
  request_.kinds = {FileKind::npy};
  EXPECT_THAT(names(), ElementsAre("photo__small__components_b01.npy"));
  EXPECT_THAT(bytes("photo__small__components_b01.npy"), HasSubstr("'shape': (5, 5, )"));
}

TEST_F(ExportTest, CurvesOverTheBlocksAreAPlotAndATable) {
  request_.analysis = vit::analysis_by_id("lens");
  request_.blocks = {0, 1, 2};
  request_.kinds = {FileKind::csv, FileKind::svg};
  const auto written = names();
  EXPECT_THAT(written, testing::Contains("photo__small__lens_curves.csv"));
  EXPECT_THAT(written, testing::Contains("photo__small__lens_curves.svg"));
  const auto set = request_.analysis->answer(source_.trace, {.analysis = "lens"}, {});
  const std::string table = bytes("photo__small__lens_curves.csv");
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4);
  EXPECT_THAT(table, HasSubstr("block," + set->curves->curves[0].name + ","));
  EXPECT_THAT(table, HasSubstr(fmt::format("\n2,{:.9g},", set->curves->curves[0].values[2])));
  const std::string plot = bytes("photo__small__lens_curves.svg");
  EXPECT_THAT(plot, HasSubstr("after block"));
  EXPECT_THAT(plot, HasSubstr(set->curves->mark_words));
  for (const auto& curve : set->curves->curves) EXPECT_THAT(plot, HasSubstr(curve.name));
}

TEST_F(ExportTest, StatisticsOverTheBlocksAreALineAndADotForEachHead) {
  request_.analysis = vit::analysis_by_id("statistics");
  const std::string table = curves_bytes(source_, request_, FileKind::csv);
  const auto set = request_.analysis->answer(source_.trace, {.analysis = "statistics"}, {});
  const auto& curves = set->curves->curves;
  ASSERT_EQ(curves.size(), 5u) << "the mean and four heads";
  EXPECT_THAT(table, HasSubstr("block,mean of the heads,head 0,head 1,head 2,head 3\n0,"));
  for (std::size_t block = 0; block < 3; ++block) {
    double sum = 0;
    for (std::size_t head = 1; head <= 4; ++head) {
      EXPECT_EQ(curves[head].values[block], set->table->at(static_cast<int>(4 * block + head - 1), 0));
      sum += curves[head].values[block];
      EXPECT_LE(curves[head].values[block], set->curves->high);
      EXPECT_GE(curves[head].values[block], set->curves->low);
    }
    EXPECT_NEAR(curves[0].values[block], sum / 4, 1e-5);
  }
  const std::string plot = curves_bytes(source_, request_, FileKind::svg);
  for (const char* words : {">mean of the heads", ">each head", ">block<", ">spread"})
    EXPECT_THAT(plot, HasSubstr(words));
  EXPECT_THAT(plot, testing::Not(HasSubstr(">head 0")));
  EXPECT_EQ(set->curves->low, 0) << "nothing is below zero";
}

TEST_F(ExportTest, AMatrixHasItsPrefixTokensRuledOffAndNamed) {
  request_.analysis = vit::analysis_by_id("matrix");
  request_.blocks = {1};
  request_.style.size_px = 400;
  const std::string figure = figure_bytes(source_, request_, FileKind::svg);
  for (const char* words : {">cls<", ">queries ↓<", "cls | keys: 25 patches →"}) EXPECT_THAT(figure, HasSubstr(words));
  ExportRequest bare = request_;
  bare.style.bar = bare.style.caption = false;
  EXPECT_THAT(figure_bytes(source_, bare, FileKind::svg), testing::Not(HasSubstr(">queries")));
}

TEST_F(ExportTest, AClassIsCalledByItsName) {
  request_.analysis = vit::analysis_by_id("gradcam");
  request_.blocks = {1};
  request_.values["class"] = 2;
  const auto set =
      request_.analysis->answer(source_.trace, {.analysis = "gradcam", .block = 1, .values = {{"class", 2}}}, {});
  EXPECT_EQ(map_file_stem(source_, request_, set->labels.front()).substr(0, 13), "photo__small_");
  EXPECT_THAT(map_file_stem(source_, request_, set->labels.front()), HasSubstr("_class2"));
  EXPECT_THAT(analysis_words(request_, *source_.trace), HasSubstr(", class 2"));
  auto named = std::make_shared<vit::Trace>();
  auto model = std::make_shared<vit::Model>();
  model->config = source_.trace->model->config;
  model->labels = {"a", "b", "tiger cat, striped"};
  named->model = model;
  named->logits = {0, 3, 1};
  EXPECT_THAT(analysis_words(request_, *named), HasSubstr(", class tiger cat (2)"));
  request_.values.clear();
  EXPECT_THAT(analysis_words(request_, *named), HasSubstr(", class b (1), the most probable"));
  EXPECT_THAT(map_file_stem(source_, request_, set->labels.front()), testing::Not(HasSubstr("class")));
}

TEST_F(ExportTest, PicturesSayWhereTheyComeFrom) {
  request_.query = source_.trace->grid.token_of(3, 4);
  names();
  auto texts = testing_files::png_texts(bytes("photo__small__b01_h2_r3c4.png"));
  EXPECT_EQ(texts["model"], "small");
  EXPECT_EQ(texts["image"], "photo.png");
  EXPECT_EQ(texts["block"], "1");
  EXPECT_EQ(texts["head"], "2");
  EXPECT_EQ(texts["query"], "3,4");
  EXPECT_EQ(texts["range"], "0,0.2");
  EXPECT_EQ(texts["colormap"], "inferno");
  EXPECT_EQ(texts["settings"], "4 heads, qkv bias, fused kernel");
  EXPECT_EQ(texts["preprocessing"], vit::describe(source_.trace->pixels->preprocessing));
  EXPECT_EQ(testing_files::png_texts(bytes("photo__small__b01_mean_r3c4.png"))["head"], "mean");
  EXPECT_EQ(testing_files::png_texts(bytes("photo__small__b01_heads_r3c4.png"))["head"], "all");
}

TEST_F(ExportTest, TheOverviewHoldsEveryTile) {
  names();
  const std::string png = bytes("photo__small__b01_heads_cls.png");
  const vit::Image figure = vit::decode_image(std::as_bytes(std::span(png)), "");
  const vit::Look look{.colormap = vit::Colormap::inferno,
                       .range_rule = vit::RangeRule::fixed,
                       .fixed_range = {0.f, 0.2f},
                       .smooth = false,
                       .opacity = 1.f};
  for (int head = 0; head < 4; ++head)
    EXPECT_TRUE(holds(figure, vit::render(head_map(1, head), look, look.fixed_range, 50, 50))) << "head " << head;
}

TEST_F(ExportTest, TheFigureOfTheNetworkHoldsEveryHeadOfEveryBlock) {
  request_.blocks = {0, 1, 2};
  request_.heads = {.mean = false, .max = false, .all_heads = true, .heads = {}};
  request_.style.look.range_rule = vit::RangeRule::all;
  const fs::path file = folder_.path() / "network.png";
  export_figure(source_, request_, file);
  const std::string png = testing_files::file_bytes(file.string());
  const vit::Image figure = vit::decode_image(std::as_bytes(std::span(png)), "");
  std::vector<float> values;
  for (int block = 0; block < 3; ++block)
    for (int head = 0; head < 4; ++head) {
      const vit::PatchMap map = head_map(block, head);
      values.insert(values.end(), map.values.begin(), map.values.end());
    }
  const vit::Range all = vit::shared_range(values);
  for (int block = 0; block < 3; ++block)
    for (int head = 0; head < 4; ++head)
      EXPECT_TRUE(holds(figure, vit::render(head_map(block, head), {.colormap = vit::Colormap::inferno}, all, 50, 50)))
          << "block " << block << ", head " << head;
}

TEST_F(ExportTest, TwoExportsGiveTheSameBytes) {
  names();
  const std::string first = bytes("photo__small__b01_heads_cls.png");
  names();
  EXPECT_EQ(bytes("photo__small__b01_heads_cls.png"), first);
}

TEST_F(ExportTest, ImpossibleRequestsAreRefusedWithASentence) {
  request_.blocks = {3};
  EXPECT_THAT(refusal(), HasSubstr("There is no block 3; the network has blocks 0 to 2."));
  request_.blocks = {0};
  request_.heads = {.mean = false, .max = false, .all_heads = false, .heads = {4}};
  EXPECT_THAT(refusal(), HasSubstr("There is no head 4 in block 0; it has heads 0 to 3."));
  request_.heads = {};
  request_.query = 26;
  EXPECT_THAT(refusal(), HasSubstr("There is no token 26"));
  request_.query = 0;
  request_.style.overlay = true;
  source_.photo = nullptr;
  EXPECT_THAT(refusal(), HasSubstr("There is no photo"));
  request_.style.overlay = false;
  request_.style.size_px = 0;
  EXPECT_THAT(refusal(), HasSubstr("A picture size of 0 px"));
}

TEST_F(ExportTest, AFolderThatCannotBeWrittenGetsASentence) {
  std::ofstream(folder_.path() / "file") << "x";
  request_.folder = folder_.path() / "file";
  EXPECT_THAT(refusal(), HasSubstr("because a file has its name"));
  request_.folder = folder_.path() / "file" / "below";
  EXPECT_THAT(refusal(), HasSubstr("cannot be made"));
  if (::geteuid() == 0) return;  // root may write everywhere
  request_.folder = folder_.path() / "locked";
  fs::create_directory(request_.folder);
  fs::permissions(request_.folder, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_THAT(refusal(), HasSubstr("cannot be written"));
  fs::permissions(request_.folder, fs::perms::owner_all);
}

TEST_F(ExportTest, ProgressGrowsToOneAndAStopEndsIt) {
  std::vector<double> heard;
  std::stop_source stop;
  ExportControl control{[&](double fraction) { heard.push_back(fraction); }, stop.get_token()};
  export_maps(source_, request_, control);
  ASSERT_GE(heard.size(), 6u) << "as many as maps";
  EXPECT_TRUE(std::is_sorted(heard.begin(), heard.end()));
  EXPECT_DOUBLE_EQ(heard.back(), 1.0);
  control.progress = [&](double) { stop.request_stop(); };
  EXPECT_THROW(export_maps(source_, request_, control), vit::Cancelled);
}

TEST(ExportCaptions, SettingsThatAreNotAsTrainedAreSaid) {
  vit::ModelConfig config = vit::testing_models::small_config();
  vit::Settings settings = vit::trained_settings(config);
  settings.set_heads({4, 8, 4});
  settings.qkv_bias = false;
  settings.training = true;
  settings.attn_drop = 0.25f;
  settings.seed = 9;
  EXPECT_EQ(vit::settings_words(settings, config),
            "heads per block 4 8 4 (trained with 4), qkv bias off (trained with it), training mode with attn_drop "
            "0.25, proj_drop 0, seed 9, fused kernel");
}

TEST(ExportCaptions, SourcesAreNamedWithoutTheirFolders) {
  EXPECT_EQ(short_source_name("/home/me/models/vit.safetensors"), "vit.safetensors");
  EXPECT_EQ(short_source_name("models/vit/"), "vit");
  EXPECT_EQ(short_source_name("random:C=24,L=2"), "random:C=24,L=2");
}

}  // namespace
}  // namespace headlight
