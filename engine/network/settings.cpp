#include "engine/network/settings.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/kernels/bf16_kernels.h"
#include "engine/network/model.h"

namespace vit {
namespace {

constexpr int kMostThreads = 1024;

std::string list(const std::vector<int>& numbers) {
  std::string text;
  for (int number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

void check_probability(const char* name, float p) {
  if (std::isfinite(p) && p >= 0.f && p < 1.f) return;
  throw Error(std::string(name) + " = " + std::to_string(p) + " is no drop probability: it must be at least 0 and " +
              "below 1.");
}

[[noreturn]] void refuse_head(int head, const char* what, int block, int heads) {
  throw Error("There is no head " + std::to_string(head) + " to " + what + " in block " + std::to_string(block) +
              ": it has heads 0 to " + std::to_string(heads - 1) + ".");
}

void check_factors(int block, const BlockSettings& settings) {
  for (const auto& [head, factor] : settings.scaled) {
    if (head < 0 || head >= settings.heads) refuse_head(head, "scale", block, settings.heads);
    if (!(factor > 0.f && factor <= kLargestFactor) || settings.is_off(head))
      throw Error("Head " + std::to_string(head) + " of block " + std::to_string(block) + " cannot be scaled by " +
                  std::to_string(factor) + ": a head that is on has a factor above 0, at most " +
                  std::to_string(static_cast<int>(kLargestFactor)) + ".");
  }
}

void check_block(int block, const BlockSettings& settings, const ModelConfig& config) {
  const int heads = settings.heads;
  if (heads < 1 || config.channels % heads != 0) {
    throw Error(std::to_string(heads) + " heads do not divide C = " + std::to_string(config.channels) +
                ": possible are " + list(possible_heads(config)) + ".");
  }
  if (const std::string fixed = config.fixed_heads(); !fixed.empty() && heads != config.num_heads) {
    throw Error("This network runs with its " + std::to_string(config.num_heads) + " trained heads only, because " +
                fixed + ".");
  }
  for (int head : settings.off) {
    if (head >= 0 && head < heads) continue;
    refuse_head(head, "switch off", block, heads);
  }
  if (std::adjacent_find(settings.off.begin(), settings.off.end(), std::greater_equal<>()) != settings.off.end())
    throw Error("The heads that are off in block " + std::to_string(block) +
                " must be named once each, in ascending order.");
  check_factors(block, settings);
}

}  // namespace

std::span<const Choice<Kernel>> choices(Kernel) {
  static constexpr Choice<Kernel> kAll[] = {
      {Kernel::eager, "eager", "step by step", "operator by operator, each result written out and timed (“eager”)"},
      {Kernel::tiled, "tiled", "fused", "by blocks of rows of a head, softmax inside the block (“tiled”)"},
      {Kernel::reference, "reference", "reference", "naive and slow, to compare with"},
  };
  return kAll;
}

std::span<const Choice<Precision>> choices(Precision) {
  static constexpr Choice<Precision> kAll[] = {
      {Precision::exact, "exact", "exact", "F32 throughout"},
      {Precision::bf16, "bf16", "bf16", "factors of products rounded to bf16 (8 bits of mantissa), sums in F32"},
  };
  return kAll;
}

std::span<const Choice<Keep>> choices(Keep) {
  static constexpr Choice<Keep> kAll[] = {
      {Keep::none, "none", "nothing", "neither queries, keys nor maps"},
      {Keep::qk, "qk", "queries and keys", "maps are computed when asked for"},
      {Keep::maps, "maps", "every map", "beside queries and keys"},
      {Keep::automatic, "auto", "automatic", "the maps while they fit the memory budget, else queries and keys"},
  };
  return kAll;
}

bool Rounded::includes(Op op) const {
  switch (op) {
    case Op::patch_embed:
      return patch_embed;
    case Op::qkv:
      return qkv;
    case Op::scores:
      return scores;
    case Op::attn_v:
      return attn_v;
    case Op::proj:
      return proj;
    case Op::fc1:
      return fc1;
    case Op::fc2:
      return fc2;
    default:
      return false;
  }
}

Rounded Execution::rounded() const {
  return precision == Precision::bf16 ? bf16 : Rounded{false, false, false, false, false, false, false};
}

bool has_bf16(Kernel kernel) {
  return kernel == Kernel::reference || bf16_kernels(kernels()) != nullptr;
}

bool is_quicker_with_bf16(Kernel kernel) {
  return kernel != Kernel::reference && &kernels() != &reference_kernels() && is_worth_rounding(bf16_gain());
}

bool pairs_hidden(const ModelConfig& config, const Execution& execution) {
  const Rounded rounded = execution.rounded();
  return execution.kernel != Kernel::reference && rounded.fc1 && rounded.fc2 && !config.mlp_norm && !config.swiglu;
}

int longest_rounded_row(const ModelConfig& config, const Execution& execution) {
  const int pixels = execution.rounded().patch_embed ? config.input_channels * config.patch_px * config.patch_px : 0;
  return std::max({pixels, config.channels, pairs_hidden(config, execution) ? 0 : config.hidden});
}

bool BlockSettings::is_off(int head) const {
  return std::binary_search(off.begin(), off.end(), head);
}

float BlockSettings::factor(int head) const {
  if (is_off(head)) return 0.f;
  const auto found = scaled.find(head);
  return found == scaled.end() ? 1.f : found->second;
}

std::vector<int> Numbers::head_counts() const {
  std::vector<int> counts;
  for (const BlockSettings& block : blocks) counts.push_back(block.heads);
  return counts;
}

std::vector<std::vector<int>> Numbers::heads_off() const {
  std::vector<std::vector<int>> off;
  for (const BlockSettings& block : blocks) off.push_back(block.off);
  return off;
}

std::vector<std::vector<float>> Numbers::head_factors() const {
  std::vector<std::vector<float>> factors;
  for (const BlockSettings& block : blocks) {
    std::vector<float>& own = factors.emplace_back();
    for (int head = 0; head < block.heads; ++head) own.push_back(block.factor(head));
  }
  return factors;
}

void Numbers::set_heads(int heads, int block) {
  for (int b = 0; b < depth(); ++b) {
    BlockSettings& own = blocks[static_cast<std::size_t>(b)];
    if ((block < 0 || b == block) && own.heads != heads) own = {heads, {}, {}};
  }
}

void Numbers::set_heads(const std::vector<int>& counts) {
  for (std::size_t b = 0; b < counts.size(); ++b) set_heads(counts[b], static_cast<int>(b));
}

void Numbers::switch_head(int block, int head, bool off) {
  BlockSettings& own = blocks.at(static_cast<std::size_t>(block));
  std::vector<int>& list = own.off;
  const auto at = std::lower_bound(list.begin(), list.end(), head);
  const bool listed = at != list.end() && *at == head;
  if (off) own.scaled.erase(head);
  if (off && !listed) list.insert(at, head);
  if (!off && listed) list.erase(at);
}

void Numbers::scale_head(int block, int head, float factor) {
  switch_head(block, head, factor == 0.f);
  std::map<int, float>& scaled = blocks[static_cast<std::size_t>(block)].scaled;
  scaled.erase(head);
  if (factor != 0.f && factor != 1.f) scaled[head] = factor;
}

void Numbers::switch_all_on() {
  for (BlockSettings& block : blocks) {
    block.off.clear();
    block.scaled.clear();
  }
}

bool Numbers::any_off() const {
  return std::any_of(blocks.begin(), blocks.end(), [](const BlockSettings& block) { return !block.off.empty(); });
}

bool Numbers::any_scaled() const {
  return std::any_of(blocks.begin(), blocks.end(), [](const BlockSettings& block) { return !block.scaled.empty(); });
}

Settings trained_settings(const ModelConfig& config) {
  Settings settings;
  settings.blocks.assign(static_cast<std::size_t>(config.depth), {config.num_heads, {}, {}});
  settings.threads = available_processors();
  return settings;
}

Settings with_heads(Settings settings, int heads, int block) {
  settings.set_heads(heads, block);
  return settings;
}

void validate(const Settings& settings, const ModelConfig& config) {
  if (settings.depth() != config.depth) {
    throw Error("Head counts are given for " + std::to_string(settings.depth()) + " blocks, but the model has " +
                std::to_string(config.depth) + ": give one count for each block.");
  }
  for (int b = 0; b < settings.depth(); ++b) check_block(b, settings.blocks[static_cast<std::size_t>(b)], config);
  if (settings.precision == Precision::bf16 && !has_bf16(settings.kernel)) {
    throw Error(
        "This processor has no products of bf16 numbers (AVX-512 BF16): take the precision exact, or the kernel "
        "reference, which is slow.");
  }
  check_probability("attn_drop", settings.attn_drop);
  check_probability("proj_drop", settings.proj_drop);
  if (settings.threads < 1 || settings.threads > kMostThreads) {
    throw Error(std::to_string(settings.threads) + " threads cannot run: give 1 to " + std::to_string(kMostThreads) +
                ".");
  }
}

std::vector<int> divisors(int channels) {
  std::vector<int> result;
  for (int d = 1; d <= channels; ++d) {
    if (channels % d == 0) result.push_back(d);
  }
  return result;
}

std::vector<int> possible_heads(const ModelConfig& config) {
  return config.fixed_heads().empty() ? divisors(config.channels) : std::vector<int>{config.num_heads};
}

Numbers effective(Numbers numbers) {
  numbers.attn_drop = numbers.active_attn_drop();
  numbers.proj_drop = numbers.active_proj_drop();
  numbers.training = numbers.attn_drop > 0.f || numbers.proj_drop > 0.f;
  if (!numbers.training) numbers.seed = 0;
  return numbers;
}

bool same_numbers(const Numbers& a, const Numbers& b) {
  return effective(a) == effective(b);
}

bool same_work(const Settings& a, const Settings& b) {
  const auto work = [](Numbers numbers) {
    numbers = effective(std::move(numbers));
    numbers.switch_all_on();  // a head that is off or scaled takes the same steps
    numbers.seed = 0;
    return numbers;
  };
  return static_cast<const Execution&>(a) == static_cast<const Execution&>(b) && work(a) == work(b);
}

bool as_trained(const Numbers& numbers, const ModelConfig& config) {
  Numbers own = effective(numbers);
  if (!config.qkv_bias) own.qkv_bias = true;  // there is none to leave out
  return own == effective(trained_settings(config));
}

int first_changed_block(const Settings& a, const Settings& b) {
  Numbers own = effective(a), other = effective(b);
  const auto blocks = std::exchange(own.blocks, {}), others = std::exchange(other.blocks, {});
  if (a.kernel != b.kernel || a.rounded() != b.rounded() || own != other || blocks.size() != others.size()) return 0;
  return static_cast<int>(std::mismatch(blocks.begin(), blocks.end(), others.begin()).first - blocks.begin());
}

}  // namespace vit
