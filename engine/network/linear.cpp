#include "engine/network/linear.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace vit {

Linear::Linear(int outputs, int inputs, int groups, const std::function<void(int row, float* out)>& read_row,
               std::vector<float> bias, const KernelTable& table)
    : outputs_(outputs),
      inputs_(inputs),
      groups_(groups),
      bias_(std::move(bias)),
      table_(&table),
      pairs_(std::make_unique<Pairs>()) {
  assert(outputs > 0 && inputs > 0 && groups > 0 && outputs % groups == 0);
  assert(bias_.empty() || static_cast<int>(bias_.size()) == outputs);
  const int group_outputs = outputs / groups;
  group_floats_ = table.packed_floats(group_outputs, inputs);
  panels_ = allocate_floats(group_floats_ * static_cast<std::size_t>(groups));
  // One panel's rows at a time, so that no second copy of the weight ever stands in memory.
  Matrix rows(table.panel, inputs);
  for (int group = 0; group < groups; ++group) {
    float* panel = panels_.get() + group_floats_ * static_cast<std::size_t>(group);
    for (int first = 0; first < group_outputs; first += table.panel) {
      const int count = std::min(table.panel, group_outputs - first);
      for (int r = 0; r < count; ++r) read_row(group * group_outputs + first + r, rows.row(r));
      table.pack(rows.row(0), rows.stride(), count, inputs, panel);
      panel += table.packed_floats(count, inputs);
    }
  }
}

void Linear::pack_bf16() const {
  std::call_once(pairs_->packed, [this] {
    const auto* bf16 = bf16_kernels(*table_);
    const int panel = table_->panel, steps = pairs_of(inputs_);
    pairs_->group_floats = table_->packed_floats(outputs_ / groups_, steps);
    AlignedFloats panels = allocate_floats(pairs_->group_floats * static_cast<std::size_t>(groups_));
    float* to = panels.get();
    for (int i = 0; i < groups_ * panels_of(*this); ++i) {
      const float* from = panels_.get() + static_cast<std::ptrdiff_t>(i) * panel * inputs_;
      for (int k = 0; k < inputs_; k += 2, to += panel)
        bf16->pair_rows(from + k * panel, k + 1 < inputs_ ? from + (k + 1) * panel : nullptr, panel, to);
    }
    pairs_->panels = std::move(panels);
  });
}

std::size_t Linear::bytes() const {
  return (group_floats_ * static_cast<std::size_t>(groups_) + bias_.size()) * sizeof(float);
}

float Linear::weight(int out, int in) const {
  const int group_outputs = outputs_ / groups_;
  const int panel = table_->panel;
  const int column = out % group_outputs;  // of the group
  const std::size_t panel_floats = static_cast<std::size_t>(panel) * inputs_;
  return group_panels(
      out / group_outputs)[column / panel * panel_floats + static_cast<std::size_t>(in) * panel + column % panel];
}

int panels_of(const Linear& layer) {
  const int group_outputs = layer.outputs() / layer.groups();
  return (group_outputs + layer.table().panel - 1) / layer.table().panel;
}

namespace {

/// Where a product finds its factors: plain floats, or pairs.
struct Factors {
  MatrixView x;               // (rows, depth)
  const float* panels;        // of group 0
  std::ptrdiff_t group_step;  // floats from one group's panels to the next's
  void (*gemm)(const Gemm&);
};

void multiply(const Factors& factors, const Linear& layer, const Epilogue& epilogue,
              std::initializer_list<MatrixSpan> y, const Part& part) {
  const int panel = layer.table().panel, depth = factors.x.cols;
  assert(static_cast<int>(y.size()) == layer.groups());
  assert(0 <= part.row_begin && part.row_end <= factors.x.rows);
  const int group_outputs = layer.outputs() / layer.groups();
  const bool has_residual = epilogue.residual.data != nullptr;
  assert(!has_residual || (part.row_end <= epilogue.residual.rows && epilogue.residual.cols == layer.outputs()));
  int group = 0;
  for (const MatrixSpan& c : y) {
    assert(part.row_end <= c.rows && c.cols == (epilogue.pairs ? pairs_of(group_outputs) : group_outputs));
    const int first = group * group_outputs;  // output of the layer that the group begins with
    factors.gemm({.a = factors.x.data,
                  .a_stride = factors.x.stride,
                  .b = factors.panels + group * factors.group_step,
                  .panel_stride = static_cast<std::ptrdiff_t>(depth) * panel,
                  .k_stride = panel,
                  .depth = depth,
                  .columns = group_outputs,
                  .row_begin = part.row_begin,
                  .row_end = part.row_end,
                  .panel_begin = part.panel_begin,
                  .panel_end = part.panel_end < 0 ? panels_of(layer) : part.panel_end,
                  .c = c.data,
                  .c_stride = c.stride,
                  .bias = epilogue.bias && layer.has_bias() ? layer.bias().data() + first : nullptr,
                  .scale = epilogue.scale != nullptr ? epilogue.scale + first : nullptr,
                  .addend = has_residual ? epilogue.residual.data + first : nullptr,
                  .addend_stride = epilogue.residual.stride,
                  .activation = epilogue.activation,
                  .pairs = epilogue.pairs});
    ++group;
  }
}

}  // namespace

void linear(MatrixView x, const Linear& layer, const Epilogue& epilogue, std::initializer_list<MatrixSpan> y,
            const Part& part) {
  assert(x.cols == layer.inputs() && !epilogue.pairs);
  multiply({x, layer.group_panels(0), layer.group_floats(), layer.table().gemm}, layer, epilogue, y, part);
}

void linear_bf16(MatrixView pairs, const Linear& layer, const Epilogue& epilogue, std::initializer_list<MatrixSpan> y,
                 const Part& part) {
  assert(pairs.cols == pairs_of(layer.inputs()));
  const auto step = layer.group_pairs(1) - layer.group_pairs(0);
  multiply({pairs, layer.group_pairs(0), step, bf16_kernels(layer.table())->gemm}, layer, epilogue, y, part);
}

void linear(bool bf16, MatrixView x, const Linear& layer, const Epilogue& epilogue, std::initializer_list<MatrixSpan> y,
            const Part& part) {
  if (!bf16) return linear(x, layer, epilogue, y, part);
  layer.pack_bf16();
  Matrix pairs(x.rows, pairs_of(x.cols));
  for (int r = part.row_begin; r < part.row_end; ++r) bf16_kernels(layer.table())->pair(x.row(r), x.cols, pairs.row(r));
  linear_bf16(pairs.view(), layer, epilogue, y, part);
}

}  // namespace vit
