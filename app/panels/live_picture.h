// The chosen head's map over the photo, small, on a page that shows something else.
#pragma once

#include <imgui.h>

#include <memory>

#include "app/gl/heatmap_painter.h"
#include "app/panels/side_picture.h"
#include "engine/maps/analysis.h"

namespace headlight {

struct Bench;

/// Answers its question at once, and again when the pass or what is asked of it changes. Main thread only.
class LivePicture {
 public:
  void draw(Bench& bench, ImVec2 from, float side);

 private:
  gl::HeatmapPainter painter_;
  SidePicture picture_;
  LinkedView view_;
  std::shared_ptr<const vit::MapSet> maps_;
  std::uint64_t run_ = 0;
  vit::Question question_;
};

}  // namespace headlight
