#include "app/session/wanted_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace headlight {
namespace {

/// "12", or "0:12,1:4" where blocks differ.
std::string num_heads_of(const std::vector<int>& counts) {
  if (counts.empty()) return "";
  if (std::all_of(counts.begin(), counts.end(), [&](int heads) { return heads == counts.front(); }))
    return std::to_string(counts.front());
  std::string text;
  for (std::size_t block = 0; block < counts.size(); ++block)
    text += fmt::format("{}{}:{}", block == 0 ? "" : ",", block, counts[block]);
  return text;
}

std::string heads_off_of(const vit::Numbers& settings) {
  std::string text;
  for (std::size_t block = 0; block < settings.blocks.size(); ++block)
    if (const auto& off = settings.blocks[block].off; !off.empty())
      text += fmt::format("{}{}:{}", text.empty() ? "" : ",", block, fmt::join(off, ","));
  return text;
}

std::string heads_scaled_of(const vit::Numbers& settings) {
  std::string text;
  for (std::size_t block = 0; block < settings.blocks.size(); ++block) {
    bool first = true;
    for (const auto& [head, factor] : settings.blocks[block].scaled) {
      text += text.empty() ? "" : ",";
      text += fmt::format("{}{}={}", first ? fmt::format("{}:", block) : "", head, factor);
      first = false;
    }
  }
  return text;
}

/// px before the crop, such that the same scale comes back when they are divided by the crop again.
std::string squash_px(const vit::Preprocessing& p) {
  const double shorter = std::min(p.width, p.height);
  const double px = p.squash_scale * shorter;
  for (const double near : {std::round(px), px, std::nextafter(px, 0.0), std::nextafter(px, 2 * px)})
    if (near / shorter == p.squash_scale) return fmt::format("{}", near);
  return fmt::format("{}", px);
}

std::string resize_of(const vit::Preprocessing& p) {
  switch (p.resize) {
    case vit::ResizeRule::shorter_side:
      if (p.longest_px > 0 || p.multiple > 1)
        return fmt::format("shorter:{}:{}:{}", p.resize_px, p.longest_px, p.multiple);
      return fmt::format("shorter:{}", p.resize_px);
    case vit::ResizeRule::longer_side:
      return fmt::format("longer:{}", p.resize_px);
    case vit::ResizeRule::squash:
      return "squash:" + squash_px(p);
    case vit::ResizeRule::least:
      return fmt::format("least:{}x{}:{}", p.width, p.height, p.multiple);
    case vit::ResizeRule::box:
      return "box";
    case vit::ResizeRule::corner:
      return "corner";
    case vit::ResizeRule::patches:
      return fmt::format("patches:{}:{}", p.most_patches, p.multiple);
    case vit::ResizeRule::none:
      return "none";
  }
  return "";
}

void set_numbers(RunOptions& options, const vit::Numbers& s) {
  options.num_heads = num_heads_of(s.head_counts());
  options.heads_off = heads_off_of(s);
  options.heads_scaled = heads_scaled_of(s);
  options.qkv_bias = s.qkv_bias;
  options.training = s.training;
  options.attn_drop = s.attn_drop;
  options.proj_drop = s.proj_drop;
  options.seed = s.seed;
}

PreprocessingOptions rules_of(const vit::Preprocessing& p) {
  return {.resize = resize_of(p),
          .crop = p.crop == vit::CropRule::multiple ? "multiple" : fmt::format("{}x{}", p.width, p.height),
          .interpolation = p.interpolation,
          .crop_rounding = p.crop_rounds_down ? "down" : "even",
          .mean = p.mean,
          .std = p.std};
}

}  // namespace

RunOptions options_of(const Wanted& wanted) {
  RunOptions options;
  options.model = wanted.model;
  options.image = wanted.image;
  options.reading = wanted.reading;
  options.load = wanted.load;
  set_numbers(options, wanted.settings);
  options.kernel = wanted.settings.kernel;
  options.precision = wanted.settings.precision;
  options.threads = wanted.settings.threads;
  options.preprocessing = rules_of(wanted.preprocessing);
  return options;
}

RunOptions options_of(const OtherSide& other) {
  RunOptions options;
  options.model = other.model;
  options.load = other.load;
  options.image = other.image;
  options.reading = other.reading;
  if (other.numbers) set_numbers(options, *other.numbers);
  if (other.preprocessing) options.preprocessing = rules_of(*other.preprocessing);
  return options;
}

bool has_numbers(const RunOptions& other) {
  const RunOptions plain;
  return !other.num_heads.empty() || !other.heads_off.empty() || !other.heads_scaled.empty() || !other.qkv_bias ||
         other.training || other.attn_drop != plain.attn_drop || other.proj_drop != plain.proj_drop ||
         other.seed != plain.seed;
}

bool has_preprocessing(const RunOptions& other) {
  return !(other.preprocessing == PreprocessingOptions());
}

RunOptions options_of(const Wanted& wanted, const vit::Model& model) {
  RunOptions options = options_of(wanted);
  PreprocessingOptions& rules = options.preprocessing;
  Wanted untouched;
  untouched.preprocessing = model.preprocessing;
  const PreprocessingOptions own = options_of(untouched).preprocessing;
  if (rules.resize == own.resize && rules.crop == own.crop) rules.resize = rules.crop = "";
  if (rules.interpolation == own.interpolation) rules.interpolation.reset();
  if (rules.crop_rounding == own.crop_rounding) rules.crop_rounding.clear();
  if (rules.mean == own.mean) rules.mean.reset();
  if (rules.std == own.std) rules.std.reset();
  if (options.num_heads == std::to_string(model.config.num_heads)) options.num_heads.clear();
  if (options.kernel == vit::Kernel::tiled) options.kernel.reset();
  if (options.precision == vit::Precision::exact) options.precision.reset();
  options.threads = 0;
  if (!options.training) options.attn_drop = options.proj_drop = 0;
  if (options.attn_drop == 0 && options.proj_drop == 0) options.seed = 0;
  return options;
}

}  // namespace headlight
