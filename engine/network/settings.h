// Everything that changes the numbers of a forward pass. What only changes the picture is the app's View.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vit {

struct ModelConfig;

enum class Kernel : std::uint8_t {
  eager,      // operator by operator, each result materialised and timed: the note's own order
  tiled,      // attention by blocks of rows of a head, softmax inside the block
  reference,  // naive and slow: the twin that tests and benches compare with
};
const char* name_of(Kernel kernel);

/// What a trace keeps of the attention probabilities.
enum class Keep : std::uint8_t {
  automatic,  // the maps while they fit the memory budget, else queries and keys only
  none,       // neither queries, keys nor maps: for benchmarks of the pass alone
  qk,         // input, queries and keys of every block; maps are computed when asked for
  maps,       // those and every map
};

struct Settings {
  std::vector<int> num_heads;  // (L) heads of every block, each a divisor of C
  bool qkv_bias = true;        // false: the qkv projections run without their bias
  bool training = false;       // the two dropouts act in training mode only
  float attn_drop = 0.f;       // probability 0 … <1
  float proj_drop = 0.f;
  std::uint64_t seed = 0;  // of the dropout masks
  Kernel kernel = Kernel::tiled;
  int threads = 1;
  Keep keep = Keep::automatic;
  bool operator==(const Settings&) const = default;

  /// Threads that a pass takes: the reference kernel runs on one.
  int pass_threads() const { return kernel == Kernel::reference ? 1 : threads; }
  float active_attn_drop() const { return training ? attn_drop : 0.f; }
  float active_proj_drop() const { return training ? proj_drop : 0.f; }
};

/// The settings a network was trained with, on all processors of this machine.
Settings trained_settings(const ModelConfig& config);

/// The settings with another head count in one block or in all (block -1).
Settings with_heads(Settings settings, int heads, int block);

/// Throws Error unless the network can run so; a head count that does not divide C is refused by naming the divisors.
void validate(const Settings& settings, const ModelConfig& config);

/// The divisors of C in ascending order: the possible head counts.
std::vector<int> divisors(int channels);

/// The first block whose results can differ between the two, or the number of blocks if none can. Another kernel rounds
/// differently, so it counts from block 0; the number of threads and what is kept change no number.
int first_changed_block(const Settings& a, const Settings& b);

}  // namespace vit
