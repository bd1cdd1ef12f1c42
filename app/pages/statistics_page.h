// Statistics: a number of every head as a heat grid that chooses the head, over it the numbers by depth; the photo
// shows the chosen head's number for each patch as the query.
#pragma once

#include "app/pages/page.h"
#include "app/panels/map_frame.h"

namespace headlight {

class StatisticsPage : public Page {
 public:
  explicit StatisticsPage(const vit::Analysis& analysis) : analysis_(&analysis) {}
  std::optional<vit::Question> question(const Bench& bench) const override;
  void draw(Bench& bench, const Area& area) override;

 private:
  const vit::Analysis* analysis_;
  MapFrame frame_;
};

}  // namespace headlight
