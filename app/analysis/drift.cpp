#include "app/analysis/drift.h"

#include <algorithm>
#include <cmath>

#include "app/analysis/classes.h"
#include "engine/base/error.h"
#include "engine/maps/attention.h"
#include "engine/network/settings_words.h"

namespace headlight {

double maps_moved(const vit::Trace& now, const vit::Trace& trained, int query, const std::stop_token& stop) {
  const int depth = static_cast<int>(now.blocks.size());
  double moved = 0;
  for (int block = 0; block < depth; ++block) {
    if (stop.stop_requested()) throw vit::Cancelled();
    const std::vector<float> after = vit::attention_mean(now, block, query);
    const std::vector<float> before = vit::attention_mean(trained, block, query);
    for (std::size_t t = 0; t < after.size(); ++t) moved += std::abs(static_cast<double>(after[t]) - before[t]) / 2;
  }
  return depth > 0 ? moved / depth : 0;
}

const Drift* DriftWatch::update(const std::shared_ptr<const vit::Trace>& trace,
                                const std::shared_ptr<const vit::Trace>& trained, int query) {
  if (!trace || !trained || trace == trained || trace->pixels != trained->pixels) {
    if (run_ != 0) desk_->forget(kPlace);
    run_ = trained_run_ = 0;
    drift_ = {};
    return nullptr;
  }
  query = std::clamp(query, 0, trace->grid.tokens() - 1);
  if (trace->run != run_ || trained->run != trained_run_ || query != query_) {
    if (trained->run != trained_run_) {
      desk_->forget(kPlace);
      drift_.maps_moved.reset();
    }
    run_ = trace->run;
    trained_run_ = trained->run;
    query_ = query;
    drift_.what = vit::departures(trace->settings, trace->model->config);
    if (!drift_.what.empty()) {
      compare_prediction(*trace, *trained);
      if (trace->not_finite || trained->not_finite)
        desk_->forget(kPlace);
      else
        desk_->ask(kPlace, [trace, trained, query](const std::stop_token& stop) {
          return std::make_shared<const double>(maps_moved(*trace, *trained, query, stop));
        });
    }
  }
  if (drift_.what.empty()) return nullptr;
  if (const auto moved = std::static_pointer_cast<const double>(desk_->answer(kPlace))) drift_.maps_moved = *moved;
  return &drift_;
}

void DriftWatch::compare_prediction(const vit::Trace& trace, const vit::Trace& trained) {
  drift_.top1 = -1;
  if (trace.logits.empty() || trace.logits.size() != trained.logits.size()) return;
  if (trace.not_finite || trained.not_finite) return;
  const ClassScore before = top_classes(trained.logits, {}, 1)[0];
  drift_.top1 = before.index;
  drift_.top1_before = before.probability;
  const ClassScore top = top_classes(trace.logits, {}, 1)[0];
  drift_.top1_now = top.index;
  drift_.now = top.probability;
}

}  // namespace headlight
