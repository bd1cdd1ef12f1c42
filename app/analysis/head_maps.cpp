#include "app/analysis/head_maps.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "app/words/quantity.h"
#include "engine/maps/attention.h"

namespace headlight {

namespace {

std::string percent(float share) {
  return share_text(share) + " %";
}

/// How many patches, the largest first, hold half of what all patches hold.
int half_mass_count(const float* map, int patches) {
  std::vector<float> sorted(static_cast<std::size_t>(patches));
  std::copy_n(map, patches, sorted.begin());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const double half = std::accumulate(sorted.begin(), sorted.end(), 0.0) / 2;
  double sum = 0;
  for (int i = 0; i < patches; ++i)
    if ((sum += sorted[static_cast<std::size_t>(i)]) >= half) return i + 1;
  return patches;
}

}  // namespace

bool HeadMaps::update(const std::shared_ptr<const vit::Trace>& trace, const View& view) {
  if (!trace || trace->blocks.empty()) return false;
  const int block = std::clamp(view.block, 0, static_cast<int>(trace->blocks.size()) - 1);
  const int query = std::clamp(view.query, 0, trace->grid.tokens() - 1);
  if (trace == trace_ && block == block_ && query == query_ && view.stage == stage_) return false;
  trace_ = trace;
  block_ = block;
  query_ = query;
  stage_ = view.stage;
  heads_ = trace->settings.num_heads[static_cast<std::size_t>(block)];
  rows_ = trace->grid.rows;
  cols_ = trace->grid.cols;
  values_.assign(static_cast<std::size_t>(count()) * rows_ * cols_, 0.f);
  facts_.assign(static_cast<std::size_t>(count()), {});

  const vit::Matrix rows = vit::attention_rows(*trace, block, query, stage_);
  const int tokens = trace->grid.tokens();
  std::vector<float> mean(static_cast<std::size_t>(tokens), 0.f), max(static_cast<std::size_t>(tokens), 0.f);
  float most_on_patches = 0;
  for (int h = 0; h < heads_; ++h) {
    const float* row = rows.row(h);
    for (int t = 0; t < tokens; ++t) {
      mean[static_cast<std::size_t>(t)] += row[t];
      max[static_cast<std::size_t>(t)] = std::max(max[static_cast<std::size_t>(t)], row[t]);
    }
    fill(index_of(h), row);
    most_on_patches = std::max(most_on_patches, facts(h).patches);
  }
  for (float& value : mean) value /= static_cast<float>(heads_);
  fill(index_of(kMeanOfHeads), mean.data());
  fill(index_of(kMaxOfHeads), max.data());
  facts_[static_cast<std::size_t>(index_of(kMaxOfHeads))].patches = most_on_patches;
  const std::size_t patches = static_cast<std::size_t>(rows_) * cols_;
  shared_ = vit::shared_range({map(0), patches * static_cast<std::size_t>(heads_)});
  return true;
}

void HeadMaps::fill(int index, const float* row) {
  const int prefix = trace_->grid.prefix, patches = rows_ * cols_;
  float* map = values_.data() + static_cast<std::size_t>(index) * patches;
  std::copy_n(row + prefix, patches, map);
  MapFacts& facts = facts_[static_cast<std::size_t>(index)];
  facts.range = vit::range_of({map, static_cast<std::size_t>(patches)});
  facts.own = row[query_];
  for (int t = 0; t < prefix; ++t) facts.prefix += row[t];
  facts.to_token.assign(row, row + prefix);
  facts.patches = static_cast<float>(std::accumulate(map, map + patches, 0.0));
  facts.peak_patch = static_cast<int>(std::max_element(map, map + patches) - map);
  facts.peak = map[facts.peak_patch];
  const float sum = facts.prefix + facts.patches;
  for (int t = 0; t < prefix + patches; ++t)
    if (row[t] > 0) facts.entropy_bits -= row[t] / sum * std::log2(row[t] / sum);
}

bool HeadMaps::after_dropout() const {
  return trace_ && stage_ == vit::Stage::after_dropout && trace_->settings.active_attn_drop() > 0;
}

vit::PatchMap HeadMaps::patch_map(int head) const {
  return {.rows = rows_, .cols = cols_, .values = {map(head), map(head) + static_cast<std::ptrdiff_t>(rows_) * cols_}};
}

vit::Range HeadMaps::range(int head, const View& view) const {
  if (view.range_rule == vit::RangeRule::fixed) return view.fixed_range;
  return view.range_rule == vit::RangeRule::per_head ? facts(head).range : shared_;
}

std::string HeadMaps::sentence(int head) const {
  if (empty()) return {};
  const int patches = rows_ * cols_, prefix = trace_->grid.prefix;
  const MapFacts& f = facts(head);
  const std::string query = query_phrase(query_, trace_->grid, trace_->model->config);
  const std::string from = query + (after_dropout() ? ", after dropout" : "");
  const std::string peak =
      "row " + std::to_string(f.peak_patch / cols_) + ", column " + std::to_string(f.peak_patch % cols_);
  if (head == kMaxOfHeads)
    return "The largest weight that any of the " + std::to_string(heads_) + " heads gives from " + from + " is " +
           percent(f.peak) + ", on " + peak + ".";
  std::string text = head == kMeanOfHeads ? "From " + from + ", the " + std::to_string(heads_) +
                                                (heads_ == 1 ? " head puts " : " heads on average put ")
                                          : "From " + from + ", head " + std::to_string(head) + " puts ";
  text += percent(f.own) + " on " + (query_ < prefix ? query + " itself" : "its own patch");
  const std::string others = prefix > 1 ? "prefix tokens" : "class token";
  if (query_ >= prefix && prefix > 0)
    text += ", " + percent(f.prefix) + " on the " + others;
  else if (query_ < prefix && prefix > 1)
    text += ", " + percent(f.prefix - f.own) + " on the other prefix tokens";
  const int half = half_mass_count(map(head), patches);
  text += "; half of what goes to patches falls on ";
  if (half == 1) return text + "one of " + std::to_string(patches) + ", " + peak + " (" + percent(f.peak) + ").";
  return text + std::to_string(half) + " of " + std::to_string(patches) + ", the most, " + percent(f.peak) + ", on " +
         peak + ".";
}

}  // namespace headlight
