// Effect: what the network loses without each head, as a bar on its tile and in order; the photo shows where.
#pragma once

#include "app/pages/page.h"
#include "app/panels/map_frame.h"

namespace headlight {

class AblationPage : public Page {
 public:
  explicit AblationPage(const vit::Analysis& analysis) : analysis_(&analysis) {}
  std::optional<vit::Question> question(const Bench& bench) const override;
  void draw(Bench& bench, const Area& area) override;

 private:
  void draw_order(Bench& bench, ImVec2 from, ImVec2 size) const;

  const vit::Analysis* analysis_;
  MapFrame frame_;
};

}  // namespace headlight
