// The product with a layer's transposed weights, dx = dy·W: what a gradient does where the forward pass multiplies by
// Wᵀ. The weights stay packed as the forward pass has them; a panel at a time is turned round beside the product.
#pragma once

#include <cstddef>

#include "engine/base/matrix.h"
#include "engine/base/pool.h"
#include "engine/network/linear.h"

namespace vit {

/// Panels of the inputs, which threads share out: a product writes columns of dx and reads all of dy.
int transposed_panels(const Linear& layer);

/// Floats that a product needs beside its operands, on each thread.
std::size_t transposed_room(const Linear& layer);

/// dx = dy·W, or dx + dy·W with `add`, for the columns of `panels`. dy: (rows, outputs / groups) gradients of group
/// `group` of the layer's outputs; dx: (rows, inputs). Works on the caller's thread.
struct TransposedProduct {
  MatrixView dy;
  int group = 0;
  bool add = false;
  MatrixSpan dx;
  Share panels;
};
void linear_transposed(const Linear& layer, const TransposedProduct& product, float* room);

}  // namespace vit
