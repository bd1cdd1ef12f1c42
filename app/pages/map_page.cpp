#include "app/pages/map_page.h"

#include "app/panels/bench.h"

namespace headlight {

std::optional<vit::Question> MapPage::question(const Bench& bench) const {
  return question_of(*analysis_, bench);
}

void MapPage::draw(Bench& bench, const Area& area) {
  const int chosen = bench.maps.chosen(bench.session.view);
  const auto room = frame_.draw(bench, *analysis_, chosen, area.from, area.size, kLargePicture);
  if (!room) return;
  tile_grid_.draw(bench, chosen, room->from, room->size);
  draw_read_out(bench);
}

}  // namespace headlight
