#include "engine/network/settings_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "engine/network/model.h"
#include "engine/network/trace.h"

namespace vit {
namespace {

constexpr int kBlocksNamed = 2;  // in the short form; more are counted

bool all_equal(const std::vector<int>& counts) {
  return std::adjacent_find(counts.begin(), counts.end(), std::not_equal_to<>()) == counts.end();
}

/// "head 3 of block 5", "heads 0, 3 of block 5"
std::string off_words(int block, const std::vector<int>& off) {
  std::string words = off.size() == 1 ? "head" : "heads";
  for (std::size_t i = 0; i < off.size(); ++i) words += (i == 0 ? " " : ", ") + std::to_string(off[i]);
  return words + " of block " + std::to_string(block);
}

/// "head 3 of block 5 off", "9 heads of 4 blocks off"; empty when all are on.
std::string heads_off(const Numbers& numbers, int blocks_named) {
  std::string words;
  int blocks = 0;
  std::size_t heads = 0;
  for (int b = 0; b < numbers.depth(); ++b) {
    const std::vector<int>& off = numbers.blocks[static_cast<std::size_t>(b)].off;
    if (off.empty()) continue;
    ++blocks;
    heads += off.size();
    words += (words.empty() ? "" : ", ") + off_words(b, off);
  }
  if (blocks > blocks_named) words = std::to_string(heads) + " heads of " + std::to_string(blocks) + " blocks";
  return words.empty() ? "" : words + " off";
}

/// "head 3 of block 5 × 0.5", "heads 0 × 0.5, 3 × 2 of block 5", "9 heads of 4 blocks scaled"; empty when none is.
std::string heads_scaled(const Numbers& numbers, int blocks_named) {
  std::string words;
  int blocks = 0;
  std::size_t heads = 0;
  for (int b = 0; b < numbers.depth(); ++b) {
    const std::map<int, float>& scaled = numbers.blocks[static_cast<std::size_t>(b)].scaled;
    if (scaled.empty()) continue;
    ++blocks;
    heads += scaled.size();
    if (!words.empty()) words += ", ";
    if (scaled.size() == 1) {
      words += fmt::format("head {} of block {} × {:.4g}", scaled.begin()->first, b, scaled.begin()->second);
      continue;
    }
    std::string list;
    for (const auto& [head, factor] : scaled)
      list += fmt::format("{}{} × {:.4g}", list.empty() ? "" : ", ", head, factor);
    words += "heads " + list + " of block " + std::to_string(b);
  }
  if (blocks > blocks_named) words = std::to_string(heads) + " heads of " + std::to_string(blocks) + " blocks scaled";
  return words;
}

/// "heads 12 (trained 6)"; empty as trained.
std::string changed_heads(const std::vector<int>& counts, int trained) {
  const auto is_other = [&](int count) { return count != trained; };
  const auto changed = std::count_if(counts.begin(), counts.end(), is_other);
  if (changed == 0) return "";
  std::string words;
  if (all_equal(counts)) {
    words = "heads " + std::to_string(counts.front());
  } else if (changed == 1) {
    const auto at = std::find_if(counts.begin(), counts.end(), is_other);
    words = "heads " + std::to_string(*at) + " in block " + std::to_string(at - counts.begin());
  } else {
    words = "heads differ in " + std::to_string(changed) + " blocks";
  }
  return words + " (trained " + std::to_string(trained) + ")";
}

/// "6 heads", "heads per block 6 12 6 (trained with 6)"
std::string all_heads(const std::vector<int>& counts, int trained) {
  std::string words;
  if (all_equal(counts) && !counts.empty()) {
    words = std::to_string(counts.front()) + (counts.front() == 1 ? " head" : " heads");
    if (counts.front() == trained) return words;
  } else {
    words = "heads per block";
    for (int count : counts) words.append(" ").append(std::to_string(count));
  }
  return words + " (trained with " + std::to_string(trained) + ")";
}

}  // namespace

std::string departures(const Numbers& numbers, const ModelConfig& config) {
  const Numbers own = effective(numbers);
  std::string text;
  const auto say = [&](const std::string& part) {
    if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
  };
  say(changed_heads(own.head_counts(), config.num_heads));
  say(heads_off(own, kBlocksNamed));
  say(heads_scaled(own, kBlocksNamed));
  if (config.qkv_bias && !own.qkv_bias) say("qkv bias off");
  if (own.attn_drop > 0) say(fmt::format("attention dropout {:.2f}", own.attn_drop));
  if (own.proj_drop > 0) say(fmt::format("projection dropout {:.2f}", own.proj_drop));
  return text;
}

std::string settings_words(const Settings& settings, const ModelConfig& config) {
  std::string words = all_heads(settings.head_counts(), config.num_heads);
  if (settings.any_off()) words += ", " + heads_off(settings, settings.depth());
  if (settings.any_scaled()) words += ", " + heads_scaled(settings, settings.depth());
  if (!config.qkv_bias) {
    words += ", no qkv bias in the model";
  } else {
    words += settings.qkv_bias ? ", qkv bias" : ", qkv bias off (trained with it)";
  }
  if (settings.training)
    words += fmt::format(", training mode with attn_drop {:.4g}, proj_drop {:.4g}, seed {}", settings.attn_drop,
                         settings.proj_drop, settings.seed);
  words += settings.kernel == Kernel::eager ? ", attention step by step"
                                            : ", " + std::string(choice_of(settings.kernel).name) + " kernel";
  return settings.precision == Precision::bf16 ? words + ", bf16 products" : words;
}

std::string settings_words(const Trace& trace) {
  const std::string words = settings_words(trace.settings, trace.model->config);
  const auto change = trace.fewer_bits->get();
  return change ? words + " (" + words_of(*change) + ")" : words;
}

std::string precision_words(const Trace& trace) {
  if (trace.settings.precision == Precision::exact) return "";
  const auto change = trace.fewer_bits->get();
  return change ? "bf16 products (" + words_of(*change) + ")" : "bf16 products";
}

}  // namespace vit
