#include "engine/maps/map_set.h"

#include <atomic>
#include <utility>

namespace vit {
namespace {

constexpr Choice<Direction> kDirections[] = {
    {Direction::looks_at, "looks-at", "looks at", "Where the query looks: its row of attention, which sums to 1."},
    {Direction::looked_at_by, "looked-at-by", "looked at by",
     "Who looks at the query: its column of attention, one share from every token."},
    {Direction::product, "both", "both ways",
     "Who looks at the query and is looked at by it: a token's share in the query's row times its share in the "
     "column."},
};

/// As wide below zero as above it, up to the size that 99.5 % of the values are at most.
Range about_zero(std::vector<float> values) {
  for (float& value : values) value = std::abs(value);
  const float most = std::max(shared_range(values).high, 1e-20f);
  return {-most, most};
}

}  // namespace

std::span<const Choice<Direction>> choices(Direction) {
  return kDirections;
}

PatchMap MapSet::patch_map(int index) const {
  PatchMap one{rows, cols, {map(index).begin(), map(index).end()}, even};
  one.about_zero = scale == Scale::about_zero;
  if (const std::ptrdiff_t from = paint_of(index); from >= 0)
    one.paint.assign(paint.begin() + from, paint.begin() + from + std::ptrdiff_t{4} * patches());
  return one;
}

int MapSet::find(int block, int head) const {
  if (chosen >= 0) return chosen;
  int found = -1;  // the last of the block whose head is not beyond the wanted one
  for (int i = 0; i < count(); ++i) {
    const MapLabel& label = labels[static_cast<std::size_t>(i)];
    if (label.block == block && (label.head <= head || found < 0)) found = i;
  }
  if (found >= 0) return found;
  return labels.empty() ? -1 : 0;
}

Range MapSet::range(int index, const Look& look) const {
  switch (look.range_rule) {
    case RangeRule::shared:
      return of_block[static_cast<std::size_t>(index)];
    case RangeRule::all:
      return all;
    case RangeRule::per_head:
      return own[static_cast<std::size_t>(index)];
    case RangeRule::fixed:
      break;
  }
  return scale == Scale::about_zero ? Range{-look.fixed_range.high, look.fixed_range.high} : look.fixed_range;
}

Colormap MapSet::colormap(const Look& look) const {
  return scale == Scale::about_zero ? Colormap::blue_red : look.colormap;
}

MapSetBuilder::MapSetBuilder(const Subject& subject, Question question, bool on_other)
    : set_(std::make_shared<MapSet>()) {
  set_->trace = subject.trace;
  set_->other = subject.other;
  set_->on_other = on_other;
  set_->question = std::move(question);
  set_->rows = set_->ground().grid.rows;
  set_->cols = set_->ground().grid.cols;
}

void MapSetBuilder::add(MapLabel label, const float* row, bool counts) {
  const int prefix = set_->ground().grid.prefix, tokens = set_->ground().grid.tokens();
  set_->labels.push_back(std::move(label));
  set_->prefix.insert(set_->prefix.end(), row, row + prefix);
  set_->values.insert(set_->values.end(), row + prefix, row + tokens);
  set_->own.push_back(range_of({row + prefix, static_cast<std::size_t>(tokens - prefix)}));
  if (!counts) return;
  std::vector<float>& counted = counted_[set_->labels.back().block];
  counted.insert(counted.end(), row + prefix, row + tokens);
}

int MapSetBuilder::paint(std::span<const std::vector<float>, 4> planes) {
  set_->scale = Scale::rgb;
  const auto index = static_cast<int>(set_->paint.size()) / (4 * set_->patches());
  for (const std::vector<float>& plane : planes) set_->paint.insert(set_->paint.end(), plane.begin(), plane.end());
  return index;
}

void MapSetBuilder::add_matrix(MapLabel label, const Matrix& values, std::vector<float> row_sums,
                               std::vector<float> column_sums) {
  set_->rows = values.rows();
  set_->cols = values.cols();
  set_->prefix.assign(static_cast<std::size_t>(set_->trace->grid.prefix), 0.f);
  set_->values.reserve(static_cast<std::size_t>(values.rows()) * values.cols());
  for (int row = 0; row < values.rows(); ++row)
    set_->values.insert(set_->values.end(), values.row(row), values.row(row) + values.cols());
  set_->own.push_back(range_of(set_->values));
  counted_[label.block] = set_->values;
  set_->labels.push_back(std::move(label));
  set_->row_sums = std::move(row_sums);
  set_->column_sums = std::move(column_sums);
}

void MapSetBuilder::are_directed_shares() {
  are_shares();
  if (set_->question.direction == Direction::product) set_->even *= set_->even;
}

void MapSetBuilder::compare(std::shared_ptr<const MapSet> side_a, std::shared_ptr<const MapSet> side_b) {
  set_->even = side_a->even;
  set_->side_a = std::move(side_a);
  set_->side_b = std::move(side_b);
}

std::shared_ptr<const MapSet> MapSetBuilder::finish() {
  static std::atomic<std::uint64_t> serials{0};
  set_->serial = ++serials;
  std::vector<float> every;
  std::map<int, Range> ranges;
  for (const auto& [block, values] : counted_) {
    ranges[block] = shared_range(values);
    every.insert(every.end(), values.begin(), values.end());
  }
  for (const MapLabel& label : set_->labels) set_->of_block.push_back(ranges[label.block]);
  set_->all = shared_range(every);
  if (set_->is_mask) {
    set_->all = {0, 1};
    set_->own.assign(set_->labels.size(), set_->all);
    set_->of_block = set_->own;
  }
  if (set_->scale == Scale::about_zero) {
    set_->all = about_zero(std::move(every));
    for (std::size_t i = 0; i < set_->labels.size(); ++i) {
      const Range own = set_->own[i];
      const float most = std::max({-own.low, own.high, 1e-20f});
      set_->own[i] = {-most, most};
      set_->of_block[i] = about_zero(counted_[set_->labels[i].block]);
    }
  }
  return std::move(set_);
}

}  // namespace vit
