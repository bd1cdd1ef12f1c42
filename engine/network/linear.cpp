#include "engine/network/linear.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace vit {

Linear::Linear(int outputs, int inputs, int groups, const std::function<void(int row, float* out)>& read_row,
               std::vector<float> bias, const KernelTable& table)
    : outputs_(outputs), inputs_(inputs), groups_(groups), bias_(std::move(bias)), table_(&table) {
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

void linear(MatrixView x, const Linear& layer, const Epilogue& epilogue, std::initializer_list<MatrixSpan> y,
            const Part& part) {
  assert(x.cols == layer.inputs() && static_cast<int>(y.size()) == layer.groups());
  assert(0 <= part.row_begin && part.row_end <= x.rows);
  const KernelTable& table = layer.table();
  const int group_outputs = layer.outputs() / layer.groups();
  const bool has_residual = epilogue.residual.data != nullptr;
  assert(!has_residual || (part.row_end <= epilogue.residual.rows && epilogue.residual.cols == layer.outputs()));
  int group = 0;
  for (const MatrixSpan& c : y) {
    assert(part.row_end <= c.rows && c.cols == group_outputs);
    const int first = group * group_outputs;  // output of the layer that the group begins with
    table.gemm({.a = x.data,
                .a_stride = x.stride,
                .b = layer.group_panels(group),
                .panel_stride = static_cast<std::ptrdiff_t>(layer.inputs()) * table.panel,
                .k_stride = table.panel,
                .depth = layer.inputs(),
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
                .activation = epilogue.activation});
    ++group;
  }
}

}  // namespace vit
