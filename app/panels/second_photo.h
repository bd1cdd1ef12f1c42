// The other one of two photos beside the maps of a page: where its part of the answer lies, and where it is asked from.
#pragma once

#include <imgui.h>

#include <memory>

#include "app/gl/heatmap_painter.h"
#include "app/panels/side_picture.h"

namespace headlight {

struct Bench;

class SecondPhoto {
 public:
  /// Within this room, with a line of words; returns the height that it takes, 0 where the shown maps are about one
  /// photo. A click on the first photo asks from there; on the second one it chooses the patch that is compared with.
  float draw(Bench& bench, ImVec2 from, ImVec2 size);

 private:
  gl::HeatmapPainter painter_;
  SidePicture picture_;
  LinkedView view_;
  std::shared_ptr<const vit::MapSet> bare_;  // a map of nothing on side B's photo
};

}  // namespace headlight
