#include "engine/network/settings.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "engine/base/pool.h"
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

}  // namespace

const char* name_of(Kernel kernel) {
  switch (kernel) {
    case Kernel::eager:
      return "eager";
    case Kernel::tiled:
      return "tiled";
    case Kernel::reference:
      return "reference";
  }
  return "";
}

Settings trained_settings(const ModelConfig& config) {
  Settings settings;
  settings.num_heads.assign(static_cast<std::size_t>(config.depth), config.num_heads);
  settings.threads = available_processors();
  return settings;
}

Settings with_heads(Settings settings, int heads, int block) {
  if (block < 0) {
    std::fill(settings.num_heads.begin(), settings.num_heads.end(), heads);
  } else {
    settings.num_heads[static_cast<std::size_t>(block)] = heads;
  }
  return settings;
}

void validate(const Settings& settings, const ModelConfig& config) {
  if (static_cast<int>(settings.num_heads.size()) != config.depth) {
    throw Error("Head counts are given for " + std::to_string(settings.num_heads.size()) +
                " blocks, but the model has " + std::to_string(config.depth) + ": give one count for each block.");
  }
  for (int heads : settings.num_heads) {
    if (heads >= 1 && config.channels % heads == 0) continue;
    throw Error(std::to_string(heads) + " heads do not divide C = " + std::to_string(config.channels) +
                ": possible are " + list(divisors(config.channels)) + ".");
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

int first_changed_block(const Settings& a, const Settings& b) {
  const int depth = static_cast<int>(std::max(a.num_heads.size(), b.num_heads.size()));
  if (a.num_heads.size() != b.num_heads.size() || a.qkv_bias != b.qkv_bias || a.kernel != b.kernel) return 0;
  const bool same_masks = a.active_attn_drop() == b.active_attn_drop() && a.active_proj_drop() == b.active_proj_drop();
  const bool any_mask = a.active_attn_drop() > 0.f || a.active_proj_drop() > 0.f;
  if (!same_masks || (any_mask && a.seed != b.seed)) return 0;
  const auto differ = std::mismatch(a.num_heads.begin(), a.num_heads.end(), b.num_heads.begin());
  return differ.first == a.num_heads.end() ? depth : static_cast<int>(differ.first - a.num_heads.begin());
}

}  // namespace vit
