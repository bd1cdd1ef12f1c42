// Compare: side A and side B with one query, block and head; their difference, or both under a curtain; and numbers.
#pragma once

#include "app/gl/heatmap_painter.h"
#include "app/pages/page.h"
#include "app/panels/side_picture.h"

namespace headlight {

class ComparePage : public Page {
 public:
  explicit ComparePage(const vit::Analysis& analysis) : analysis_(&analysis) {}
  std::optional<vit::Question> question(const Bench& bench) const override;
  void draw(Bench& bench, const Area& area) override;
  bool draw_without_maps(Bench& bench, const Area& area, const std::string& words) override;

 private:
  struct Layout {
    ImVec2 head_a, head_b;  // the lines that say what the sides are
    float column = 0;       // px wide
    ImVec2 a, b, difference;
    float side = 0, difference_side = 0;  // of the square pictures
    ImVec2 bar, bar_size, numbers, numbers_size, words, words_size;
  };
  /// What is drawn of one side.
  struct OfSide {
    const vit::MapSet* set = nullptr;
    int index = 0;
    vit::Range range;
    std::shared_ptr<const vit::Image> photo = {};
    std::shared_ptr<const PhotoLevels> display = {};
    std::uint64_t version = 0;
  };
  static Layout lay_out(const Bench& bench, ImVec2 from, ImVec2 size);
  void take_photo(const Bench& bench);
  void paint_side(Bench& bench, gl::HeatmapPainter& painter, SidePicture& picture, const OfSide& side, float px);
  void draw_side(Bench& bench, const char* id, const SidePicture& picture, const OfSide& side, ImVec2 from);
  void draw_curtain(Bench& bench, const OfSide& a, const OfSide& b, ImVec2 from);
  void draw_difference(Bench& bench, const Layout& at, int index);
  void ask_at(Bench& bench, Point place) const;
  void draw_read_out(const Bench& bench, const OfSide& a, const OfSide& b) const;
  static void draw_numbers(Bench& bench, int index, ImVec2 from, ImVec2 size);

  const vit::Analysis* analysis_;
  gl::HeatmapPainter painter_a_, painter_b_;
  SidePicture picture_a_, picture_b_, picture_difference_;
  LinkedView view_;
  std::shared_ptr<const vit::Trace> other_;  // the pass that the photo below belongs to
  std::shared_ptr<const vit::Image> photo_;  // side B's
  std::shared_ptr<const PhotoLevels> display_;
  std::uint64_t version_ = 0;
  float curtain_ = 0.5f;  // share of the width
};

}  // namespace headlight
