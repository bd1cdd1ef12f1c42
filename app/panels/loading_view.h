// What the centre shows before there are maps: the part of the photo that the network reads, with its patches, where
// the large picture will stand, how far the first pass is, and at the right the maps of the blocks that are done.
#pragma once

#include <imgui.h>

#include <memory>
#include <optional>
#include <string>

#include "app/analysis/map_desk.h"
#include "app/gl/canvas.h"
#include "app/gl/heatmap_painter.h"
#include "app/panels/tile_atlas.h"
#include "app/session/session.h"

namespace headlight {

struct Bench;

/// "Block 3 of 12", "Loading the model"; empty while nothing is under way. `depth`: of the network, 0 while unknown.
std::string progress_words(const WorkerStatus& status, int depth);

class LoadingView {
 public:
  /// Whether it has more to say than the maps that are there: a pass of other pixels makes its first blocks.
  static bool wanted(const Session& session);
  /// False where there is no photo yet.
  bool draw(Bench& bench, MapDesk& desk, ImVec2 from, ImVec2 size);

 private:
  struct Drawn {  // the inputs of the picture in the canvas
    const PhotoLevels* photo = nullptr;
    vit::Box box;
    int width = 0, height = 0;
    ImU32 background = 0;
    bool operator==(const Drawn&) const = default;
  };
  void paint(Bench& bench, const Drawn& now);
  std::shared_ptr<const vit::MapSet> maps_so_far(const Session& session, MapDesk& desk) const;
  void draw_blocks(Bench& bench, MapDesk& desk, ImVec2 from, ImVec2 size);

  gl::Canvas canvas_;
  std::optional<Drawn> drawn_;
  TileAtlas blocks_;
};

/// A line over the maps while a pass takes long enough to be waited for. `from`: its left end.
void draw_pass_progress(Bench& bench, ImVec2 from, float width);

}  // namespace headlight
