// What figures show and say, and where their words stand.
#include "app/export/figure.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <tuple>

#include "app/export/figure_layout.h"
#include "tests/unit/app/export/export_fixture.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FigureTest : public ExportTest {};

TEST_F(FigureTest, AFigureIsAsWideOnPaperAsItIsAsked) {
  request_.heads = {.mean = false, .max = false, .all_heads = false, .heads = {2}};
  for (const double mm : {30.0, 85.0})
    for (const double dpi : {72.0, 150.0}) {
      request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = mm, .dpi = dpi};
      const std::string png = figure_bytes(source_, request_, FileKind::png);
      const vit::Image figure = vit::decode_image(std::as_bytes(std::span(png)), "");
      EXPECT_EQ(figure.width, std::lround(mm / 25.4 * dpi)) << mm << " mm at " << dpi << " dpi";
      EXPECT_THAT(png, HasSubstr("pHYs"));
      EXPECT_THAT(figure_bytes(source_, request_, FileKind::svg),
                  HasSubstr("width=\"" + std::to_string(int(mm)) + "mm\""));
    }
  request_.style.width = {.unit = FigureWidth::Unit::px, .amount = 640};
  const std::string png = figure_bytes(source_, request_, FileKind::png);
  EXPECT_EQ(vit::decode_image(std::as_bytes(std::span(png)), "").width, 640);
  EXPECT_THAT(png, Not(HasSubstr("pHYs")));
}

TEST_F(FigureTest, AWidthThatLeavesNoRoomIsRefusedWithWhatToDo) {
  request_.blocks = {0, 1, 2};
  request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 20};
  try {
    figure_bytes(source_, request_, FileKind::png);
    FAIL();
  } catch (const vit::Error& error) {
    EXPECT_THAT(error.what(), testing::MatchesRegex("20mm leaves .* no room; choose at least [0-9]+mm, or fewer "
                                                    "columns."));
  }
}

TEST_F(FigureTest, TheWidthThatARefusalNamesIsTheLeastThatIsPossible) {
  request_.heads = {.mean = false, .max = false, .all_heads = false, .heads = {2}};
  request_.style.look.fixed_range = {-0.1234f, 0.1234f};
  const auto refused = [&](const FigureWidth& width) -> std::string {
    request_.style.width = width;
    try {
      figure_bytes(source_, request_, FileKind::svg);
    } catch (const vit::Error& error) {
      return error.what();
    }
    return "";
  };
  for (const FigureWidth::Unit unit : {FigureWidth::Unit::mm, FigureWidth::Unit::px}) {
    const bool mm = unit == FigureWidth::Unit::mm;
    const std::string words = refused({.unit = unit, .amount = mm ? 10.0 : 30.0});
    const std::size_t at = words.find("at least ");
    ASSERT_NE(at, std::string::npos) << words;
    const FigureWidth least = parse_width(words.substr(at + 9, words.size() - at - 10), {});
    EXPECT_EQ(refused(least), "");
    EXPECT_NE(refused({.unit = unit, .amount = least.amount - (mm ? 1 : 10)}), "") << words;
  }
}

TEST_F(FigureTest, LettersAreNeverCut) {
  source_.model = "a-network-whose-name-is-one-word-and-longer-than-any-column-of-a-paper-is-wide.safetensors";
  request_.heads = {.mean = false, .max = false, .all_heads = false, .heads = {2}};
  request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 40};
  const std::string figure = figure_bytes(source_, request_, FileKind::svg);
  EXPECT_THAT(figure, Not(HasSubstr("…")));
  EXPECT_THAT(figure, HasSubstr("safetensors,"));
  EXPECT_THAT(figure, Not(HasSubstr(source_.model + ","))) << "in one line";
}

TEST_F(FigureTest, APlaceAndAPercentageStayInOneLine) {
  request_.analysis = vit::analysis_by_id("mask");
  request_.heads = {.mean = false, .max = false, .all_heads = false, .heads = {2}};
  request_.query = source_.trace->grid.token_of(3, 4);
  for (double mm = 30; mm < 60; ++mm) {
    request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = mm};
    const std::string figure = figure_bytes(source_, request_, FileKind::svg);
    EXPECT_THAT(figure, HasSubstr("(3, 4)")) << mm << " mm";
    EXPECT_THAT(figure, HasSubstr("60 %")) << mm << " mm";
  }
}

TEST_F(FigureTest, AFigureOnPaperStaysOnAPageUnlessItsColumnsAreAskedFor) {
  const auto height_mm = [&] { return drawing_of(source_, request_).height / 72 * 25.4; };
  request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 180};
  request_.blocks = {0, 1, 2};
  request_.heads = {.mean = false, .max = false, .all_heads = false, .heads = {2}};
  EXPECT_LE(height_mm(), 247) << "blocks stand side by side";
  const std::string beside = figure_bytes(source_, request_, FileKind::svg);
  for (const char* name : {">block 0", ">block 1", ">block 2"}) EXPECT_THAT(beside, HasSubstr(name));
  request_.style.columns = 1;
  EXPECT_GT(height_mm(), 3 * 150) << "one below the other";
  request_.style.columns = 3;
  EXPECT_LE(height_mm(), 90);
}

TEST_F(FigureTest, AsManyTilesStandInARowAsAreAskedFor) {
  const auto shape = [&](int columns) {
    request_.style.columns = columns;
    const Drawing drawing = drawing_of(source_, request_);
    return drawing.height / drawing.width;
  };
  request_.style.width = {.unit = FigureWidth::Unit::px, .amount = 1200, .dpi = 36};
  request_.style.caption = false;
  EXPECT_GT(shape(1), 5) << "mean, maximum and four heads in a column";
  EXPECT_LT(shape(7), 0.4) << "and in a row, behind the input";
  EXPECT_EQ(shape(100), shape(7)) << "there are no more";
  request_.blocks = {0, 1, 2};
  request_.heads = {.mean = false, .max = false, .all_heads = true, .heads = {}};
  EXPECT_EQ(shape(0), shape(4)) << "a row for each block";
  EXPECT_EQ(shape(7), shape(4)) << "a block stays together";
  EXPECT_LT(shape(8), 0.7 * shape(4)) << "two blocks side by side";
  EXPECT_GT(shape(2), 2 * shape(4)) << "a block in two rows";
  const std::string figure = figure_bytes(source_, request_, FileKind::svg);
  for (const char* name : {">head 0<", ">head 3<", ">block 2"}) EXPECT_THAT(figure, HasSubstr(name));
}

TEST_F(FigureTest, AFigureSaysWhatItShowsAndWhatItsColoursCount) {
  struct Case {
    const char *analysis, *title, *quantity;
  };
  const auto words = [&](const Case& one) {
    request_.analysis = vit::analysis_by_id(one.analysis);
    request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 250, .dpi = 36};  // so that all stands in one line
    request_.style.look.range_rule = vit::RangeRule::shared;
    request_.heads = {.mean = false, .max = false, .all_heads = false, .heads = {2}};
    return figure_bytes(source_, request_, FileKind::svg);
  };
  for (const Case& one :
       {Case{"heads", ": attention from the class token", ">attention probability; the mark is the even share, 1/26"},
        Case{"matrix", ": attention of all tokens (queries) to all tokens (keys)",
             ">log10 of the attention probability<"},
        Case{"statistics", ": spread of the attention, each patch as the query", ">spread, tokens<"},
        Case{"rollout", ": attention rollout from the class token through blocks 0 to 1", ">share of the rollout"},
        Case{"ablation", ": how far each patch's features turn without the head", ">1 − cosine of the features"},
        Case{"lens", ", the most probable, read from each patch", ">logit<"},
        Case{"mask", ": the patches that hold 60 % of the attention from the class token", " of 25<"}}) {
    const std::string figure = words(one);
    EXPECT_THAT(figure, HasSubstr(one.title)) << one.analysis;
    EXPECT_THAT(figure, HasSubstr(one.quantity)) << one.analysis;
  }
  request_.query = source_.trace->grid.token_of(3, 4);
  const std::string gradcam = words({"gradcam", "", ""});
  EXPECT_THAT(gradcam, HasSubstr(": Grad-CAM for class "));
  EXPECT_THAT(gradcam, Not(HasSubstr("from the patch"))) << "the query does nothing to it";
}

TEST_F(FigureTest, TheEvenShareIsNamedWhereItIsMarkedAndTheEndsOfABlocksScaleStandAtItsName) {
  request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 250, .dpi = 36};
  request_.blocks = {0, 1};
  request_.heads = {.mean = false, .max = false, .all_heads = true, .heads = {}};
  const auto figure = [&](vit::RangeRule rule) {
    request_.style.look.range_rule = rule;
    return figure_bytes(source_, request_, FileKind::svg);
  };
  const std::string by_block = figure(vit::RangeRule::shared);
  EXPECT_THAT(by_block, HasSubstr(">attention probability<"));
  EXPECT_THAT(by_block, HasSubstr(">block 0, to 0."));
  EXPECT_THAT(by_block, HasSubstr(">number at left<"));
  EXPECT_THAT(figure(vit::RangeRule::per_head), HasSubstr(">attention probability<"));
  EXPECT_THAT(figure(vit::RangeRule::all), HasSubstr(">attention probability; the mark is the even share, 1/26<"));
  request_.style.look.fixed_range = {0.5f, 1};
  EXPECT_THAT(figure(vit::RangeRule::fixed), HasSubstr(">attention probability<")) << "1/26 is not on it";
}

/// The least width into which a text goes uncut.
double width_of(const std::string& text, const Letters& letters) {
  static std::map<std::tuple<std::string, double, Weight>, double> known;
  const auto [at, is_new] = known.try_emplace({text, letters.size, letters.weight}, 0);
  double high = is_new ? 10000 : at->second;
  for (double low = 0; is_new && high - low > 1e-3;) {
    const double middle = (low + high) / 2;
    (cut_line(text, letters.size, letters.weight, middle) == text ? high : low) = middle;
  }
  return at->second = high;
}

/// Where the words of a figure stand.
class WordsOnPaper : public Paper {
 public:
  struct Words {
    std::string text;
    double from, to, baseline;
  };
  void fill(const Rect&, Color) override {}
  void frame(const Rect&, Color, double) override {}
  void line(const std::vector<std::pair<double, double>>&, Color, double) override {}
  void picture(const Rect&, int, int, const Render&) override {}
  void text(double x, double baseline, std::string_view text, const Letters& letters) override {
    if (text.empty()) return;
    const double width = width_of(std::string(text), letters);
    const double from = x - (letters.align == Align::left ? 0 : letters.align == Align::right ? width : width / 2);
    all.push_back({std::string(text), from, from + width, baseline});
  }
  std::vector<Words> all;
};

TEST_F(FigureTest, NoWordOfAFigureStandsOnAnotherOrBeyondItsEdge) {
  int figures = 0, refused = 0;
  const auto look_at = [&](const std::string& what) {
    WordsOnPaper paper;
    Drawing drawing;
    try {
      drawing = drawing_of(source_, request_);
    } catch (const vit::Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("no room"));
      ++refused;
      return;
    }
    drawing.draw(paper);
    for (std::size_t i = 0; i < paper.all.size(); ++i) {
      const WordsOnPaper::Words& one = paper.all[i];
      EXPECT_LE(one.to, drawing.width + 0.01) << what << ": " << one.text;
      EXPECT_GE(one.from, -0.01) << what << ": " << one.text;
      for (std::size_t j = 0; j < i; ++j) {
        const WordsOnPaper::Words& other = paper.all[j];
        const bool apart = one.from >= other.to || other.from >= one.to || one.baseline != other.baseline;
        EXPECT_TRUE(apart) << what << ": " << one.text << " on " << other.text;
      }
    }
    EXPECT_LT(drawing.height / drawing.width, 12) << what << ": a title in a column of letters";
    ++figures;
  };
  for (const vit::RangeRule rule : {vit::RangeRule::shared, vit::RangeRule::per_head, vit::RangeRule::all})
    for (const std::vector<int>& blocks : {std::vector{1}, {0, 1}, {0, 1, 2}})
      for (const char* heads : {"all", "0"})
        for (const int columns : {0, 2, 3, 8}) {
          request_.style.look.range_rule = rule;
          request_.blocks = blocks;
          request_.heads = {.mean = false, .max = false, .all_heads = heads == std::string("all"), .heads = {0}};
          request_.style.columns = columns;
          const std::string what = fmt::format("rule {}, {} blocks, heads {}, {} columns", static_cast<int>(rule),
                                               blocks.size(), heads, columns);
          for (const int size : {8, 48}) {
            request_.style.size_px = size;
            request_.style.width = {};
            look_at(fmt::format("{}, {} px a tile", what, size));
          }
          for (const double mm : {30, 60, 85, 180}) {
            request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = mm, .dpi = 36};
            look_at(fmt::format("{}, {} mm", what, mm));
          }
        }
  EXPECT_GT(figures, 250);
  EXPECT_GT(refused, 0) << "three columns of names on 30 mm";
}

TEST_F(FigureTest, OneComponentIsNoColour) {
  request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 250, .dpi = 36};
  request_.analysis = vit::analysis_by_id("components");
  request_.blocks = {0, 1};
  request_.heads = {};
  EXPECT_THAT(figure_bytes(source_, request_, FileKind::svg), HasSubstr(">Red, green and blue: "));
  request_.values["show"] = 1;
  const std::string one = figure_bytes(source_, request_, FileKind::svg);
  EXPECT_THAT(one, HasSubstr(">Black to white: the patch's score on component 1<"));
  EXPECT_THAT(one, Not(HasSubstr("green")));
}

TEST_F(FigureTest, CurvesThatDoNotFitAreRefusedWithTheWidthThatDoes) {
  request_.analysis = vit::analysis_by_id("lens");
  request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 20};
  EXPECT_THAT([&] { curves_bytes(source_, request_, FileKind::svg); },
              testing::ThrowsMessage<vit::Error>(HasSubstr("20mm leaves the curves no room; choose at least ")));
  request_.style.width.amount = 85;
  EXPECT_THAT(curves_bytes(source_, request_, FileKind::svg), HasSubstr(">probability<"));
}

TEST_F(FigureTest, TheEffectOfEveryHeadIsDrawnOverTheBlocks) {
  request_.analysis = vit::analysis_by_id("ablation");
  request_.style.width = {.unit = FigureWidth::Unit::mm, .amount = 180};
  const std::string plot = curves_bytes(source_, request_, FileKind::svg);
  for (const char* words : {">change of the logit<", ": change of the logit of ", ">mean of the heads", ">each head"})
    EXPECT_THAT(plot, HasSubstr(words));
  const auto set = request_.analysis->answer(source_.trace, {.analysis = "ablation"}, {});
  const std::string table = curves_bytes(source_, request_, FileKind::csv);
  EXPECT_THAT(table, HasSubstr(fmt::format(",{:.9g},", set->table->at(1, 1)))) << "head 1 of block 0";
  request_.values["by"] = 1;
  EXPECT_THAT(curves_bytes(source_, request_, FileKind::svg), HasSubstr(">1 − cosine of the features<"));
}

TEST(FigureNumbers, HaveThreeDigitsAndNoExponentOfAProgram) {
  EXPECT_EQ(figure_number(0.0391f, 0), "0.0391");
  EXPECT_EQ(figure_number(-0.25f, 0), "−0.25");
  EXPECT_EQ(figure_number(1234.f, 0), "1234");
  EXPECT_EQ(figure_number(8.88e-5f, 0), "8.88·10⁻⁵");
  EXPECT_EQ(figure_number(8.88e-5f, 0.05f), "≈ 0");
  EXPECT_EQ(figure_number(0.f, 0.05f), "0");
}

TEST(FigureWidths, AreReadWithTheirUnits) {
  const FigureWidth usual{.unit = FigureWidth::Unit::natural, .amount = 0, .dpi = 600};
  EXPECT_EQ(parse_width("85mm", usual), (FigureWidth{FigureWidth::Unit::mm, 85, 600}));
  EXPECT_EQ(parse_width("8.5cm", usual), (FigureWidth{FigureWidth::Unit::mm, 85, 600}));
  EXPECT_NEAR(parse_width("3.35in", usual).amount, 85.09, 1e-9);
  EXPECT_EQ(parse_width("1200px", usual), (FigureWidth{FigureWidth::Unit::px, 1200, 600}));
  EXPECT_EQ(parse_width("1200", usual), (FigureWidth{FigureWidth::Unit::px, 1200, 600}));
  for (const char* text : {"", "wide", "85 miles", "5mm", "-85mm", "0.5cm", "1e9px", "nanmm"})
    EXPECT_THROW(parse_width(text, usual), vit::Error) << text;
  EXPECT_TRUE(names_unit("85mm"));
  EXPECT_FALSE(names_unit("85"));
}

}  // namespace
}  // namespace headlight
