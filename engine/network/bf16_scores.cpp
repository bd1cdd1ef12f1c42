#include "engine/network/bf16_scores.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "engine/kernels/bf16_kernels.h"

namespace vit {

HeadFactors head_factors(const Trace& trace, int block, int head) {
  const BlockTrace& kept = *trace.blocks.at(static_cast<std::size_t>(block));
  const int dim = kept.q.cols() / trace.settings.heads(block);
  HeadFactors factors = {{kept.q.row(0) + head * dim, kept.q.rows(), dim, kept.q.stride()},
                         {kept.k.row(0) + head * dim, kept.k.rows(), dim, kept.k.stride()},
                         {},
                         {}};
  if (!trace.settings.rounded().scores || trace.model->config.window(block) > 0) return factors;
  factors.rounded_q = Matrix(factors.q);
  factors.rounded_k = Matrix(factors.k);
  const Bf16Kernels* own = bf16_kernels(trace.model->patch_embed.table());
  const Bf16Kernels& bf16 = own != nullptr ? *own : reference_bf16_kernels();  // they round alike
  std::vector<float> mean(static_cast<std::size_t>(dim));
  bf16.mean(factors.k.data, factors.k.stride, factors.k.rows, dim, mean.data());
  for (int t = 0; t < factors.k.rows; ++t) {
    float* row = factors.rounded_k.row(t);
    std::transform(row, row + dim, mean.begin(), row, std::minus<>());
    bf16.round(factors.rounded_q.row(t), dim);
    bf16.round(factors.rounded_k.row(t), dim);
  }
  factors.q = factors.rounded_q.view();
  factors.k = factors.rounded_k.view();
  return factors;
}

}  // namespace vit
