#include "engine/network/transposed.h"

#include <algorithm>
#include <cassert>

namespace vit {
namespace {

// A slice of the weights and the rows that it meets stay in the level-2 cache together.
constexpr int kDepth = 1024;  // outputs in a slice
constexpr int kRows = 256;    // of dy

int depth_of_slices(const Linear& layer) {
  const int panel = layer.table().panel;
  return std::min(kDepth / panel * panel, (layer.outputs() / layer.groups() + panel - 1) / panel * panel);
}

/// Outputs [first, last) by one panel of inputs, as the right-hand side of a product: each packed panel of the layer is
/// (inputs, panel), so that packing its rows turns it round.
void turn(const Linear& layer, int group, int input_panel, int first, int last, float* to) {
  const KernelTable& table = layer.table();
  const int panel = table.panel, input = input_panel * panel;
  const float* from = layer.group_panels(group);
  for (int output = first; output < last; output += panel) {
    table.pack(from + static_cast<std::ptrdiff_t>(output) * layer.inputs() + static_cast<std::ptrdiff_t>(input) * panel,
               panel, std::min(panel, layer.inputs() - input), std::min(panel, last - output),
               to + static_cast<std::ptrdiff_t>(output - first) * panel);
  }
}

}  // namespace

int transposed_panels(const Linear& layer) {
  return (layer.inputs() + layer.table().panel - 1) / layer.table().panel;
}

std::size_t transposed_room(const Linear& layer) {
  return static_cast<std::size_t>(depth_of_slices(layer)) * layer.table().panel;
}

void linear_transposed(const Linear& layer, const TransposedProduct& p, float* room) {
  const KernelTable& table = layer.table();
  const int outputs = layer.outputs() / layer.groups(), slice = depth_of_slices(layer);
  assert(p.dy.cols == outputs && p.dx.cols == layer.inputs() && p.dx.rows == p.dy.rows);
  for (int row = 0; row < p.dy.rows; row += kRows) {
    for (int first = 0; first < outputs; first += slice) {
      const int last = std::min(first + slice, outputs);
      const bool add = p.add || first > 0;
      for (int panel = p.panels.begin; panel < p.panels.end; ++panel) {
        turn(layer, p.group, panel, first, last, room);
        table.gemm({.a = p.dy.data + first,
                    .a_stride = p.dy.stride,
                    .b = room,
                    .panel_stride = 0,  // there is this one
                    .k_stride = table.panel,
                    .depth = last - first,
                    .columns = layer.inputs(),
                    .row_begin = row,
                    .row_end = std::min(row + kRows, p.dy.rows),
                    .panel_begin = panel,
                    .panel_end = panel + 1,
                    .c = p.dx.data,
                    .c_stride = p.dx.stride,
                    .addend = add ? p.dx.data : nullptr,
                    .addend_stride = p.dx.stride});
      }
    }
  }
}

}  // namespace vit
