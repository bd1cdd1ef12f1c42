// Every operator of the open network as a point under this machine's own ceilings.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/cost/log_plot.h"
#include "app/pages/page.h"
#include "engine/lab/roofline.h"

namespace headlight {

class RooflinePage : public Page {
 public:
  std::optional<vit::Question> question(const Bench&) const override { return std::nullopt; }
  void draw(Bench& bench, const Area& area) override;

 private:
  void update(const Bench& bench);
  /// In one line, or in two where they do not fit; returns their height, px.
  float draw_controls(Bench& bench, ImVec2 at, float width);
  void save(Bench& bench) const;
  std::string subtitle(const Bench& bench) const;

  // What is drawn, and what it is of.
  std::uint64_t run_ = 0, times_ = 0;
  int block_ = 0;
  std::optional<vit::Execution> ceilings_for_;
  const vit::Ceilings* measured_ = nullptr;
  vit::Ceilings ceilings_;
  std::vector<vit::RooflinePoint> points_;
  LogPlot plot_;
  std::vector<std::string> missing_;  // rows without a place
  int hovered_ = -1;
};

}  // namespace headlight
