#include "app/drift.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/classes.h"
#include "engine/attention.h"

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
  if (!trace || !trained || trace == trained || trace->pixels != trained->pixels) return nullptr;
  if (trace != trace_ || trained != trained_ || query != query_) {
    trace_ = trace;
    trained_ = trained;
    query_ = query;
    drift_ = {.what = departures(trace->settings, trace->model->config)};
    if (drift_.what.empty()) return nullptr;  // comparing the maps of a large network takes milliseconds
    if (!trace->logits.empty() && trace->logits.size() == trained->logits.size()) {
      const ClassScore trained_top = top_classes(trained->logits, {}, 1)[0];
      drift_.top1 = trained_top.index;
      drift_.top1_before = trained_top.probability;
      drift_.top1_now = probabilities(trace->logits)[static_cast<std::size_t>(drift_.top1)];
    }
    query = std::clamp(query, 0, trace->grid.tokens() - 1);
    const int depth = static_cast<int>(trace->blocks.size());
    for (int b = 0; b < depth; ++b) {
      const std::vector<float> now = vit::attention_mean(*trace, b, query);
      const std::vector<float> before = vit::attention_mean(*trained, b, query);
      double moved = 0;
      for (std::size_t t = 0; t < now.size(); ++t) moved += std::abs(static_cast<double>(now[t]) - before[t]);
      drift_.maps_moved += moved / 2 / depth;
    }
  }
  return drift_.what.empty() ? nullptr : &drift_;
}

}  // namespace headlight
