// The large picture: the part of the photo that the network reads, or all of it, with the chosen map: zoom, pan, pick
// and read out.
#pragma once

#include <imgui.h>

#include "app/gl/canvas.h"
#include "app/gl/heatmap_painter.h"
#include "app/panels/drawn_map.h"

namespace headlight {

struct Bench;

class PhotoView {
 public:
  /// Draws map `index` of the shown set. A click or drag asks the patch under the cursor.
  void draw(Bench& bench, int index, ImVec2 from, ImVec2 size);

 private:
  void paint(Bench& bench, int index);
  static void pick(Bench& bench, int index);
  static void mark_patches(const Bench& bench, int index);

  gl::Canvas canvas_;
  DrawnMap drawn_;
};

}  // namespace headlight
