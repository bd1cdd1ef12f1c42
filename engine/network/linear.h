// A fully connected layer y = x·Wᵀ + b whose weights are packed once, when the model is loaded.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/matrix.h"
#include "engine/kernels/bf16_kernels.h"
#include "engine/kernels/kernels.h"

namespace vit {

/// Immutable after construction. `groups` splits the outputs into equal parts that each begin at a panel of their own,
/// so that a product can write them into different matrices: 3 for qkv, 1 otherwise.
class Linear {
 public:
  Linear() = default;
  /// `read_row(row, out)` delivers the `inputs` weights of one output; it is called once for each row in order, so that
  /// a checkpoint's pages can be converted and let go one by one. `bias` is empty or has `outputs` entries.
  Linear(int outputs, int inputs, int groups, const std::function<void(int row, float* out)>& read_row,
         std::vector<float> bias, const KernelTable& table = kernels());

  int outputs() const { return outputs_; }
  int inputs() const { return inputs_; }
  int groups() const { return groups_; }
  const std::vector<float>& bias() const { return bias_; }
  bool has_bias() const { return !bias_.empty(); }
  const float* group_panels(int group) const { return panels_.get() + group * group_floats_; }
  std::ptrdiff_t group_floats() const { return static_cast<std::ptrdiff_t>(group_floats_); }
  const KernelTable& table() const { return *table_; }
  std::size_t bytes() const;  // of panels and bias

  /// Packs the weights once more, as bf16 pairs in half the memory. Any thread may ask, any number of times.
  void pack_bf16() const;
  /// Of panels with pairs_of(inputs) steps; after pack_bf16().
  const Bf16Pair* group_pairs(int group) const { return pairs_->panels.get() + group * pairs_->group_floats; }

  /// Weight of output `out` and input `in`, read back from the panels: for tests and the reference path.
  float weight(int out, int in) const;

 private:
  struct Pairs {
    std::once_flag packed;
    std::size_t group_floats = 0;
    AlignedFloats panels;
  };
  int outputs_ = 0, inputs_ = 0, groups_ = 1;
  std::size_t group_floats_ = 0;
  AlignedFloats panels_;
  std::vector<float> bias_;
  const KernelTable* table_ = nullptr;
  std::unique_ptr<Pairs> pairs_;
};

/// What happens to a product before it is stored, in this order.
struct Epilogue {
  bool bias = true;  // add the layer's bias, if it has one
  Activation activation = Activation::none;
  const float* scale = nullptr;  // (outputs) LayerScale
  MatrixView residual = {};      // (rows, outputs) added last, or empty; may be the destination itself
  bool pairs = false;            // y becomes pairs of bf16 numbers, half as wide: of linear_bf16() alone
};

/// The part of a product that one thread computes: rows of x, and outputs (within each group) by panels.
struct Part {
  int row_begin = 0, row_end = 0;
  int panel_begin = 0, panel_end = -1;  // -1: to the last panel
};

/// y = epilogue(x·Wᵀ), the one product that all paths share. `y` has one matrix for each group of the layer, each
/// (x.rows, outputs / groups), or so many numbers in pairs; rows behind the part's need not exist. Works on the
/// caller's thread and on `part` of the result only.
void linear(MatrixView x, const Linear& layer, const Epilogue& epilogue, std::initializer_list<MatrixSpan> y,
            const Part& part);

/// The same product of numbers rounded to bf16: `pairs` holds the rows of x as Bf16Kernels::pair makes them,
/// (x.rows, pairs_of(inputs)). The layer's pairs must have been packed.
void linear_bf16(MatrixView pairs, const Linear& layer, const Epilogue& epilogue, std::initializer_list<MatrixSpan> y,
                 const Part& part);

/// The one or the other, with memory of its own for the pairs: for what is computed again outside a pass.
void linear(bool bf16, MatrixView x, const Linear& layer, const Epilogue& epilogue, std::initializer_list<MatrixSpan> y,
            const Part& part);

/// Panels of each group of the layer.
int panels_of(const Linear& layer);

}  // namespace vit
