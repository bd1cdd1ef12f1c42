// The parts of the window that need no screen: tiles, layout, folders, preferences, commands, UI map.
#include <GLFW/glfw3.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/command.h"
#include "app/folder_list.h"
#include "app/panels/color_bar.h"
#include "app/panels/heads_layout.h"
#include "app/panels/tile_grid.h"
#include "app/preferences.h"
#include "app/ui_map.h"

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

TEST(HeadsLayout, PartsLieInsideTheTabAndDoNotOverlap) {
  for (const float aspect : {0.5f, 1.f, 1.5f, 3.f})
    for (const ImVec2 size : {ImVec2{600, 700}, ImVec2{1000, 850}, ImVec2{1000, 500}}) {
      const float prefix = aspect == 1.f ? 0.f : 1000 * aspect / 4;  // none, a few, more than there is room for
      const HeadsLayout l = lay_out_heads({.from = {10, 20},
                                           .size = size,
                                           .photo_aspect = aspect,
                                           .tiles = 14,
                                           .caption_px = 20,
                                           .gap_px = 8,
                                           .smallest_tile_px = 76,
                                           .bar_px = 88,
                                           .prefix_px = prefix,
                                           .words_px = 88});
      EXPECT_GE(l.prefix_from.x, l.bar_from.x + l.bar_size.x);
      EXPECT_EQ(l.prefix_size.x > 100, prefix > 0);
      if (!l.side_by_side) {
        EXPECT_GE(l.words_from.x, l.prefix_from.x + l.prefix_size.x);
      }
      EXPECT_GT(l.words_size.x, 150);
      EXPECT_LE(l.tiles_from.x + l.tiles_size.x, 10 + size.x + 0.5f);
      EXPECT_LE(l.tiles_from.y + l.tiles_size.y, 20 + size.y + 0.5f);
      EXPECT_GE(l.bar_from.y, l.photo_from.y + l.photo_size.y);
      if (l.side_by_side)
        EXPECT_GE(l.tiles_from.x, l.photo_from.x + l.photo_size.x);
      else
        EXPECT_GE(l.tiles_from.y, l.bar_from.y + l.bar_size.y);
      EXPECT_GT(l.photo_size.y, 100);
      EXPECT_GT(l.tiles_size.y, 60);
    }
}

TEST(Histogram, EveryValueIsCountedOnceAndEndsHoldWhatLiesOutside) {
  const std::vector<float> values = {-1.f, 0.f, 0.24f, 0.26f, 0.99f, 1.f, 7.f};
  EXPECT_EQ(histogram(values, {0.f, 1.f}, 4), (std::vector<int>{3, 1, 0, 3}));
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
  p.style.colormap = vit::Colormap::turbo;
  p.style.smooth = true;
  for (int i = 0; i < 12; ++i) remember(p.recent_images, "/photos/" + std::to_string(i));
  remember(p.recent_images, "/photos/7");
  save_preferences(p, file);
  const Preferences q = load_preferences(file);
  EXPECT_EQ(q.dark, false);
  EXPECT_EQ(q.width, 1234);
  EXPECT_EQ(q.style.colormap, vit::Colormap::turbo);
  EXPECT_TRUE(q.style.smooth);
  ASSERT_EQ(q.recent_images.size(), Preferences::kRecent);
  EXPECT_EQ(q.recent_images[0], "/photos/7");
  EXPECT_EQ(q.recent_images[1], "/photos/11");
  std::ofstream(file) << R"({"width": "wide", "dark": 3, "opacity": 9, )";
  EXPECT_EQ(load_preferences(file).width, Preferences().width);
  std::ofstream(file) << R"({"width": "wide", "opacity": 9})";
  EXPECT_EQ(load_preferences(file).width, Preferences().width);
  EXPECT_EQ(load_preferences(file).style.opacity, 1.f);
}

TEST(CommandTable, KeysRunEnabledCommandsOnly) {
  CommandTable table;
  int ran = 0;
  bool enabled = true;
  table.add({.id = "a",
             .menu = "File",
             .name = "A",
             .keys = {{GLFW_KEY_S, kControl}},
             .tooltip = "Does a.",
             .run = [&] { ++ran; },
             .enabled = [&] { return enabled; }});
  EXPECT_FALSE(table.press({GLFW_KEY_S, kNoModifier}));
  EXPECT_TRUE(table.press({GLFW_KEY_S, kControl}));
  enabled = false;
  EXPECT_FALSE(table.press({GLFW_KEY_S, kControl}));
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
