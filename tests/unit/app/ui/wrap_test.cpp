// Where lines of running text end.
#include "app/ui/wrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace headlight::ui {
namespace {

using testing::ElementsAre;

/// Every character is one wide, whatever its bytes.
float count(std::string_view text) {
  float characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0u) != 0x80u ? 1.f : 0.f;
  return characters;
}

std::vector<std::string_view> wrap(std::string_view text, float width) {
  return wrap_lines(text, width, count);
}

TEST(Wrap, BreaksAtSpacesAlone) {
  EXPECT_THAT(wrap("“cat” 0.43 → 0.46, maps moved", 10), ElementsAre("“cat” 0.43", "→ 0.46,", "maps moved"));
  EXPECT_THAT(wrap("half of it", 100), ElementsAre("half of it"));
  EXPECT_THAT(wrap("aa  bb", 4), ElementsAre("aa", "bb"));
  EXPECT_THAT(wrap("aa bb ", 5), ElementsAre("aa bb"));
  EXPECT_THAT(wrap("aa bb", 5), ElementsAre("aa bb"));
}

TEST(Wrap, CoordinatesAndPerCentsStayTogether) {
  EXPECT_THAT(wrap("on patch (4, 12).", 12), ElementsAre("on patch", "(4, 12)."));
  EXPECT_THAT(wrap("put 0.4 % on it", 7), ElementsAre("put", "0.4 %", "on it"));
  EXPECT_THAT(wrap("now (well, so) it", 12), ElementsAre("now (well,", "so) it")) << "words in brackets are words";
}

TEST(Wrap, AWordWiderThanALineBreaksBetweenCharacters) {
  EXPECT_THAT(wrap("/a/long/path x", 5), ElementsAre("/a/lo", "ng/pa", "th x"));
  EXPECT_THAT(wrap("so /a/long/path", 5), ElementsAre("so", "/a/lo", "ng/pa", "th"));
  EXPECT_THAT(wrap("猫猫猫猫猫", 2), ElementsAre("猫猫", "猫猫", "猫"));
  EXPECT_THAT(wrap("ab", 0.5f), ElementsAre("a", "b")) << "at least one character a line";
}

TEST(Wrap, LineBreaksAreKept) {
  EXPECT_THAT(wrap("one\n\ntwo three", 5), ElementsAre("one", "", "two", "three"));
  EXPECT_THAT(wrap("", 5), ElementsAre(""));
  EXPECT_THAT(wrap("one\n", 5), ElementsAre("one", ""));
}

}  // namespace
}  // namespace headlight::ui
