#include "app/pages/map_page.h"

#include <cmath>

#include "app/panels/bench.h"
#include "app/panels/block_plot.h"

namespace headlight {

std::optional<vit::Question> MapPage::question(const Bench& bench) const {
  return question_of(*analysis_, bench);
}

void MapPage::draw(Bench& bench, const Area& area) {
  const int chosen = bench.maps.chosen(bench.session.view);
  const auto room = frame_.draw(bench, *analysis_, chosen, area.from, area.size, kLargePicture);
  if (!room) return;
  ImVec2 from = room->from, size = room->size;
  if (const auto& curves = bench.maps.set().curves) {
    constexpr float kShare = 0.42f, kGap = 12;  // of the height; points
    const float height = std::floor(size.y * kShare), gap = bench.ui.px(kGap);
    draw_block_plot(bench, *curves, from, {size.x, height});
    from.y += height + gap;
    size.y -= height + gap;
  }
  const float second = second_photo_.draw(bench, from, {size.x, std::floor(0.46f * size.y)});
  tile_grid_.draw(bench, chosen, {from.x, from.y + second}, {size.x, size.y - second});
  draw_read_out(bench);
}

}  // namespace headlight
