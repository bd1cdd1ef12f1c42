// Draws patch maps over the photo with the shader that follows engine/maps/heatmap.h.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "app/gl/canvas.h"
#include "app/gl/handle.h"
#include "app/gl/program.h"
#include "engine/image/image.h"
#include "engine/image/photo_levels.h"
#include "engine/image/preprocessing.h"
#include "engine/maps/map_set.h"

namespace headlight::gl {

/// Where one drawing goes, and which part of the photo it shows.
struct Frame {
  int x = 0, y = 0, width = 0, height = 0;  // px in the canvas
  double photo_x = 0, photo_y = 0;          // photo pixel at the frame's top left
  double scale = 1;                         // frame px a photo px, across
  double scale_y = 0;                       // down; 0: as across
  bool operator==(const Frame&) const = default;
};

class HeatmapPainter {
 public:
  HeatmapPainter();

  /// May be smaller than the photo that `Job` speaks of. Uploads it, unless it is the one that is there already.
  void set_photo(const PhotoLevels& levels);
  void set_colormap(vit::Colormap colormap);
  /// Uploads the maps of a set, unless they are those that are there already.
  void set_maps(const vit::MapSet& set);

  /// Map `map` of those set; `box` is the network's part of the photo, both in pixels of a photo `photo_width` by
  /// `photo_height`. Outside the box the photo is dimmed.
  struct Job {
    int map = 0;
    vit::Look look;  // picture, smoothness and opacity
    vit::Range range;
    float clear = 0;            // see vit::overlay_weight
    std::ptrdiff_t paint = -1;  // of the set, see vit::MapSet::paint_of
    vit::Box box;
    double photo_width = 0, photo_height = 0;
    std::array<float, 3> background{};
  };
  /// Between these two, `draw` paints into `canvas`.
  void begin(const Canvas& canvas);
  void draw(const Frame& frame, const Job& job);
  void end();

 private:
  Program program_;
  VertexArray triangle_;
  Texture photo_, values_, colors_;
  void upload_maps(std::span<const float> values);
  std::shared_ptr<const vit::Image> photo_level_;  // the largest of those that were uploaded
  std::uint64_t maps_ = 0;                         // the set's serial number
  int rows_ = 1, cols_ = 1;
  bool about_zero_ = false;
  int values_before_paint_ = 0;
  std::optional<vit::Colormap> colormap_;
};

}  // namespace headlight::gl
