#include "engine/cost/measurements.h"

#include <algorithm>

namespace vit {
namespace {

bool is_before_blocks(Op op) {
  return op < Op::norm1;
}

}  // namespace

double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

RowTime summarise(std::vector<double> ms) {
  if (ms.empty()) return {};
  std::sort(ms.begin(), ms.end());
  const double median = quantile(ms, 0.5);
  return {.median_ms = median,
          .min_ms = ms.front(),
          .calls = static_cast<int>(ms.size()),
          .max_ms = ms.back(),
          .spread = median > 0 ? (quantile(ms, 0.75) - quantile(ms, 0.25)) / median : 0};
}

Measurements::Measurements(const CostTable& table, std::span<const Timings> passes) : table_(table), passes_(passes) {}

bool Measurements::covers(const Timings& pass, Op op, int block) const {
  if (is_before_blocks(op)) return pass.first_block == 0;
  if (!is_block_op(op)) return true;
  return pass.first_block <= std::max(block, table_.first_block());
}

double Measurements::row_ms(const Timings& pass, Op op, int block) const {
  const auto own = [&](Op o) {
    const auto i = static_cast<std::size_t>(o);
    if (!is_block_op(o)) return pass.model[i];
    if (block >= 0) return pass.blocks[static_cast<std::size_t>(block)][i];
    double sum = 0;
    for (const OpTimes& times : pass.blocks) sum += times[i];
    return sum;
  };
  const Operator* row = table_.find(op);
  if (row == nullptr || row->fused_into) return 0;
  double ms = own(op);
  for (const Operator& other : table_.operators())
    if (other.fused_into == op) ms += own(other.op);
  return ms;
}

RowTime Measurements::row(Op op, int block) const {
  const Operator* row = table_.find(op);
  if (row == nullptr || row->fused_into) return {};
  std::vector<double> ms;
  for (const Timings& pass : passes_)
    if (covers(pass, op, block)) ms.push_back(row_ms(pass, op, block));
  return summarise(std::move(ms));
}

RowTime Measurements::section(Section section, int block) const {
  std::vector<double> ms;
  double medians = 0;
  for (const Operator& row : table_.operators()) {
    if (belongs_to(row.op, section)) medians += this->row(row.op, block).median_ms;
  }
  for (const Timings& pass : passes_) {
    double sum = 0;
    bool whole = true;
    for (const Operator& row : table_.operators()) {
      if (!belongs_to(row.op, section)) continue;
      whole = whole && covers(pass, row.op, block);
      sum += row_ms(pass, row.op, block);
    }
    if (whole) ms.push_back(sum);
  }
  RowTime time = summarise(std::move(ms));
  if (time.calls > 0) time.median_ms = medians;
  return time;
}

RowTime Measurements::wall() const {
  std::vector<double> ms;
  for (const Timings& pass : passes_)
    if (pass.first_block <= table_.first_block()) ms.push_back(pass.wall_ms);
  return summarise(std::move(ms));
}

double Measurements::waiting_ms() const {
  double rows = 0;
  for (const Operator& row : table_.operators()) rows += this->row(row.op, -1).median_ms;
  return wall().median_ms - rows;
}

double Measurements::waiting_ms(int block) const {
  std::vector<double> ms;
  const auto b = static_cast<std::size_t>(block);
  for (const Timings& pass : passes_)
    if (pass.first_block <= block && b < pass.block_waiting_ms.size()) ms.push_back(pass.block_waiting_ms[b]);
  return summarise(std::move(ms)).median_ms;
}

std::string fused_text(const Operator& row) {
  return row.fused_into ? std::string("in ") + name_of(*row.fused_into) : std::string();
}

double gflops(double operations, double ms) {
  return ms > 0 ? operations / ms * 1e-6 : 0;
}

}  // namespace vit
