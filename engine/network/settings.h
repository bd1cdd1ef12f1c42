// How a network is run: what changes the numbers of a pass, and what changes only how they come about.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/choices.h"
#include "engine/network/operators.h"

namespace vit {

struct ModelConfig;

enum class Kernel : std::uint8_t {
  eager,      // operator by operator, each result materialised and timed
  tiled,      // attention by blocks of rows of a head, softmax inside the block
  reference,  // naive and slow: what the other two are compared with
};
std::span<const Choice<Kernel>> choices(Kernel);

/// How the numbers of a product are held; sums are F32 in both.
enum class Precision : std::uint8_t {
  exact,  // F32
  bf16,   // rounded to bf16, 8 bits of mantissa in place of 24, where Rounded says so
};
std::span<const Choice<Precision>> choices(Precision);

/// The products whose factors Precision::bf16 rounds. Each has a switch of its own, so that its error can be measured
/// (tests/bench/bf16_errors.cpp); norms, softmax, activations, residuals, pools and heads are always F32.
struct Rounded {
  bool patch_embed = false;  // 1 % of the time, and as much of the error as any other
  bool qkv = true, scores = true, attn_v = true, proj = true, fc1 = true, fc2 = true;
  bool operator==(const Rounded&) const = default;

  bool includes(Op op) const;
};

/// What a trace keeps of the attention probabilities.
enum class Keep : std::uint8_t {
  none,       // neither queries, keys nor maps: for benchmarks of the pass alone
  qk,         // input, queries and keys of every block; maps are computed when asked for
  maps,       // those and every map
  automatic,  // the maps while they fit the memory budget, else queries and keys only
};
std::span<const Choice<Keep>> choices(Keep);

/// What is multiplied with the output of a head before the projection: 1 as trained, 0 where it is off.
inline constexpr float kLargestFactor = 10;

/// Their maps are computed as ever, whatever the factors.
struct BlockSettings {
  int heads = 1;                     // h, a divisor of C
  std::vector<int> off;              // ascending: heads of factor 0
  std::map<int, float> scaled = {};  // heads with another factor than 0 and 1: above 0, at most kLargestFactor
  bool operator==(const BlockSettings&) const = default;

  bool is_off(int head) const;
  float factor(int head) const;
  bool all_as_trained() const { return off.empty() && scaled.empty(); }
};

/// What changes the result of a pass.
struct Numbers {
  std::vector<BlockSettings> blocks;  // (L)
  bool qkv_bias = true;               // false: the qkv projections run without their bias
  bool training = false;              // the two dropouts act in training mode only
  float attn_drop = 0.f;              // probability 0 … <1
  float proj_drop = 0.f;
  std::uint64_t seed = 0;  // of the dropout masks
  bool operator==(const Numbers&) const = default;

  int depth() const { return static_cast<int>(blocks.size()); }
  int heads(int block) const { return blocks.at(static_cast<std::size_t>(block)).heads; }
  std::vector<int> head_counts() const;  // (L)
  /// Another head count in one block or in all (-1). The heads of a block that changes are others than before, so that
  /// all of them have the factor 1.
  void set_heads(int heads, int block = -1);
  void set_heads(const std::vector<int>& counts);  // (L), likewise
  /// Switches a head off, or on with the factor 1; one that is on keeps its factor.
  void switch_head(int block, int head, bool off);
  /// Gives a head another factor; 0 switches it off.
  void scale_head(int block, int head, float factor);
  /// Every factor 1.
  void switch_all_on();
  bool any_off() const;
  bool any_scaled() const;
  std::vector<std::vector<int>> heads_off() const;       // (L)
  std::vector<std::vector<float>> head_factors() const;  // (L) of (h)
  float active_attn_drop() const { return training ? attn_drop : 0.f; }
  float active_proj_drop() const { return training ? proj_drop : 0.f; }
};

/// What changes how a pass runs, and its numbers by rounding alone.
struct Execution {
  Kernel kernel = Kernel::tiled;
  Precision precision = Precision::exact;
  Rounded bf16 = {};  // with Precision::bf16
  int threads = 1;
  Keep keep = Keep::automatic;
  bool operator==(const Execution&) const = default;

  /// Threads that a pass takes: the reference kernel runs on one.
  int pass_threads() const { return kernel == Kernel::reference ? 1 : threads; }
  /// The products that are rounded: none of them with Precision::exact.
  Rounded rounded() const;
};

struct Settings : Numbers, Execution {
  bool operator==(const Settings&) const = default;
};

/// The settings a network was trained with, on all processors of this machine.
Settings trained_settings(const ModelConfig& config);

/// The settings with another head count in one block or in all (block -1).
Settings with_heads(Settings settings, int heads, int block);

/// Whether this processor multiplies bf16 numbers; the reference kernel does so everywhere.
bool has_bf16(Kernel kernel);
/// Whether a pass gains by it: not on every processor that has the instructions (bf16_gain()).
bool is_quicker_with_bf16(Kernel kernel);
/// Whether so many products in the time of one in F32 are worth their rounding.
constexpr bool is_worth_rounding(double bf16_gain) {
  return bf16_gain >= 1.2;
}

/// Whether fc1 writes its numbers as pairs of bf16 numbers: where fc2 alone reads them, and rounds them.
bool pairs_hidden(const ModelConfig& config, const Execution& execution);
/// How many numbers the longest row has that a thread rounds to pairs in its own memory before it multiplies it.
int longest_rounded_row(const ModelConfig& config, const Execution& execution);

/// Throws Error unless the network can run so on this processor; a head count that does not divide C is refused by
/// naming the divisors, a head that is switched off or scaled but does not exist by naming those that do.
void validate(const Settings& settings, const ModelConfig& config);

/// The divisors of C in ascending order.
std::vector<int> divisors(int channels);

/// The head counts that a network can run with: those divisors, or the trained count alone.
std::vector<int> possible_heads(const ModelConfig& config);

/// The one form of all numbers that give the same result: dropouts that do not act are 0, and so is a seed that nothing
/// uses. What compares settings compares these.
Numbers effective(Numbers numbers);

/// Whether the two give the same result, rounding apart.
bool same_numbers(const Numbers& a, const Numbers& b);

/// Whether a pass of the two takes the same steps: what timings of one say, they say of the other.
bool same_work(const Settings& a, const Settings& b);

/// Whether the result is the trained network's.
bool as_trained(const Numbers& numbers, const ModelConfig& config);

/// The first block whose results can differ between the two, or the number of blocks if none can. Another kernel or
/// precision rounds differently, so it counts from block 0; the number of threads and what is kept change no number.
int first_changed_block(const Settings& a, const Settings& b);

}  // namespace vit
