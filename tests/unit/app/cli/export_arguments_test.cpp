#include "app/cli/export_arguments.h"

#include <gtest/gtest.h>

#include "app/cli/common.h"

namespace headlight {
namespace {

const vit::TokenGrid kGrid{.prefix = 2, .rows = 3, .cols = 4};

TEST(ExportArguments, BlocksAreAListWithSpans) {
  EXPECT_EQ(parse_blocks("all", 3), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(parse_blocks("2", 3), (std::vector<int>{2}));
  EXPECT_EQ(parse_blocks("5-7,0,6", 12), (std::vector<int>{0, 5, 6, 7}));
  for (const char* text : {"", "x", "1,", "3-1", "-1", "1-", "3", "99999999999"})
    EXPECT_THROW(parse_blocks(text, 3), UsageError) << text;
}

TEST(ExportArguments, HeadsAreNamesAndNumbers) {
  EXPECT_EQ(parse_heads("all"), (HeadSelection{.mean = true, .max = true, .all_heads = true, .heads = {}}));
  EXPECT_EQ(parse_heads("mean"), (HeadSelection{.mean = true, .max = false, .all_heads = false, .heads = {}}));
  EXPECT_EQ(parse_heads("max,4,0-1"),
            (HeadSelection{.mean = false, .max = true, .all_heads = false, .heads = {0, 1, 4}}));
  for (const char* text : {"", "median", "1.5", "mean,"}) EXPECT_THROW(parse_heads(text), UsageError) << text;
}

TEST(ExportArguments, AHeadThatABlockDoesNotHaveIsNamed) {
  vit::Settings settings;
  settings.blocks = {{.heads = 4, .off = {}}, {.heads = 2, .off = {}}};
  const auto missing = [&](const char* heads, std::vector<int> blocks) {
    ExportRequest request;
    request.blocks = std::move(blocks);
    request.heads = parse_heads(heads);
    return missing_head(request, settings);
  };
  EXPECT_EQ(missing("mean,3", {0}), "");
  EXPECT_EQ(missing("all", {0, 1}), "");
  EXPECT_EQ(missing("3", {0, 1}), "There is no head 3 in block 1; it has heads 0 to 1.");
}

TEST(ExportArguments, AQueryIsATokenOrAPatch) {
  vit::ModelConfig config;
  EXPECT_EQ(parse_query("", kGrid, config), 0);
  EXPECT_EQ(parse_query("cls", kGrid, config), 0);
  EXPECT_EQ(parse_query("token:1", kGrid, config), 1);
  EXPECT_EQ(parse_query("2,3", kGrid, config), 2 + 2 * 4 + 3);
  for (const char* text : {"3,0", "0,4", "-1,0", "1", "1,2,3", "token:14", "token:", "class"})
    EXPECT_THROW(parse_query(text, kGrid, config), UsageError) << text;
  config.class_token = false;
  EXPECT_EQ(parse_query("", kGrid, config), kGrid.token_of(1, 2));
  EXPECT_THROW(parse_query("cls", kGrid, config), UsageError);
}

TEST(ExportArguments, ARangeIsARuleOrTwoNumbers) {
  ExportStyle style;
  parse_range("head", style);
  EXPECT_EQ(style.look.range_rule, vit::RangeRule::per_head);
  parse_range("0,0.05", style);
  EXPECT_EQ(style.look.range_rule, vit::RangeRule::fixed);
  EXPECT_EQ(style.look.fixed_range, (vit::Range{0.f, 0.05f}));
  parse_range("shared", style);
  EXPECT_EQ(style.look.range_rule, vit::RangeRule::shared);
  parse_range("block", style);
  EXPECT_EQ(style.look.range_rule, vit::RangeRule::shared);
  parse_range("map", style);
  EXPECT_EQ(style.look.range_rule, vit::RangeRule::per_head);
  parse_range("all", style);
  EXPECT_EQ(style.look.range_rule, vit::RangeRule::all);
  for (const char* text : {"", "fixed", "1", "1,0", "0,nan", "0,1,2"})
    EXPECT_THROW(parse_range(text, style), UsageError) << text;
}

TEST(ExportArguments, FormatsAreAList) {
  EXPECT_EQ(parse_formats("csv,npy,pdf"), (std::set{FileKind::pdf, FileKind::npy, FileKind::csv}));
  for (const char* text : {"", "jpg", "png,"}) EXPECT_THROW(parse_formats(text), UsageError) << text;
}

TEST(ExportArguments, ParametersAreThoseOfTheAnalysis) {
  EXPECT_TRUE(parse_values({}, *vit::analysis_by_id("heads")).empty());
  EXPECT_THROW(parse_values({"discard=0.5"}, *vit::analysis_by_id("heads")), UsageError);
  EXPECT_THROW(parse_values({"discard"}, *vit::analysis_by_id("heads")), UsageError);
  const vit::Analysis& rollout = *vit::analysis_by_id("rollout");
  EXPECT_EQ(parse_values({"discard=0.5"}, rollout), (std::map<std::string, double>{{"discard", 0.5}}));
  for (const char* text :
       {"discard=1.5", "discard=-0.1", "discard=nan", "fusion=sum", "start=0.5", "start=inf", "start=-1"})
    EXPECT_THROW(parse_values({text}, rollout), UsageError) << text;
}

}  // namespace
}  // namespace headlight
