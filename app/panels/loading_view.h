// What the centre shows before there are maps: the part of the photo that the network reads, with its patches, where
// the large picture will stand, and how far the first pass is.
#pragma once

#include <imgui.h>

#include <optional>
#include <string>

#include "app/gl/canvas.h"
#include "app/gl/heatmap_painter.h"
#include "app/session/worker.h"

namespace headlight {

struct Bench;

/// "Block 3 of 12", "Loading the model"; empty while nothing is under way. `depth`: of the network, 0 while unknown.
std::string progress_words(const WorkerStatus& status, int depth);

class LoadingView {
 public:
  /// False where there is no photo yet.
  bool draw(Bench& bench, ImVec2 from, ImVec2 size);

 private:
  struct Drawn {  // the inputs of the picture in the canvas
    const PhotoLevels* photo = nullptr;
    vit::Box box;
    int width = 0, height = 0;
    ImU32 background = 0;
    bool operator==(const Drawn&) const = default;
  };
  void paint(Bench& bench, const Drawn& now);

  gl::Canvas canvas_;
  std::optional<Drawn> drawn_;
};

/// A line over the maps while a pass takes long enough to be waited for. `from`: its left end.
void draw_pass_progress(Bench& bench, ImVec2 from, float width);

}  // namespace headlight
