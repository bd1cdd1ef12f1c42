#include "app/session/run_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/error.h"

namespace headlight {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int pixels(const std::string& text, const std::string& option, const std::string& whole) {
  const std::optional<int> value = whole_number(text);
  if (!value || *value < 1 || *value > 16384)
    throw vit::Error(option + " \"" + whole + "\" needs a size of 1 to 16384 pixels.");
  return *value;
}

int checked_heads(const std::string& text, const std::string& whole, const vit::ModelConfig& config) {
  const std::optional<int> heads = whole_number(text);
  if (!heads)
    throw vit::Error("--num-heads \"" + whole + "\" cannot be read: write H for all blocks, or BLOCK:H,BLOCK:H,….");
  const std::vector<int> possible = vit::possible_heads(config);
  if (std::find(possible.begin(), possible.end(), *heads) == possible.end()) {
    std::string list;
    for (int divisor : possible) list += (list.empty() ? "" : ", ") + std::to_string(divisor);
    throw vit::Error(std::to_string(*heads) + " heads do not divide the " + std::to_string(config.channels) +
                     " channels; possible are " + list + ".");
  }
  return *heads;
}

/// The px of "squash:PX", which may have decimals: what scales with the input's size need not be whole.
double squash_pixels(const std::string& text, const std::string& whole) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 1 && value <= 1638400))
    throw vit::Error("--resize \"" + whole + "\" needs a size of 1 to 1638400 pixels.");
  return value;
}

/// Sets the rule; the px before the crop of "squash:PX", if given, is left to the caller, who knows the input size.
std::optional<double> apply_resize(const std::string& text, vit::Preprocessing& p) {
  const std::vector<std::string> parts = split(text, ':');
  const std::string& rule = parts.front();
  p.longest_px = 0;
  p.multiple = 1;
  if (rule == "squash" && parts.size() == 1) {
    p.resize = vit::ResizeRule::squash;
  } else if (rule == "squash" && parts.size() == 2) {
    p.resize = vit::ResizeRule::squash;
    return squash_pixels(parts[1], text);
  } else if (rule == "none" && parts.size() == 1) {
    p.resize = vit::ResizeRule::none;
  } else if (rule == "least" && (parts.size() == 2 || parts.size() == 3)) {
    const std::vector<std::string> sides = split(parts[1], 'x');
    p.resize = vit::ResizeRule::least;
    p.width = pixels(sides.front(), "--resize", text);
    p.height = pixels(sides.back(), "--resize", text);
    if (parts.size() == 3) p.multiple = pixels(parts[2], "--resize", text);
  } else if (rule == "patches" && parts.size() == 3) {
    p.resize = vit::ResizeRule::patches;
    p.most_patches = pixels(parts[1], "--resize", text);
    p.multiple = pixels(parts[2], "--resize", text);
  } else if (rule == "corner" && parts.size() == 1) {
    p.resize = vit::ResizeRule::corner;
  } else if (rule == "box" && parts.size() == 1) {
    p.resize = vit::ResizeRule::box;
  } else if ((rule == "shorter" && parts.size() >= 2 && parts.size() <= 4) || (rule == "longer" && parts.size() == 2)) {
    p.resize = rule == "shorter" ? vit::ResizeRule::shorter_side : vit::ResizeRule::longer_side;
    p.resize_px = pixels(parts[1], "--resize", text);
    if (parts.size() > 2) p.longest_px = parts[2] == "0" ? 0 : pixels(parts[2], "--resize", text);
    if (parts.size() > 3) p.multiple = pixels(parts[3], "--resize", text);
  } else if (parts.size() == 1 && whole_number(rule)) {
    p.resize = vit::ResizeRule::shorter_side;
    p.resize_px = pixels(rule, "--resize", text);
  } else {
    throw vit::Error("--resize \"" + text +
                     "\" is none of PX, shorter:PX, shorter:PX:LONGEST:MULTIPLE, longer:PX, squash, squash:PX, "
                     "least:WIDTHxHEIGHT:MULTIPLE, patches:COUNT:PX, box, corner and none.");
  }
  return std::nullopt;
}

void apply_crop(const std::string& text, bool scale_resize, vit::Preprocessing& p) {
  if (text == "multiple") {
    p.crop = vit::CropRule::multiple;
    return;
  }
  const std::vector<std::string> parts = split(text, 'x');
  if (parts.size() > 2) throw vit::Error("--crop \"" + text + "\" is none of PX, WIDTHxHEIGHT and multiple.");
  const int old_shorter = std::min(p.width, p.height);
  p.crop = vit::CropRule::center;
  p.width = pixels(parts.front(), "--crop", text);
  p.height = pixels(parts.back(), "--crop", text);
  if (scale_resize && old_shorter > 0) {
    const double ratio = std::max(p.width, p.height) / static_cast<double>(old_shorter);
    p.resize_px = std::max(1, static_cast<int>(std::lround(p.resize_px * ratio)));
  }
}

/// What a list of heads is for: how it is called and written.
struct HeadList {
  const char *option, *form;
};
constexpr HeadList kOff = {"--heads-off", "BLOCK:HEAD,HEAD,… as in 5:0,3 or 5:0-3,7:1"};
constexpr HeadList kScaled = {"--scale-heads", "BLOCK:HEAD=FACTOR,HEAD=FACTOR,… as in 5:0=0.5,3=2 or 5:0-3=0.5,7:1=2"};

[[noreturn]] void refuse(const HeadList& list, const std::string& text) {
  throw vit::Error(std::string(list.option) + " \"" + text + "\" cannot be read: write " + list.form +
                   ", with all for every block or every head.");
}

/// [first, last] of "3", "1-4" or "all", from 0 to `count` - 1.
std::pair<int, int> span_of(const std::string& text, int count, const HeadList& list, const std::string& whole) {
  if (text == "all") return {0, count - 1};
  const std::vector<std::string> ends = split(text, '-');
  const std::optional<int> first = whole_number(ends.front()), last = whole_number(ends.back());
  if (ends.size() > 2 || !first || !last || *first > *last) refuse(list, whole);
  return {*first, *last};
}

/// Calls each(block, head, what stands behind "=") for the heads that the text names.
template <class Each>
void for_heads(const HeadList& list, const std::string& text, const vit::Numbers& numbers, const Each& each) {
  if (text.empty()) return;
  std::pair<int, int> blocks{0, -1};  // first and last of the part that is read
  for (const std::string& part : split(text, ',')) {
    const std::size_t colon = part.find(':');
    if (colon != std::string::npos) blocks = span_of(part.substr(0, colon), numbers.depth(), list, text);
    if (blocks.second < 0) refuse(list, text);
    const std::string begin = std::string(list.option) + " \"" + text + "\" names ";
    if (blocks.second >= numbers.depth())
      throw vit::Error(begin + "a block that does not exist: blocks are 0 to " + std::to_string(numbers.depth() - 1) +
                       ".");
    const std::string heads = colon == std::string::npos ? part : part.substr(colon + 1);
    const std::size_t equals = heads.find('=');
    const std::string value = equals == std::string::npos ? "" : heads.substr(equals + 1);
    for (int block = blocks.first; block <= blocks.second; ++block) {
      const int count = numbers.heads(block);
      const auto [first, last] = span_of(heads.substr(0, equals), count, list, text);
      if (last >= count)
        throw vit::Error(begin + "head " + std::to_string(last) + " of block " + std::to_string(block) +
                         ", which does not exist: it has heads 0 to " + std::to_string(count - 1) + ".");
      for (int head = first; head <= last; ++head) each(block, head, value);
    }
  }
}

/// A decimal number; a comma or more behind it is none.
std::optional<float> decimal(const std::string& text) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::vector<int> parse_num_heads(const std::string& text, const vit::ModelConfig& config) {
  std::vector<int> heads(static_cast<std::size_t>(config.depth), config.num_heads);
  if (text.empty()) return heads;
  for (const std::string& part : split(text, ',')) {
    const std::size_t colon = part.find(':');
    if (colon == std::string::npos) {
      std::fill(heads.begin(), heads.end(), checked_heads(part, text, config));
      continue;
    }
    const std::optional<int> block = whole_number(std::string_view(part).substr(0, colon));
    if (!block || *block < 0 || *block >= config.depth)
      throw vit::Error("--num-heads \"" + text + "\" names a block that does not exist: blocks are 0 to " +
                       std::to_string(config.depth - 1) + ".");
    heads[static_cast<std::size_t>(*block)] = checked_heads(part.substr(colon + 1), text, config);
  }
  return heads;
}

void switch_heads_off(const std::string& text, vit::Numbers& numbers) {
  for_heads(kOff, text, numbers, [&](int block, int head, const std::string& value) {
    if (!value.empty()) refuse(kOff, text);
    numbers.switch_head(block, head, true);
  });
}

void scale_heads(const std::string& text, vit::Numbers& numbers) {
  for_heads(kScaled, text, numbers, [&](int block, int head, const std::string& value) {
    const std::optional<float> factor = decimal(value);
    if (!factor) refuse(kScaled, text);
    if (*factor < 0.f || *factor > vit::kLargestFactor)
      throw vit::Error("--scale-heads \"" + text + "\" has a factor that is out of range: possible is 0 to " +
                       std::to_string(static_cast<int>(vit::kLargestFactor)) + ".");
    if (numbers.blocks[static_cast<std::size_t>(block)].is_off(head))
      throw vit::Error("--scale-heads \"" + text + "\" names head " + std::to_string(head) + " of block " +
                       std::to_string(block) + ", which is switched off: leave it out of one of the two.");
    numbers.scale_head(block, head, *factor);
  });
}

std::array<float, 3> parse_rgb(const std::string& text) {
  const std::vector<std::string> parts = split(text, ',');
  std::array<float, 3> rgb{};
  if (parts.size() != 1 && parts.size() != 3)
    throw vit::Error("\"" + text + "\" needs one number or three, as in 0.485,0.456,0.406.");
  for (std::size_t c = 0; c < 3; ++c) {
    const std::string& part = parts[parts.size() == 1 ? 0 : c];
    char* end = nullptr;
    rgb[c] = std::strtof(part.c_str(), &end);
    if (part.empty() || *end != '\0' || !std::isfinite(rgb[c]))
      throw vit::Error("\"" + text + "\" needs one number or three, as in 0.485,0.456,0.406.");
  }
  return rgb;
}

vit::Settings settings_for(const RunOptions& options, const vit::ModelConfig& config) {
  vit::Settings settings = vit::trained_settings(config);
  settings.set_heads(parse_num_heads(options.num_heads, config));
  switch_heads_off(options.heads_off, settings);
  scale_heads(options.heads_scaled, settings);
  if (!options.qkv_bias) settings.qkv_bias = false;
  settings.training = options.training;
  settings.attn_drop = options.attn_drop;
  settings.proj_drop = options.proj_drop;
  settings.seed = options.seed;
  if (options.kernel) settings.kernel = *options.kernel;
  if (options.precision) settings.precision = *options.precision;
  if (options.threads > 0) settings.threads = options.threads;
  vit::validate(settings, config);
  return settings;
}

vit::Preprocessing preprocessing_for(const PreprocessingOptions& options, vit::Preprocessing base) {
  std::optional<double> squash_px;
  if (!options.resize.empty()) squash_px = apply_resize(options.resize, base);
  if (!options.crop.empty()) apply_crop(options.crop, options.resize.empty(), base);
  if (squash_px) base.squash_scale = *squash_px / std::min(base.width, base.height);
  if (!options.crop_rounding.empty()) {
    if (options.crop_rounding != "even" && options.crop_rounding != "down")
      throw vit::Error("--crop-rounding \"" + options.crop_rounding + "\" is neither even nor down.");
    base.crop_rounds_down = options.crop_rounding == "down";
  }
  if (options.interpolation) base.interpolation = *options.interpolation;
  if (options.mean) base.mean = *options.mean;
  if (options.std) base.std = *options.std;
  return base;
}

}  // namespace headlight
