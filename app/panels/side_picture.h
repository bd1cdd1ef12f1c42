// One of several pictures that show the same place: a map on its photo, zoomed and panned together with the others.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <optional>

#include "app/gl/canvas.h"
#include "app/gl/heatmap_painter.h"
#include "app/panels/camera.h"
#include "app/panels/drawn_map.h"
#include "engine/maps/map_set.h"

namespace headlight {

struct Bench;

/// What linked pictures have in common. Places are those of the photo if all show the same one, else go from 0 to 1
/// across and down each input.
struct LinkedView {
  bool same_photo = true;
  double zoom = 1;                         // 1: each shows all that its network reads
  Point center = {};                       // place in the middle; counts where the zoom is more than 1
  std::optional<Point> pointed = {};       // place under the cursor, as of this frame
  std::optional<Point> pointed_last = {};  // and as of the last one: every picture frames its patch there

  void begin_frame() { pointed_last = std::exchange(pointed, {}); }
};

class SidePicture {
 public:
  struct Content {
    const vit::MapSet& set;
    int index = 0;  // map
    vit::Look look;
    vit::Range range;
    const vit::Image& photo;
    std::uint64_t photo_version = 0;
  };
  /// Paints the map into a canvas of this size, with a painter that holds the set's maps and the photo.
  void paint(const Bench& bench, gl::HeatmapPainter& painter, const Content& content, const LinkedView& view,
             ImVec2 size);
  /// Puts what was painted on the screen: the part from `left` to `right`, shares of the width.
  void show(ImVec2 from, float left = 0, float right = 1) const;
  /// Frames a patch of the set that was painted.
  void frame_patch(const Bench& bench, ImVec2 from, int patch, ImU32 color, float points) const;

  /// Where a point of the canvas (px) is, and the reverse.
  Point place_of(Point at) const;
  Point at_of(Point place) const;
  /// The patch at a place; none outside of the map.
  std::optional<int> patch_at(Point place) const;
  ImVec2 size() const { return size_; }
  double zoom_scale() const { return scale_; }  // canvas px a photo px

 private:
  gl::Canvas canvas_;
  DrawnMap drawn_;
  vit::Box box_, places_;  // the input on the photo, and in places
  int rows_ = 1, cols_ = 1;
  ImVec2 size_{1, 1};
  Point corner_;  // of the canvas, photo px
  double scale_ = 1;
};

/// Zooms about the cursor and pans, with the item that was just drawn; notes the place under the cursor.
void move_linked(LinkedView& view, const SidePicture& picture, ImVec2 from);

}  // namespace headlight
