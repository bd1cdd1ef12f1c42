// What the Export sheet writes, and that the command it shows writes the same.
#include "app/export/sheet_preview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "app/cli/commands.h"
#include "app/export/view_export.h"
#include "app/files/png_file.h"
#include "app/session/view_file.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/network/forward.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;

constexpr const char* kModel = "random:C=48,L=3,h=4,P=8,S=32,K=5,seed=3";
constexpr const char* kOther = "random:C=24,L=2,h=3,P=16,S=48,K=3,seed=4";  // of fewer blocks

class SheetTest : public testing::Test {
 protected:
  SheetTest() {
    vit::Image picture;  // small, so that the many files of a test are made quickly
    picture.width = 60;
    picture.height = 40;
    for (int i = 0; i < 60 * 40; ++i)
      picture.rgb.insert(picture.rgb.end(), {static_cast<std::uint8_t>(i % 251), 80, static_cast<std::uint8_t>(i % 7)});
    folder_.write("photo.png", encode_png(picture, {}));
    wanted_.model = kModel;
    wanted_.image = photo_;
    wanted_.settings = vit::trained_settings(model_->config);
    wanted_.preprocessing = model_->preprocessing;
    wanted_.view.block = 1;
    wanted_.view.head = 2;
    wanted_.view.query = 7;
    const auto photo = std::make_shared<const vit::Image>(vit::load_image(photo_));
    const auto pixels =
        std::make_shared<const vit::Pixels>(vit::preprocess(*photo, model_->preprocessing, model_->config.patch_px));
    vit::Pool pool(1);
    vit::Meter meter;
    subject_.source = {.trace = vit::forward({model_, pixels, wanted_.settings}, meter, pool),
                       .photo = photo,
                       .model = kModel,
                       .image = "photo.png",
                       .files = mark_files(wanted_)};
    subject_.map.blocks = {1};
    subject_.map.heads = {.mean = false, .max = false, .all_heads = false, .heads = {2}};
    subject_.map.query = 7;
  }

  /// Side B: another network on the same photo.
  void compare_with(const char* model) {
    const auto other = vit::load_model(model);
    const auto pixels = std::make_shared<const vit::Pixels>(
        vit::preprocess(*subject_.source.photo, other->preprocessing, other->config.patch_px));
    vit::Pool pool(1);
    vit::Meter meter;
    subject_.source.other = {.trace = vit::forward({other, pixels, vit::trained_settings(other->config)}, meter, pool),
                             .photo = subject_.source.photo,
                             .model = model,
                             .image = "photo.png"};
  }

  int run(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv = {"headlight"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run_command_line(static_cast<int>(argv.size()), argv.data());
    testing::internal::GetCapturedStdout();
    errors_ = testing::internal::GetCapturedStderr();
    return code;
  }

  TempFolder folder_;
  const std::string photo_ = (folder_.path() / "photo.png").string();
  std::shared_ptr<const vit::Model> model_ = vit::load_model(kModel);
  Wanted wanted_;
  SheetSubject subject_;
  Sheet sheet_;
  std::string errors_;
};

TEST_F(SheetTest, TheCommandThatItShowsWritesTheSameBytes) {
  int number = 0;
  for (const auto& shows : choices(SheetShows{}))
    for (const auto& kind : choices(FileKind{}))
      for (const bool plain : {true, false}) {
        if (shows.value == SheetShows::cost) continue;    // whose times are measured
        if (shows.value == SheetShows::curves) continue;  // which the heads have none of
        if (kind.value == FileKind::json) continue;       // masks alone
        sheet_ = {.shows = shows.value, .over_photo = !plain, .kind = kind.value};
        sheet_.style.width = {.unit = FigureWidth::Unit::px, .amount = 240, .dpi = 96};
        if (!plain) {
          sheet_.style.whole_photo = true;
          sheet_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 60, .dpi = 100};
          sheet_.style.bar = false;
          sheet_.style.ground = Ground::dark;
          sheet_.style.columns = 2;
        }
        const std::string file = (folder_.path() / (std::to_string(++number) + "." + vit::id_of(kind.value))).string();
        const auto arguments = arguments_of(sheet_, wanted_, *model_, file);
        ASSERT_EQ(run(arguments), 0) << errors_ << shell_line(arguments);
        EXPECT_EQ(testing_files::file_bytes(file) == bytes_of(sheet_, subject_), true) << shell_line(arguments);
      }
}

TEST_F(SheetTest, OfAComparisonTheCommandWritesTheSameBytes) {
  compare_with(kOther);
  wanted_.other.model = kOther;
  wanted_.view.page = "difference";
  subject_.source.files = mark_files(wanted_);
  subject_.map.analysis = vit::analysis_by_id("difference");
  int number = 0;
  for (const SheetShows shows : {SheetShows::map, SheetShows::overlay, SheetShows::heads})
    for (const FileKind kind : {FileKind::png, FileKind::svg, FileKind::npy, FileKind::csv}) {
      sheet_ = {.shows = shows, .kind = kind};
      sheet_.style.width = {.unit = FigureWidth::Unit::px, .amount = 240, .dpi = 96};
      const std::string file = (folder_.path() / (std::to_string(++number) + "." + vit::id_of(kind))).string();
      const auto arguments = arguments_of(sheet_, wanted_, *model_, file);
      ASSERT_EQ(run(arguments), 0) << errors_ << shell_line(arguments);
      EXPECT_EQ(testing_files::file_bytes(file) == bytes_of(sheet_, subject_), true) << shell_line(arguments);
    }
}

TEST_F(SheetTest, OfAComparisonTheBlockOfSideBAndBothEndsAreNamed) {
  compare_with(kOther);
  ExportRequest request = subject_.map;
  request.analysis = vit::analysis_by_id("difference");
  request.style.width = {.unit = FigureWidth::Unit::mm, .amount = 250, .dpi = 36};
  const auto figure = [&](std::vector<int> blocks, vit::RangeRule rule) {
    request.blocks = std::move(blocks);
    request.style.look.range_rule = rule;
    return figure_bytes(subject_.source, request, FileKind::svg);
  };
  EXPECT_THAT(figure({2}, vit::RangeRule::shared), HasSubstr(", block 2 (B: block 1), head 2: attention of A − B "));
  const std::string all = figure({0, 1, 2}, vit::RangeRule::shared);
  EXPECT_THAT(all, HasSubstr(">block 1, ±0."));
  EXPECT_THAT(all, HasSubstr(">block 2 (B: block 1), ±0."));
  EXPECT_THAT(all, HasSubstr(">− number<"));
  EXPECT_THAT(figure({0, 1}, vit::RangeRule::per_head), HasSubstr(">− largest size<"));
  request.values["block_b"] = 0;
  EXPECT_THAT(figure({0, 1}, vit::RangeRule::all), HasSubstr(">block 1 (B: block 0)<"));
}

TEST_F(SheetTest, AFileForEachMapIsWhatTheCommandWritesIntoItsFolder) {
  for (const FileKind kind : {FileKind::png, FileKind::npy})
    for (const bool over : {false, true}) {
      sheet_ = {.shows = SheetShows::heads, .over_photo = over, .separate = true, .kind = kind};
      const auto theirs = folder_.path() / "theirs" / vit::id_of(kind),
                 mine = folder_.path() / "mine" / vit::id_of(kind);
      ASSERT_EQ(run(arguments_of(sheet_, wanted_, *model_, theirs.string())), 0) << errors_;
      write_sheet(sheet_, subject_, mine);
      int files = 0;
      for (const auto& entry : std::filesystem::directory_iterator(mine)) {
        ++files;
        EXPECT_EQ(testing_files::file_bytes(entry.path().string()),
                  testing_files::file_bytes((theirs / entry.path().filename()).string()))
            << entry.path();
      }
      EXPECT_GE(files, 6) << "mean, maximum and four heads";
    }
}

TEST_F(SheetTest, TheCommandForCurvesWritesTheSameBytes) {
  int number = 0;
  for (const char* analysis : {"lens", "statistics"})
    for (const FileKind kind : {FileKind::png, FileKind::pdf, FileKind::svg, FileKind::csv}) {
      wanted_.view.page = analysis;
      subject_.map.analysis = vit::analysis_by_id(analysis);
      sheet_ = {.shows = SheetShows::curves, .kind = kind};
      sheet_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 85, .dpi = 100};
      const std::string file =
          (folder_.path() / ("curves" + std::to_string(++number) + "." + vit::id_of(kind))).string();
      const auto arguments = arguments_of(sheet_, wanted_, *model_, file);
      ASSERT_EQ(run(arguments), 0) << errors_ << shell_line(arguments);
      EXPECT_EQ(testing_files::file_bytes(file) == bytes_of(sheet_, subject_), true) << shell_line(arguments);
      EXPECT_EQ(file_name_of(sheet_, subject_), std::string("photo__random-C-48-L-3-h-4-P-8-S-32-K-5-seed-3__") +
                                                    analysis + "_curves." + vit::id_of(kind));
    }
  sheet_.kind = FileKind::npy;
  EXPECT_THROW(bytes_of(sheet_, subject_), vit::Error);
}

TEST_F(SheetTest, CurvesAreOfferedWhereAnAnalysisHasThem) {
  const auto offered = [](const char* id) {
    const auto possible = possible_shows(*vit::analysis_by_id(id));
    return std::any_of(possible.begin(), possible.end(),
                       [](const auto& choice) { return choice.value == SheetShows::curves; });
  };
  EXPECT_TRUE(offered("lens"));
  EXPECT_TRUE(offered("statistics"));
  EXPECT_FALSE(offered("heads"));
  sheet_ = {.shows = SheetShows::curves, .kind = FileKind::csv};
  EXPECT_THAT([&] { bytes_of(sheet_, subject_); },
              testing::ThrowsMessage<vit::Error>(HasSubstr("heads has no curves over the blocks")));
}

TEST(SheetChoices, AreWhatTheAnalysisCanWrite) {
  const vit::Analysis &matrix = *vit::analysis_by_id("matrix"), &mask = *vit::analysis_by_id("mask");
  for (const auto& choice : possible_shows(matrix)) EXPECT_NE(choice.value, SheetShows::overlay);
  const Sheet chosen{.shows = SheetShows::overlay, .kind = FileKind::json};
  const Sheet of_matrix = possible_sheet(chosen, matrix);
  EXPECT_EQ(of_matrix.shows, SheetShows::map);
  EXPECT_EQ(of_matrix.kind, FileKind::csv);
  EXPECT_FALSE(of_matrix.has_overlay()) << "there is no photo to show the whole of";
  EXPECT_EQ(possible_sheet(chosen, mask), chosen);
  EXPECT_EQ(possible_sheet({.shows = SheetShows::curves}, mask).shows, SheetShows::overlay);
  EXPECT_EQ(possible_sheet({.shows = SheetShows::cost, .kind = FileKind::npy}, mask).kind, FileKind::csv);
}

TEST_F(SheetTest, EveryChoiceThatIsOfferedCanBeWritten) {
  for (const vit::Analysis* analysis : vit::analyses()) {
    if (analysis->compares || !analysis->refusal(*subject_.source.trace).empty()) continue;
    subject_.map.analysis = analysis;
    for (const auto& shows : possible_shows(*analysis))
      for (const auto& kind : possible_kinds(shows.value, *analysis)) {
        if (kind.value == FileKind::pdf || kind.value == FileKind::svg) continue;  // as PNG
        EXPECT_NO_THROW(bytes_of({.shows = shows.value, .kind = kind.value}, subject_))
            << analysis->id << ", " << shows.id << ", " << kind.id;
      }
  }
}

TEST_F(SheetTest, ACostTableThatDoesNotFitNamesTheWidthThatDoes) {
  sheet_ = {.shows = SheetShows::cost, .kind = FileKind::svg};
  sheet_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 30};
  std::string words;
  try {
    bytes_of(sheet_, subject_);
  } catch (const vit::Error& error) {
    words = error.what();
  }
  ASSERT_THAT(words, HasSubstr("30mm is too narrow for the cost table; choose at least "));
  const std::size_t at = words.find("at least ") + 9;
  sheet_.style.width = parse_width(words.substr(at, words.size() - at - 1), sheet_.style.width);
  EXPECT_THAT(bytes_of(sheet_, subject_), HasSubstr("waiting / other</text>"));
  EXPECT_THAT(bytes_of(sheet_, subject_), testing::Not(HasSubstr(">0</text>"))) << "which has no formula";
  sheet_.style.width.amount -= 1;
  EXPECT_THROW(bytes_of(sheet_, subject_), vit::Error);
}

TEST_F(SheetTest, TheCostTableOfTheCommandHasTheSameRows) {
  sheet_.shows = SheetShows::cost;
  wanted_.view.cost_of_model = true;
  sheet_.kind = FileKind::svg;
  const std::string file = (folder_.path() / "cost.svg").string();
  auto arguments = arguments_of(sheet_, wanted_, *model_, file);
  arguments.insert(arguments.end(), {"--runs", "0"});
  ASSERT_EQ(run(arguments), 0) << errors_;
  EXPECT_EQ(testing_files::file_bytes(file), bytes_of(sheet_, subject_));
  for (const char* words : {">softmax", ">qkv", ">operator<"})
    EXPECT_THAT(testing_files::file_bytes(file), HasSubstr(words));
  sheet_.kind = FileKind::npy;
  EXPECT_THROW(bytes_of(sheet_, subject_), vit::Error);
}

TEST_F(SheetTest, APicturesViewOpensAsItWas) {
  const std::string file = folder_.write("map.png", bytes_of(sheet_, subject_)).string();
  const auto view = find_view(file);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->wanted.view.block, 1);
  EXPECT_EQ(view->wanted.view.head, 2);
  EXPECT_EQ(view->wanted.view.query, 7);
  EXPECT_EQ(view->wanted.image, photo_);
}

TEST_F(SheetTest, ThePreviewFitsItsRoomAndTellsTheSizeOfTheFigure) {
  sheet_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 85, .dpi = 300};
  const SheetPreview preview = sheet_preview(sheet_, subject_, 400, 300);
  EXPECT_EQ(preview.failure, "");
  EXPECT_LE(preview.picture.width, 400);
  EXPECT_LE(preview.picture.height, 300);
  EXPECT_TRUE(preview.picture.width >= 399 || preview.picture.height >= 299)
      << preview.picture.width << " × " << preview.picture.height;
  EXPECT_EQ(preview.width_px, std::lround(85 / 25.4 * 300));
  EXPECT_NEAR(preview.width_mm, 85, 1e-6);
  EXPECT_EQ(preview.file_name, "photo__random-C-48-L-3-h-4-P-8-S-32-K-5-seed-3__b01_h2_r1c2_over.png");
}

TEST_F(SheetTest, ASheetThatCannotBeWrittenSaysWhy) {
  sheet_.shows = SheetShows::overlay;
  subject_.source.photo = nullptr;
  EXPECT_THAT(sheet_preview(sheet_, subject_, 400, 300).failure, HasSubstr("There is no photo"));
}

TEST_F(SheetTest, FilesOfNumbersShowHowTheyBegin) {
  sheet_ = {.shows = SheetShows::grid, .kind = FileKind::csv};
  EXPECT_THAT(sheet_preview(sheet_, subject_, 400, 300).text, HasSubstr("block,map,row,column,value\n0,0,0,0,"));
  sheet_.kind = FileKind::npy;
  EXPECT_THAT(sheet_preview(sheet_, subject_, 400, 300).text, HasSubstr("4 rows × 4 columns"));
}

}  // namespace
}  // namespace headlight
