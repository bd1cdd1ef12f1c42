#include "app/export/sheet_memory.h"

#include <gtest/gtest.h>

namespace headlight {
namespace {

TEST(SheetMemory, EveryChoiceComesBack) {
  for (const auto& shows : choices(SheetShows{}))
    for (const auto& kind : choices(FileKind{}))
      for (const auto& ground : choices(Ground{})) {
        Sheet sheet;
        sheet.shows = shows.value;
        sheet.kind = kind.value;
        sheet.over_photo = sheet.separate = sheet.style.whole_photo = true;
        sheet.style.bar = sheet.style.caption = false;
        sheet.style.ground = ground.value;
        sheet.style.width = {FigureWidth::Unit::mm, 120, 600};
        sheet.style.columns = 12;
        EXPECT_EQ(sheet_from(remembered(sheet)), sheet) << shows.id << ", " << kind.id << ", " << ground.id;
      }
  EXPECT_EQ(sheet_from(remembered(Sheet())), Sheet());
  Sheet pixels;
  pixels.style.width = {FigureWidth::Unit::px, 1500, 300};
  EXPECT_EQ(sheet_from(remembered(pixels)), pixels);
}

TEST(SheetMemory, WordsThatNobodyKnowsChangeNothing) {
  EXPECT_EQ(sheet_from({}), Sheet());
  EXPECT_EQ(sheet_from({{"shows", "hologram"},
                        {"kind", "docx"},
                        {"width", "-3mm"},
                        {"dpi", "1e9"},
                        {"columns", "0"},
                        {"new", "on"}}),
            Sheet());
  EXPECT_EQ(sheet_from({{"columns", "12 of them"}}), Sheet());
}

}  // namespace
}  // namespace headlight
