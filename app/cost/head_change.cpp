#include "app/cost/head_change.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "app/words/quantity.h"

namespace headlight {
namespace {

using vit::Op;

constexpr double kFaster = 0.8, kSlower = 1.25;  // what a sentence calls a change
constexpr double kLeastPart = 0.02;              // of the whole time: a smaller difference is not worth a word
constexpr std::size_t kOthersNamed = 2, kBlocksNamed = 3;

bool is_product_of_heads(Op op) {
  return op == Op::scores || op == Op::attn_v;
}

/// "a", "a and b", "a, b and c"
std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

std::vector<int> changed_blocks(const vit::Settings& now, const vit::Settings& trained) {
  std::vector<int> changed;
  for (int b = 0; b < now.depth(); ++b)
    if (now.heads(b) != trained.heads(b)) changed.push_back(b);
  return changed;
}

RowChange row_change(const MeasuredTable& now, const vit::Measurements& times, const MeasuredTable& trained,
                     const vit::Measurements& trained_times, Op op, int block) {
  constexpr vit::Convention kAll = vit::Convention::elements;
  RowChange row{.op = op};
  const double before = trained.table.cost(op, block, kAll).operations;
  if (before > 0) row.operations = now.table.cost(op, block, kAll).operations / before;
  const vit::RowTime time = times.row(op, block), trained_time = trained_times.row(op, block);
  row.ms = time.median_ms;
  row.trained_ms = trained_time.median_ms;
  row.spread = std::max(time.spread, trained_time.spread);
  row.gflops = vit::gflops(now.table.cost_with_fused(op, block, kAll).operations, row.ms);
  row.trained_gflops = vit::gflops(trained.table.cost_with_fused(op, block, kAll).operations, row.trained_ms);
  if (row.ms > 0 && row.trained_ms > 0) row.time = row.ms / row.trained_ms;
  return row;
}

/// "6 → 192 heads.", "Blocks 3 and 5: 6 → 192 heads."
std::string heads_words(const vit::Settings& now, const vit::Settings& trained, int block) {
  const std::vector<int> changed = changed_blocks(now, trained);
  const int first = block >= 0 ? block : changed.front();
  const auto like_first = [&](int b) {
    return now.heads(b) == now.heads(first) && trained.heads(b) == trained.heads(first);
  };
  const bool alike = std::all_of(changed.begin(), changed.end(), like_first);
  const bool everywhere = alike && static_cast<int>(changed.size()) == now.depth();
  std::string counts =
      fmt::format("{} → {} {}.", trained.heads(first), now.heads(first), now.heads(first) == 1 ? "head" : "heads");
  if (everywhere) return counts;
  if (block >= 0) return fmt::format("Block {}: ", block) + counts;
  const std::string part = fmt::format("{} of {} blocks", changed.size(), now.depth());
  if (!alike) return fmt::format("Another head count in {} (trained with {}).", part, trained.heads(first));
  if (changed.size() > kBlocksNamed) return part + ": " + counts;
  std::vector<std::string> names;
  names.reserve(changed.size());
  for (const int b : changed) names.push_back(std::to_string(b));
  return (names.size() == 1 ? "Block " : "Blocks ") + joined(names) + ": " + counts;
}

std::string percent_more(double ratio) {
  return (ratio < 1 ? "−" : "+") + percent_text(std::abs(ratio - 1));
}

/// "Operations: scale and softmax ×32, all else ×1 (the block +4.2 %)."
std::string operations_words(const HeadChange& change) {
  std::vector<std::string> parts;
  std::vector<std::string> names;  // of the rows that share a ratio
  std::string ratio;
  const auto flush = [&] {
    if (!names.empty()) parts.push_back(joined(names) + " " + ratio);
    names.clear();
  };
  for (const RowChange& row : change.rows) {
    if (row.operations == 1) continue;
    if (ratio != ratio_text(row.operations)) flush();
    ratio = ratio_text(row.operations);
    names.emplace_back(vit::name_of(row.op));
  }
  flush();
  std::string text = "Operations: ";
  for (const std::string& part : parts) text += part + ", ";
  return text + "all else ×1 (the " + (change.block >= 0 ? "block " : "network ") + percent_more(change.operations) +
         ").";
}

std::string rough_rate(double gflops) {
  return fmt::format("{:.{}f}", gflops, gflops >= 9.95 ? 0 : gflops >= 0.995 ? 1 : 2);
}

/// "q·kᵀ ×22 and attn·v ×17, since each head's product is one channel wide (6 GFLOP/s in place of 134)"
std::string products_words(const std::vector<const RowChange*>& products, int channels, int trained_channels) {
  std::vector<std::string> words;
  words.reserve(products.size());
  for (const RowChange* row : products)
    words.push_back(std::string(vit::name_of(row->op)) + " " + ratio_text(*row->time));
  const RowChange& first = *products.front();
  const std::string rates =
      fmt::format(" ({} GFLOP/s in place of {})", rough_rate(first.gflops), rough_rate(first.trained_gflops));
  const bool narrower = channels > 0 && channels < trained_channels;
  const bool slower =
      std::all_of(products.begin(), products.end(), [](const RowChange* row) { return *row->time > 1; });
  if (!narrower || !slower) return joined(words) + rates;
  const std::string width = channels == 1 ? "one channel" : std::to_string(channels) + " channels";
  return joined(words) + ", since each head's product is " + width + " wide" + rates;
}

/// What the clock says: the products of the heads first, with the reason, then what else changed by much. `spread`: of
/// the whole times; what is within it, or within a row's own, is no change.
std::string time_words(const HeadChange& change, double whole_ms, double spread, int channels, int trained_channels) {
  if (!change.time) return "Time: being measured.";
  std::vector<const RowChange*> products, others;
  bool within_spread = false;
  for (const RowChange& row : change.rows) {
    if (!row.time || (*row.time > kFaster && *row.time < kSlower)) continue;
    if (std::abs(row.ms - row.trained_ms) < kLeastPart * whole_ms) continue;
    const double most = 1 + std::max(row.spread, change.noisy ? spread : 0.0);
    if (std::max(*row.time, 1 / *row.time) < most) {
      within_spread = true;
      continue;
    }
    (is_product_of_heads(row.op) ? products : others).push_back(&row);
  }
  const auto moved = [](const RowChange* row) { return std::abs(row->ms - row->trained_ms); };
  std::sort(others.begin(), others.end(), [&](auto* a, auto* b) { return moved(a) > moved(b); });
  if (others.size() > kOthersNamed) others.resize(kOthersNamed);

  const std::string whole = (change.block >= 0 ? "the block " : "the pass ") + ratio_text(*change.time);
  std::string text = change.noisy ? "Time, roughly: " : "Time: ";
  if (products.empty() && others.empty())
    text += within_spread ? "no operator changes by more than its times scatter; " : "no operator changes by much; ";
  if (!products.empty()) text += products_words(products, channels, trained_channels) + "; ";
  for (const RowChange* row : others) text += std::string(vit::name_of(row->op)) + " " + ratio_text(*row->time) + ", ";
  return text + whole + ".";
}

/// Channels of a head where all changed blocks agree, else 0.
int channels_of_a_head(const vit::CostTable& table, const std::vector<int>& blocks) {
  const vit::Settings& settings = table.settings();
  for (const int b : blocks)
    if (settings.heads(b) != settings.heads(blocks.front())) return 0;
  return static_cast<int>(table.sizes(blocks.front()).C) / settings.heads(blocks.front());
}

}  // namespace

const RowChange* HeadChange::find(Op op) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const RowChange& row) { return row.op == op; });
  return found == rows.end() ? nullptr : &*found;
}

std::string ratio_text(double ratio) {
  if (ratio >= 9.95) return fmt::format("×{:.0f}", ratio);
  std::string number = fmt::format("{:.{}f}", ratio, ratio >= 0.95 ? 1 : 2);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return "×" + number;
}

std::optional<HeadChange> head_change(const MeasuredTable& now, const MeasuredTable& trained, int block) {
  const vit::Settings &settings = now.table.settings(), &before = trained.table.settings();
  const std::vector<int> changed = changed_blocks(settings, before);
  if (changed.empty()) return std::nullopt;
  if (block >= 0 && settings.heads(block) == before.heads(block)) block = -1;

  const vit::Measurements times(now.table, now.passes), trained_times(trained.table, trained.passes);
  HeadChange change{.block = block};
  for (const vit::Operator& row : now.table.operators())
    if (vit::is_block_op(row.op)) change.rows.push_back(row_change(now, times, trained, trained_times, row.op, block));

  const vit::Section section = block >= 0 ? vit::Section::block : vit::Section::model;
  const auto operations = [&](const vit::CostTable& table) {
    return table.total(section, block, vit::Convention::elements).operations;
  };
  change.operations = operations(now.table) / operations(trained.table);
  const auto time_of = [&](const vit::Measurements& measured) {
    return block >= 0 ? measured.section(section, block) : measured.wall();
  };
  const vit::RowTime time = time_of(times), trained_time = time_of(trained_times);
  const double spread = std::max(time.spread, trained_time.spread);
  if (time.calls > 0 && trained_time.calls > 0 && trained_time.median_ms > 0) {
    change.time = time.median_ms / trained_time.median_ms;
    change.noisy = spread > vit::kNoisySpread;
  }
  const std::vector<int> about = block >= 0 ? std::vector<int>{block} : changed;
  change.sentence = heads_words(settings, before, block) + " " + operations_words(change) + " " +
                    time_words(change, std::max(time.median_ms, trained_time.median_ms), spread,
                               channels_of_a_head(now.table, about), channels_of_a_head(trained.table, about));
  return change;
}

}  // namespace headlight
