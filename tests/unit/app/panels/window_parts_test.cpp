// The parts of the window that need no screen: tiles, layout, folders, preferences, commands, UI map.
#include <GLFW/glfw3.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/files/folder_list.h"
#include "app/panels/color_bar.h"
#include "app/panels/depth_curve.h"
#include "app/panels/map_frame.h"
#include "app/panels/side_columns.h"
#include "app/panels/tile_grid.h"
#include "app/session/preferences.h"
#include "app/ui/command.h"
#include "app/ui/ui_map.h"

namespace headlight {
namespace {

std::filesystem::path fresh_folder(const char* name) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

TEST(TilePlan, AllTilesFitOrTheListScrolls) {
  for (const int count : {3, 8, 14, 26, 194, 770}) {
    const ImVec2 area{600, 400};
    const TilePlan plan = plan_tiles(area, count, 1.f, 20, 8, 76);
    const int rows = (count + plan.columns - 1) / plan.columns;
    EXPECT_LE(plan.columns * (plan.width + 8) - 8, 600) << count;
    if (!plan.scrolls)
      EXPECT_LE(rows * (plan.height + 28) - 8, 400) << count;
    else
      EXPECT_GE(plan.width, 76) << count;
  }
  EXPECT_TRUE(plan_tiles({600, 400}, 770, 1.f, 20, 8, 76).scrolls);
  EXPECT_FALSE(plan_tiles({600, 400}, 8, 1.f, 20, 8, 76).scrolls);
}

TEST(FrameLayout, PartsLieInsideThePageAndDoNotOverlap) {
  for (const float prefix : {0.f, 78.f, 228.f})
    for (const float share : {kLargePicture, kMediumPicture})
      for (const ImVec2 size : {ImVec2{388, 650}, ImVec2{440, 560}, ImVec2{508, 420}, ImVec2{613, 690},
                                ImVec2{926, 880}, ImVec2{1900, 1300}}) {
        SCOPED_TRACE(testing::Message() << size.x << "x" << size.y << ", prefix " << prefix << ", share " << share);
        const FrameLayout l = lay_out_frame({10, 20}, size, share, prefix, 1);
        EXPECT_GE(l.photo_from.y, l.strip_from.y + l.strip_size.y);
        EXPECT_GE(l.bar_from.y, l.photo_from.y + l.photo_size.y);
        EXPECT_GT(l.bar_size.x, l.photo_size.x * 0.25f);
        EXPECT_EQ(l.prefix_size.x > 60, prefix > 0);
        EXPECT_GE(l.prefix_from.x, l.bar_from.x + l.bar_size.x);
        EXPECT_LE(l.prefix_from.x + l.prefix_size.x, l.photo_from.x + l.photo_size.x + 20.5f);
        EXPECT_GE(l.words_from.y, l.bar_from.y + l.bar_size.y);
        EXPECT_LE(l.words_from.y + l.words_size.y, 20 + size.y + 0.5f);
        EXPECT_GE(l.navigator_from.x, l.photo_from.x + l.photo_size.x);
        EXPECT_LE(l.navigator_from.x + l.navigator_size.x, 10 + size.x + 0.5f);
        EXPECT_LE(l.navigator_from.y + l.navigator_size.y, 20 + size.y + 0.5f);
        EXPECT_GT(l.photo_size.y, 100);
      }
}

TEST(FrameLayout, ALargePictureHasThreeFifthsOfTheWidthOfAPageThatIsHighEnough) {
  for (const float width : {600.f, 926.f, 1500.f}) {
    const FrameLayout l = lay_out_frame({0, 0}, {width, width + 100}, kLargePicture, 78, 1);
    EXPECT_GE(l.photo_size.x, 0.6f * width);
    EXPECT_EQ(l.photo_size.x, l.photo_size.y);
  }
}

TEST(FrameLayout, InALowPageColourBarAndSentenceStandBesideThePicture) {
  for (const float share : {kLargePicture, kMediumPicture})
    for (const float prefix : {0.f, 78.f}) {
      const ImVec2 size{744, 390};
      const FrameLayout l = lay_out_frame({10, 20}, size, share, prefix, 1);
      SCOPED_TRACE(testing::Message() << "prefix " << prefix << ", share " << share);
      EXPECT_GT(l.photo_size.x, 200) << "above them it would be 116 px high";
      EXPECT_LE(l.photo_from.y + l.photo_size.y, 20 + size.y + 0.5f);
      EXPECT_GE(l.bar_from.x, l.photo_from.x + l.photo_size.x);
      EXPECT_GE(l.words_from.x, l.photo_from.x + l.photo_size.x);
      EXPECT_GE(l.words_from.y, l.bar_from.y + l.bar_size.y);
      EXPECT_LE(l.words_from.y + l.words_size.y, 20 + size.y + 0.5f);
      EXPECT_LE(l.prefix_from.x + l.prefix_size.x, l.navigator_from.x);
      EXPECT_GE(l.navigator_from.x, l.words_from.x + l.words_size.x);
      EXPECT_GE(l.navigator_size.x, 190);
      EXPECT_LE(l.navigator_from.x + l.navigator_size.x, 10 + size.x + 0.5f);
    }
}

TEST(FrameLayout, TheLargePictureStandsStillWhenTheNumberOfPrefixTokensChanges) {
  const FrameLayout none = lay_out_frame({0, 0}, {926, 880}, kLargePicture, 0, 1.5f);
  const FrameLayout many = lay_out_frame({0, 0}, {926, 880}, kLargePicture, 400, 1.5f);
  EXPECT_EQ(none.photo_size.x, many.photo_size.x);
  EXPECT_EQ(none.photo_from.y, many.photo_from.y);
  EXPECT_EQ(none.navigator_from.x, many.navigator_from.x);
}

TEST(SideColumns, ShrinkThenGoBeforeTheMapsDo) {
  using Widths = SideColumns::Widths;
  SideColumns columns;
  EXPECT_EQ(columns.update(1600), (Widths{264, 408}));
  EXPECT_EQ(columns.update(1280), (Widths{264, 375}));
  bool right = true, left = true;
  for (float width = 1280; width > 300; width -= 1) {
    const Widths now = columns.update(width);
    EXPECT_TRUE(width - now.left - now.right >= SideColumns::kLeast - 1 || (now == Widths{})) << width;
    EXPECT_TRUE(now.left == 0 || now.left >= 246) << width;
    EXPECT_TRUE(now.right == 0 || now.right >= 356) << width;
    EXPECT_GE(now.left > 0, now.right > 0) << "the right one goes first: " << width;
    EXPECT_LE(now.left > 0, left) << width;
    EXPECT_LE(now.right > 0, right) << width;
    left = now.left > 0, right = now.right > 0;
  }
  EXPECT_FALSE(left);
}

TEST(SideColumns, AColumnThatIsAskedForTakesTheOthersPlace) {
  using Side = SideColumns::Side;
  SideColumns columns;
  columns.update(1024);
  EXPECT_TRUE(columns.shown(Side::left));
  EXPECT_FALSE(columns.shown(Side::right));
  columns.toggle(Side::right);
  columns.update(1024);
  EXPECT_FALSE(columns.shown(Side::left));
  EXPECT_TRUE(columns.shown(Side::right));
  columns.toggle(Side::right);
  columns.update(1024);
  EXPECT_TRUE(columns.shown(Side::left));
  EXPECT_FALSE(columns.shown(Side::right));
  columns.toggle(Side::right);
  columns.update(533);
  EXPECT_TRUE(columns.shown(Side::right)) << "even where the maps have little room";
  columns.toggle(Side::left);
  columns.update(1600);
  EXPECT_TRUE(columns.shown(Side::left) && columns.shown(Side::right));
  columns.toggle(Side::left);
  EXPECT_EQ(columns.update(1600).left, 0);
  columns.toggle(Side::left);
  EXPECT_EQ(columns.update(1600).left, 264);
}

TEST(Histogram, EveryValueIsCountedOnceAndEndsHoldWhatLiesOutside) {
  const std::vector<float> values = {-1.f, 0.f, 0.24f, 0.26f, 0.99f, 1.f, 7.f};
  EXPECT_EQ(histogram(values, {0.f, 1.f}, 4), (std::vector<int>{3, 1, 0, 3}));
}

TEST(DepthCurve, TicksHaveNoZerosThatTellNothing) {
  EXPECT_EQ(tick_text("50.0 tokens"), "50 tokens");
  EXPECT_EQ(tick_text("100 tokens"), "100 tokens");
  EXPECT_EQ(tick_text("0.500"), "0.5");
  EXPECT_EQ(tick_text("1.20 px"), "1.2 px");
  EXPECT_EQ(tick_text("5.0 %"), "5 %");
}

TEST(FolderList, FoldersFirstThenMatchingFilesWithoutHiddenOnes) {
  const auto folder = fresh_folder("headlight_folder_list");
  std::filesystem::create_directory(folder / "zebra");
  for (const char* name : {"b.PNG", "a.png", "notes.txt", ".hidden.png", "猫.png"}) std::ofstream(folder / name) << "x";
  std::string error;
  std::vector<std::string> names;
  for (const FolderEntry& entry : list_folder(folder, {".png"}, error)) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"zebra", "a.png", "b.PNG", "猫.png"}));
  EXPECT_EQ(error, "");
  EXPECT_TRUE(list_folder(folder / "nowhere", {}, error).empty());
  EXPECT_NE(error, "");
}

TEST(FolderList, FilterTakesWordsInAnyOrder) {
  EXPECT_TRUE(matches("Vit-Base-Patch16.safetensors", "patch16 vit"));
  EXPECT_FALSE(matches("Vit-Base-Patch16.safetensors", "patch14"));
  EXPECT_TRUE(matches("猫.png", "猫"));
}

TEST(Preferences, SurviveARoundTripAndDamage) {
  const auto file = fresh_folder("headlight_preferences") / "sub" / "window.json";
  Preferences p;
  p.dark = false;
  p.width = 1234;
  p.look.colormap = vit::Colormap::turbo;
  p.look.smooth = true;
  p.look.range_rule = vit::RangeRule::fixed;
  p.look.fixed_range = {0.25f, 0.5f};
  for (int i = 0; i < 12; ++i) remember(p.recent_images, "/photos/" + std::to_string(i));
  remember(p.recent_images, "/photos/7");
  save_preferences(p, file);
  const Preferences q = load_preferences(file);
  EXPECT_EQ(q.dark, false);
  EXPECT_EQ(q.width, 1234);
  EXPECT_EQ(q.look.colormap, vit::Colormap::turbo);
  EXPECT_EQ(q.look, p.look);
  ASSERT_EQ(q.recent_images.size(), Preferences::kRecent);
  EXPECT_EQ(q.recent_images[0], "/photos/7");
  EXPECT_EQ(q.recent_images[1], "/photos/11");
  std::ofstream(file) << R"({"width": "wide", "dark": 3, "opacity": 9, )";
  EXPECT_EQ(load_preferences(file).width, Preferences().width);
  std::ofstream(file) << R"({"width": "wide", "opacity": 9})";
  EXPECT_EQ(load_preferences(file).width, Preferences().width);
  EXPECT_EQ(load_preferences(file).look.opacity, 1.f);
  std::ofstream(file) << R"({"width": 163918446744073709551616, "height": 4294968196})";
  EXPECT_EQ(load_preferences(file).width, Preferences().width);
  EXPECT_EQ(load_preferences(file).height, Preferences().height);
}

TEST(CommandTable, KeysRunEnabledCommandsOnly) {
  CommandTable table;
  int ran = 0;
  bool enabled = true;
  table.add({.id = "a",
             .menu = "File",
             .name = "A…",
             .keys = {{GLFW_KEY_S, kControl}},
             .tooltip = "Does a.",
             .run = [&] { ++ran; },
             .enabled = [&] { return enabled; },
             .reason = [] { return "There is no a."; }});
  EXPECT_FALSE(table.press({GLFW_KEY_S, kNoModifier}));
  EXPECT_TRUE(table.press({GLFW_KEY_S, kControl}));
  EXPECT_EQ(table.refusal({GLFW_KEY_S, kControl}), "");
  enabled = false;
  EXPECT_FALSE(table.press({GLFW_KEY_S, kControl}));
  EXPECT_EQ(table.refusal({GLFW_KEY_S, kControl}), "A: There is no a.");
  EXPECT_EQ(table.refusal({GLFW_KEY_S, kNoModifier}), "") << "no command has this key";
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(table.keys_of("a"), "Ctrl+S");
}

TEST(UiMap, WritesOneObjectWithTheAgreedNames) {
  const auto file = fresh_folder("headlight_ui_map") / "map.json";
  UiMap map(file);
  map.begin_frame();
  map.add({"attention.heads", 10, 20, 200, 16, "6", true});
  map.write({.frame = 7,
             .settled = true,
             .requested = {.block = 3, .num_heads = 6, .head = "mean", .query = "cls", .run = 2},
             .shown = {.block = 3, .num_heads = 6, .head = "mean", .query = "cls", .run = 2},
             .toast = "bytes \xff"});
  std::ifstream stream(file);
  const nlohmann::json json = nlohmann::json::parse(stream);
  EXPECT_EQ(json["frame"], 7);
  EXPECT_EQ(json["settled"], true);
  EXPECT_EQ(json["shown"]["num_heads"], 6);
  ASSERT_EQ(json["marks"].size(), 1u);
  for (const char* name : {"id", "x", "y", "w", "h", "value", "enabled"})
    EXPECT_TRUE(json["marks"][0].contains(name)) << name;
}

}  // namespace
}  // namespace headlight
