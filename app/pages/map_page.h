// A page of maps: the chosen one large, a tile for every map of the answer, and its curves over the blocks if it has
// any. It serves every analysis that has no page of its own.
#pragma once

#include "app/pages/page.h"
#include "app/panels/map_frame.h"
#include "app/panels/second_photo.h"
#include "app/panels/tile_grid.h"

namespace headlight {

class MapPage : public Page {
 public:
  explicit MapPage(const vit::Analysis& analysis) : analysis_(&analysis) {}
  std::optional<vit::Question> question(const Bench& bench) const override;
  void draw(Bench& bench, const Area& area) override;

 private:
  const vit::Analysis* analysis_;
  MapFrame frame_;
  SecondPhoto second_photo_;
  TileGrid tile_grid_;
};

}  // namespace headlight
