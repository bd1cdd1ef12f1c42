#include "app/analysis/drift.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/analysis/classes.h"
#include "engine/base/error.h"
#include "engine/maps/attention.h"

namespace headlight {

std::string departures(const vit::Settings& settings, const vit::ModelConfig& config) {
  std::string text;
  const auto say = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  int changed = 0, block = -1;
  bool all_equal = true;
  for (std::size_t b = 0; b < settings.num_heads.size(); ++b) {
    if (settings.num_heads[b] != config.num_heads) {
      ++changed;
      block = static_cast<int>(b);
    }
    all_equal = all_equal && settings.num_heads[b] == settings.num_heads[0];
  }
  const std::string trained = " (trained " + std::to_string(config.num_heads) + ")";
  if (changed > 0 && all_equal)
    say("heads " + std::to_string(settings.num_heads[0]) + trained);
  else if (changed == 1)
    say("heads " + std::to_string(settings.num_heads[static_cast<std::size_t>(block)]) + " in block " +
        std::to_string(block) + trained);
  else if (changed > 1)
    say("heads differ in " + std::to_string(changed) + " blocks" + trained);
  if (config.qkv_bias && !settings.qkv_bias) say("qkv bias off");
  char number[48];
  if (settings.active_attn_drop() > 0) {
    std::snprintf(number, sizeof number, "attention dropout %.2f", settings.active_attn_drop());
    say(number);
  }
  if (settings.active_proj_drop() > 0) {
    std::snprintf(number, sizeof number, "projection dropout %.2f", settings.active_proj_drop());
    say(number);
  }
  return text;
}

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
    drift_.what = departures(trace->settings, trace->model->config);
    if (!drift_.what.empty()) {
      compare_prediction(*trace, *trained);
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
  const ClassScore before = top_classes(trained.logits, {}, 1)[0];
  drift_.top1 = before.index;
  drift_.top1_before = before.probability;
  const ClassScore top = top_classes(trace.logits, {}, 1)[0];
  drift_.top1_now = top.index;
  drift_.now = top.probability;
}

}  // namespace headlight
