// Paths that a user types into the file browser, and the names it suggests.
#include "app/files/typed_path.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

TEST(TypedPath, NamesAndWordsAreNoPaths) {
  for (const char* name : {"", "x.png", "vit base", "~backup", "a..b"}) EXPECT_FALSE(is_path(name)) << name;
  for (const char* path : {"/", "/photos/x.png", "~", "~/x.png", "..", "../x.png", "sub/x.png"})
    EXPECT_TRUE(is_path(path)) << path;
}

TEST(TypedPath, BeginsAtTheRootAtHomeOrAtTheFolder) {
  const char* old = std::getenv("HOME");
  const std::string home = old == nullptr ? "" : old;
  setenv("HOME", "/home/ann", 1);
  EXPECT_EQ(typed_path("/photos/x.png", "/maps"), "/photos/x.png");
  EXPECT_EQ(typed_path("~/x.png", "/maps"), "/home/ann/x.png");
  EXPECT_EQ(typed_path("~", "/maps"), "/home/ann");
  EXPECT_EQ(typed_path("~backup", "/maps"), "/maps/~backup");
  EXPECT_EQ(typed_path("x.png", "/maps"), "/maps/x.png");
  EXPECT_EQ(typed_path("../y/x.png", "/maps/old"), "/maps/y/x.png");
  unsetenv("HOME");
  EXPECT_EQ(typed_path("~/x.png", "/maps"), "/maps/~/x.png");
  if (old != nullptr) setenv("HOME", home.c_str(), 1);
}

TEST(TypedPath, AFreeNameCountsFromTwo) {
  const TempFolder folder;
  EXPECT_EQ(free_name(folder.path(), "map.png"), "map.png");
  folder.write("map.png", "x");
  EXPECT_EQ(free_name(folder.path(), "map.png"), "map_2.png");
  folder.write("map_2.png", "x");
  std::filesystem::create_directory(folder.path() / "map_3.png");
  EXPECT_EQ(free_name(folder.path(), "map.png"), "map_4.png");
  EXPECT_EQ(free_name(folder.path() / "nowhere", "map.png"), "map.png");
}

}  // namespace
}  // namespace headlight
