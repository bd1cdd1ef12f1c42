// The textbook's Attention(dim, num_heads, qkv_bias, attn_drop, proj_drop) alone, run by the network's own kernels and
// counted by its operator table.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "engine/base/matrix.h"
#include "engine/cost/cost.h"
#include "engine/network/linear.h"
#include "engine/network/meter.h"
#include "engine/network/pass_buffers.h"
#include "engine/network/settings.h"

namespace vit {

class Pool;

/// One call of the module on x (B, N, C).
struct ModuleSpec {
  int batch = 1;       // B
  int tokens = 197;    // N
  int channels = 768;  // C
  int heads = 12;      // h, divides C
  bool qkv_bias = true;
  float attn_drop = 0.f, proj_drop = 0.f;  // where one is above 0 the module runs as in training
  Kernel kernel = Kernel::eager;           // reference: the eager steps with the plain loops
  int threads = 1;
  bool operator==(const ModuleSpec&) const = default;

  int pass_threads() const { return kernel == Kernel::reference ? 1 : threads; }
};

/// Throws Error that says what is possible: every size at least 1, heads a divisor of C, drops from 0 to below 1, and
/// no more memory than this machine has.
void validate(const ModuleSpec& spec);

/// What a call takes beside the weights, and with them.
std::size_t bytes_needed(const ModuleSpec& spec);

/// The operator table of a network whose one block has this module: its rows of Section::attention are the module's.
CostTable cost_table(const ModuleSpec& spec);

/// Runs modules of any size; keeps weights and buffers for the next. Weights and inputs are drawn from fixed seeds,
/// the same on every machine. One thread at a time.
class ModuleRunner {
 public:
  /// The spec must be valid. `timings.blocks[0]` holds the operators' times, for the whole batch. Throws Cancelled.
  Timings run(const ModuleSpec& spec, Pool& pool, const std::stop_token& stop = {});

  /// Of the latest run, image by image.
  MatrixView input(int image) const { return inputs_[static_cast<std::size_t>(image)].view(); }    // (N, C)
  MatrixView output(int image) const { return outputs_[static_cast<std::size_t>(image)].view(); }  // (N, C)
  const Linear& qkv() const { return weights_of_last_->qkv; }                                      // (3C, C)
  const Linear& proj() const { return weights_of_last_->proj; }                                    // (C, C)

 private:
  struct Weights {
    Linear qkv, proj;
  };
  const Weights& weights(int channels, const KernelTable& table);
  void make_room(const ModuleSpec& spec, const KernelTable& table);

  std::map<std::pair<int, const KernelTable*>, std::unique_ptr<const Weights>> weights_;
  const Weights* weights_of_last_ = nullptr;
  std::vector<Matrix> inputs_, outputs_;  // (B) of (N, C)
  Matrix q_, k_;                          // (N, C)
  PassBuffers buffers_;
};

}  // namespace vit
