#include "app/pages/map_page.h"

#include "app/panels/bench.h"
#include "app/panels/inside_panel.h"
#include "app/panels/prefix_bars.h"

namespace headlight {

std::optional<vit::Question> MapPage::question(const Bench& bench) const {
  return question_of(*analysis_, bench);
}

void MapPage::draw(Bench& bench, const Area& area) {
  const int chosen = bench.maps.chosen(bench.session.view);
  const FrameLayout layout =
      lay_out_frame(area.from, area.size, kLargePicture, prefix_bars_width(bench), bench.ui.scale);
  frame_.draw(bench, *analysis_, chosen, layout);
  if (bench.inside_open) return draw_inside_panel(bench, chosen, layout.navigator_from, layout.navigator_size);
  tile_grid_.draw(bench, chosen, layout.navigator_from, layout.navigator_size);
  draw_read_out(bench);
}

}  // namespace headlight
