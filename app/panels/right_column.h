// The right column: what every operator costs, cost over the head count, and the predictions.
#pragma once

#include <imgui.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/analysis/features.h"
#include "app/cost/cost_view.h"
#include "app/cost/head_change.h"
#include "app/panels/side_cost_table.h"
#include "engine/cost/prediction.h"
#include "engine/maps/map_set.h"
#include "engine/network/trace.h"

namespace headlight {

namespace ui {
struct Ui;
}
struct Bench;
class Session;

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
  struct Line {
    vit::Op op = vit::Op::qkv;
    std::vector<Dot> dots;
  };
  std::vector<Prediction> predicted;  // empty until the trained head count has been measured
  std::vector<Dot> measured;          // ascending heads
  std::vector<Line> operators;        // those that take a notable part of the time somewhere, likewise
  bool noisy = false;                 // a measured time spreads too much to be trusted
};

/// The likeliest classes, now and as trained: five, or three in a low window; `leading` px between the lines. With
/// random weights a sentence.
void draw_predictions(Bench& bench, float leading, bool few);
float predictions_height(const Bench& bench, float width, float leading, bool few);

/// In their place where a network has no classes: how far the settings moved the features, and the patches most like
/// the class token. Keeps what it computed of a pass. Main thread only.
class FeaturePanel {
 public:
  void draw(Bench& bench, float leading);
  static float height(const ui::Ui& ui, float leading);

 private:
  void update(const Session& session);
  FeatureFacts facts_;
  std::uint64_t run_ = 0, trained_run_ = 0;  // of the passes that the facts are of
};

/// What the column shows, kept until something that it depends on changes. Main thread only.
class CostColumn {
 public:
  void draw(Bench& bench, ImVec2 from, ImVec2 size);

 private:
  void update(const Bench& bench);
  void update_backward(const vit::MapSet& set);
  /// The rows on show are those of all blocks.
  bool of_model() const { return whole_ || back_ != nullptr; }
  CostCurve make_curve(const Bench& bench) const;
  void update_times(const Bench& bench, const vit::CostTable& table);
  bool counts_both() const { return convention_ == vit::Convention::mac; }
  void draw_header(Bench& bench);
  void draw_bar(Bench& bench);
  void draw_times(Bench& bench);
  void draw_change(Bench& bench);
  void draw_table(Bench& bench);
  void light(const ui::Ui& ui, const CostLine& line, ImVec2 at, ImVec2 to) const;
  void draw_line(Bench& bench, const CostLine& line, ImVec2 at, float width, float height);
  static void draw_formula(const ui::Ui& ui, const CostLine& line, ImVec2 at, float room);
  void draw_last_column(const ui::Ui& ui, const CostLine& line, float right, float y) const;
  void draw_curve(Bench& bench, float height);
  void draw_curve_foot(Bench& bench, ImVec2 at, float width);

  std::shared_ptr<const vit::Trace> trace_;
  std::uint64_t times_version_ = 0;
  bool asks_back_ = false;                        // for the backward pass, where the page took one
  std::shared_ptr<const vit::BackwardRun> back_;  // whose rows are shown; null: those of the forward pass
  bool tight_ = false;                            // a low window: less air between the lines, so that all of it is seen
  int block_ = 0;
  vit::Convention convention_ = vit::Convention::mac;
  bool whole_ = false, all_blocks_ = true, known_ = false;
  CostView view_;
  double total_ms_ = 0;               // of the block or of the whole pass, with its waiting
  std::optional<HeadChange> change_;  // what the head count did, while it is not the trained one
  vit::RowTime wall_;
  std::string times_, one_thread_;  // sentences under the bar
  CostCurve curve_;
  bool curve_by_operator_ = false;
  FeaturePanel features_;
  SideCostTable sides_;
};

}  // namespace headlight
