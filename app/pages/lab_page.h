// The Attention module alone: its sizes to choose, sweeps over each of them, and what is so of a student's note.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "app/cost/log_plot.h"
#include "app/pages/page.h"
#include "app/panels/live_picture.h"
#include "engine/lab/lab.h"
#include "engine/lab/lab_verdicts.h"

namespace headlight {

class LabPage : public Page {
 public:
  std::optional<vit::Question> question(const Bench&) const override { return std::nullopt; }
  void draw(Bench& bench, const Area& area) override;

 private:
  void update(const Bench& bench);
  void draw_measuring(Bench& bench, ImVec2 at, float width);
  void draw_axis(Bench& bench, ImVec2 at, float width);
  void draw_exponents(Bench& bench, ImVec2 from, ImVec2 size) const;
  void draw_note(Bench& bench, ImVec2 from, ImVec2 size) const;
  void save(Bench& bench) const;

  // What is drawn, and what it is of.
  std::optional<vit::ModuleSpec> spec_;
  vit::LabAxis axis_ = vit::LabAxis::heads;
  std::shared_ptr<const vit::LabResult> result_;
  vit::LabSweep sweep_;
  LogPlot plot_;
  std::vector<vit::Verdict> verdicts_;
  std::vector<vit::NoteSlip> slips_;
  LivePicture picture_;
};

}  // namespace headlight
