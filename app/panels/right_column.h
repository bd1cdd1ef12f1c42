// The right column: what every operator costs, cost over the head count, and the predictions.
#pragma once

#include <imgui.h>

#include <memory>
#include <string>
#include <vector>

#include "app/cost/cost_view.h"
#include "engine/cost/prediction.h"
#include "engine/network/trace.h"

namespace headlight {

struct Bench;

/// One colour for each kind of work, the same in the bar and the table.
ImU32 color_of(vit::Op op, bool dark);

/// Time over the head count: the prediction, and what was measured here.
struct CostCurve {
  struct Prediction {
    int heads = 0;
    double ms = 0;
  };
  struct Dot {
    int heads = 0;
    vit::RowTime time;
    bool shown = false;  // the setting on screen
  };
  std::vector<Prediction> predicted;  // empty until the trained head count has been measured
  std::vector<Dot> measured;          // ascending heads
};

/// What the column shows, kept until something that it depends on changes. Main thread only.
class CostColumn {
 public:
  void draw(Bench& bench, ImVec2 from, ImVec2 size);

 private:
  void update(const Bench& bench);
  CostCurve make_curve(const Bench& bench) const;
  void draw_header(Bench& bench);
  void draw_bar(Bench& bench);
  void draw_table(Bench& bench);
  void draw_line(Bench& bench, const CostLine& row, ImVec2 at, float width, float height);
  void draw_curve(Bench& bench, float height);

  std::shared_ptr<const vit::Trace> trace_;
  std::uint64_t times_version_ = 0;
  bool tight_ = false;  // a low window: less air between the lines, so that all of it is seen
  int block_ = 0;
  vit::Convention convention_ = vit::Convention::mac;
  bool whole_ = false, all_blocks_ = true, known_ = false;
  CostView view_;
  double total_ms_ = 0;  // of the block, or of the whole pass with its waiting
  CostCurve curve_;
};

/// The five likeliest classes, now and as trained; `leading` px between the lines.
void draw_predictions(Bench& bench, float leading);
float predictions_height(const Bench& bench, float width, float leading);

}  // namespace headlight
