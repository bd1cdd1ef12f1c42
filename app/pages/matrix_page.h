// Matrix: every query and key of one head, beside the photo with the pair under the cursor.
#pragma once

#include <optional>

#include "app/gl/canvas.h"
#include "app/gl/heatmap_painter.h"
#include "app/pages/page.h"
#include "app/panels/camera.h"
#include "app/panels/map_frame.h"

namespace headlight {

class MatrixPage : public Page {
 public:
  explicit MatrixPage(const vit::Analysis& analysis) : analysis_(&analysis) {}
  std::optional<vit::Question> question(const Bench& bench) const override;
  void draw(Bench& bench, const Area& area) override;

 private:
  struct Pair {  // tokens
    int query = 0, key = 0;
    bool operator==(const Pair&) const = default;
  };
  /// What the matrix's picture was made of.
  struct Painted {
    std::uint64_t maps = 0;
    vit::Colormap colormap = vit::Colormap::inferno;
    vit::Range range;
    bool operator==(const Painted&) const = default;
  };
  /// What the photo's was made of.
  struct PaintedPhoto {
    std::uint64_t row = 0, photo = 0;
    vit::Look look;
    int width = 0, height = 0;
    bool operator==(const PaintedPhoto&) const = default;
  };
  void follow_head(Bench& bench);
  void paint(Bench& bench);
  void take_row(const Bench& bench, int query);
  void paint_photo(Bench& bench, int width, int height);
  void draw_photo(Bench& bench, ImVec2 from, float side);
  void draw_matrix(Bench& bench, ImVec2 from, ImVec2 size);
  void draw_labels(const Bench& bench) const;
  void draw_minimap(const Bench& bench) const;
  void draw_numbers(const Bench& bench, ImVec2 from, float width) const;
  void move(Bench& bench, ImVec2 from, ImVec2 size);

  const vit::Analysis* analysis_;
  gl::Canvas canvas_, photo_canvas_;
  gl::HeatmapPainter row_painter_;
  Painted painted_;
  PaintedPhoto painted_photo_;
  Camera camera_;
  std::shared_ptr<const vit::MapSet> row_;  // what the photo shows: the row of a query
  std::uint64_t row_of_ = 0;                // the matrix's serial number
  std::optional<Pair> hovered_;             // in the last frame
  int key_ = 0;                             // the last one that was pointed at
  std::optional<int> head_;                 // of the view, as it was last seen
};

}  // namespace headlight
