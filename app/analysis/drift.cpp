#include "app/analysis/drift.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/analysis/classes.h"
#include "app/analysis/frame_budget.h"
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

const Drift* DriftWatch::update(const std::shared_ptr<const vit::Trace>& trace,
                                const std::shared_ptr<const vit::Trace>& trained, int query) {
  if (!trace || !trained || trace == trained || trace->pixels != trained->pixels) {
    next_block_ = -1;
    return nullptr;
  }
  query = std::clamp(query, 0, trace->grid.tokens() - 1);
  if (trace != trace_ || trained != trained_ || query != query_) {
    if (trained != trained_) drift_.maps_moved.reset();
    trace_ = trace;
    trained_ = trained;
    query_ = query;
    drift_.what = departures(trace->settings, trace->model->config);
    next_block_ = drift_.what.empty() ? -1 : 0;
    moved_ = 0;
    if (!drift_.what.empty()) compare_prediction();
  }
  if (unfinished()) compare_maps();
  return drift_.what.empty() ? nullptr : &drift_;
}

void DriftWatch::compare_prediction() {
  drift_.top1 = -1;
  if (trace_->logits.empty() || trace_->logits.size() != trained_->logits.size()) return;
  const ClassScore trained_top = top_classes(trained_->logits, {}, 1)[0];
  drift_.top1 = trained_top.index;
  drift_.top1_before = trained_top.probability;
  const ClassScore top = top_classes(trace_->logits, {}, 1)[0];
  drift_.top1_now = top.index;
  drift_.now = top.probability;
}

void DriftWatch::compare_maps() {
  const int depth = static_cast<int>(trace_->blocks.size());
  for (double floats = 0; next_block_ < depth && floats < kFloatsEachFrame; ++next_block_) {
    floats += vit::floats_read(*trace_, next_block_) + vit::floats_read(*trained_, next_block_);
    const std::vector<float> now = vit::attention_mean(*trace_, next_block_, query_);
    const std::vector<float> before = vit::attention_mean(*trained_, next_block_, query_);
    for (std::size_t t = 0; t < now.size(); ++t) moved_ += std::abs(static_cast<double>(now[t]) - before[t]) / 2;
  }
  if (next_block_ < depth) return;
  drift_.maps_moved = moved_ / depth;
  next_block_ = -1;
}

}  // namespace headlight
