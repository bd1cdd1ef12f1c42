// What the Export sheet will write, small enough for the screen: the figure's pixels, or how a file of numbers begins.
#pragma once

#include <string>

#include "app/export/sheet.h"

namespace headlight {

struct SheetPreview {
  Raster picture;                      // of a figure, at most as large as the room for it
  double scale = 1;                    // px of the picture for one of the figure
  int width_px = 0, height_px = 0;     // of the figure as PNG
  double width_mm = 0, height_mm = 0;  // 0: it has no size on paper
  std::string text;                    // of a file of numbers: its first lines, or its shape
  std::string file_name;
  std::string failure;  // why there is none, as a sentence
};

/// In room of so many pixels. A sheet that cannot be written gives a preview that says why. Throws vit::Cancelled.
SheetPreview sheet_preview(const Sheet& sheet, const SheetSubject& subject, int width, int height,
                           const ExportControl& control = {});

}  // namespace headlight
