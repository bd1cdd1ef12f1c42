// The whole photo with the network's part of it, the chosen map drawn inside: zoom, pan, pick and read out.
#pragma once

#include <imgui.h>

#include <memory>
#include <optional>

#include "app/analysis/head_maps.h"
#include "app/gl/canvas.h"
#include "app/gl/heatmap_painter.h"
#include "app/session/view.h"

namespace headlight {

struct Bench;

/// The patch under a point of a picture that shows the network's pixels.
struct PatchAt {
  int row = 0, col = 0;
  bool operator==(const PatchAt&) const = default;
};

class PhotoView {
 public:
  void draw(Bench& bench, ImVec2 from, ImVec2 size);

  void fit() { scale_ = 0; }
  void actual_size() { zoom_to(1.0); }
  void zoom(double factor);  // about the cursor if it is over the photo, else about the middle
  /// The patch under the cursor in any picture: `hovered` is collected in this frame, `shown_hover` is last frame's,
  /// so that every picture can mark it. `hovered_head` is the map it is read from.
  std::optional<PatchAt> hovered, shown_hover;
  int hovered_head = kMeanOfHeads;

 private:
  struct Drawn {  // the inputs of the picture in the canvas
    const vit::Trace* trace = nullptr;
    std::uint64_t photo = 0;
    int map = 0, block = 0, query = 0;
    vit::Stage stage{};
    vit::Colormap colormap{};
    gl::MapLook look;
    gl::Frame frame;
    ImU32 background = 0;
    bool operator==(const Drawn&) const = default;
  };
  void zoom_to(double scale);
  void place(ImVec2 from, ImVec2 size, double photo_width, double photo_height);
  void paint(Bench& bench);
  void pick(Bench& bench);
  void mark_patches(Bench& bench) const;
  ImVec2 to_screen(double photo_x, double photo_y) const;

  gl::Canvas canvas_;
  Drawn drawn_;
  ImVec2 from_{}, size_{};
  double scale_ = 0;                    // canvas px a photo px; 0: fit
  double center_x_ = 0, center_y_ = 0;  // photo px in the middle of the view
  double shown_scale_ = 1;              // with fit resolved
  double photo_width_ = 1, photo_height_ = 1;
};

}  // namespace headlight
