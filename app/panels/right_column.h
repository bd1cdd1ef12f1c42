// The right column: what every operator costs, cost over the head count, and the predictions.
#pragma once

#include <imgui.h>

#include <memory>
#include <string>
#include <vector>

#include "app/cost_view.h"
#include "engine/prediction.h"
#include "engine/trace.h"

namespace headlight {

struct Workspace;

/// Colours by kind of work, so that bar, table and legend agree.
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
  int convention = static_cast<int>(vit::Convention::mac);
  bool whole_model = false;  // else the chosen block

  void draw(Workspace& work, ImVec2 from, ImVec2 size);
  /// Measures every possible head count, or stops doing so.
  void sweep(Workspace& work) const;

 private:
  /// The head count is looked at in all blocks, not in the chosen one alone.
  bool all_blocks(const Workspace& work) const;
  void update(const Workspace& work);
  CostCurve make_curve(const Workspace& work) const;
  void draw_header(Workspace& work);
  void draw_bar(Workspace& work);
  void draw_table(Workspace& work);
  void draw_line(Workspace& work, const CostLine& row, ImVec2 at, float width, float height);
  void draw_curve(Workspace& work, float height);

  std::shared_ptr<const vit::Trace> trace_;
  std::uint64_t times_version_ = 0;
  bool tight_ = false;  // a low window: less air between the lines, so that all of it is seen
  int block_ = 0, shown_convention_ = -1;
  bool shown_whole_ = false;
  CostView view_;
  double total_ms_ = 0;  // of the block, or of the whole pass with its waiting
  CostCurve curve_;
};

/// The five likeliest classes, now and as trained; `leading` px between the lines.
void draw_predictions(Workspace& work, float leading);
float predictions_height(const Workspace& work, float width, float leading);

}  // namespace headlight
