#include "app/session/input_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/cost/estimate.h"
#include "engine/network/forward.h"

namespace headlight {

namespace {

constexpr int kFewestPatches = 2, kMostPatches = 64;  // of a side; networks made for more may have twice their own

int whole_patches(double px, int patch_px) {
  return std::max(1, static_cast<int>(std::lround(px / patch_px))) * patch_px;
}

std::size_t bytes_needed(const vit::Model& model, int width_px, int height_px, const vit::Settings& settings) {
  const int patch = model.config.patch_px;
  const vit::TokenGrid grid{model.config.prefix_tokens(), height_px / patch, width_px / patch};
  const vit::Estimate estimate = vit::estimate(model.config, grid, settings);
  return estimate.trace_bytes + estimate.workspace_bytes;
}

}  // namespace

std::span<const vit::Choice<Fit>> choices(Fit) {
  static constexpr vit::Choice<Fit> kAll[] = {
      {Fit::crop, "crop", "centre crop"},
      {Fit::squash, "squash", "squash"},
      {Fit::shorter, "shorter", "whole, by shorter side"},
      {Fit::longer, "longer", "whole, by longer side"},
  };
  return kAll;
}

std::span<const vit::Choice<Fit>> possible_fits(const vit::ModelConfig& config) {
  return choices(Fit{}).first(config.position.resampled ? 4 : 2);
}

std::optional<Fit> fit_of(const vit::Preprocessing& p) {
  if (p.resize == vit::ResizeRule::squash && p.crop == vit::CropRule::center) return Fit::squash;
  if (p.resize == vit::ResizeRule::shorter_side) return p.crop == vit::CropRule::center ? Fit::crop : Fit::shorter;
  if (p.resize == vit::ResizeRule::longer_side && p.crop == vit::CropRule::multiple) return Fit::longer;
  return std::nullopt;
}

int size_of(const vit::Preprocessing& p) {
  return p.crop == vit::CropRule::multiple ? p.resize_px : std::min(p.width, p.height);
}

PreprocessingOptions options_for(Fit fit, int size_px, const vit::Preprocessing& native, int patch_px) {
  const std::string size = std::to_string(size_px);
  PreprocessingOptions options;
  if (fit == Fit::shorter || fit == Fit::longer) {
    options.resize = (fit == Fit::shorter ? "shorter:" : "longer:") + size;
    if (fit == Fit::shorter && native.longest_px > 0) {  // it grows with the shorter side
      const long longest = std::lround(static_cast<double>(native.longest_px) * size_px / native.resize_px);
      options.resize += fmt::format(":{}:{}", longest, native.multiple);
    }
    options.crop = "multiple";
    return options;
  }
  const double ratio = static_cast<double>(size_px) / std::min(native.width, native.height);
  const bool square = native.width == native.height;
  options.crop = square ? size
                        : std::to_string(whole_patches(native.width * ratio, patch_px)) + "x" +
                              std::to_string(whole_patches(native.height * ratio, patch_px));
  if (fit == Fit::squash)
    options.resize = native.resize == vit::ResizeRule::squash ? "" : "squash";
  else if (native.resize != vit::ResizeRule::shorter_side)
    options.resize = "shorter:" + size;
  else if (!square)
    options.resize = "shorter:" + std::to_string(std::lround(native.resize_px * ratio));
  return options;
}

std::string command_line(const PreprocessingOptions& options) {
  std::string text;
  if (!options.resize.empty()) text = "--resize " + options.resize;
  if (!options.crop.empty()) text += (text.empty() ? "--crop " : " --crop ") + options.crop;
  return text;
}

vit::Preprocessing fitted(Fit fit, int size_px, const vit::Preprocessing& native, const vit::Preprocessing& current,
                          int patch_px) {
  vit::Preprocessing result = preprocessing_for(options_for(fit, size_px, native, patch_px), native);
  result.interpolation = current.interpolation;
  result.mean = current.mean;
  result.std = current.std;
  result.crop_rounds_down = current.crop_rounds_down;
  result.squash_scale = current.squash_scale;
  return result;
}

std::vector<int> possible_sizes(const vit::Model& model, int photo_width, int photo_height,
                                const vit::Preprocessing& current, const vit::Settings& settings,
                                std::size_t available_bytes) {
  const int patch = model.config.patch_px, native = size_of(model.preprocessing);
  const Fit fit = fit_of(current).value_or(Fit::crop);
  std::vector<int> sizes;
  if (!model.config.position.resampled) return {native};
  const int most = std::max(kMostPatches, 2 * native / patch);
  const auto input = [&](int size) {
    return vit::input_size(photo_width, photo_height, fitted(fit, size, model.preprocessing, current, patch), patch);
  };
  for (int patches = kFewestPatches; patches <= most; ++patches)
    if (input(patches * patch).width > 0) sizes.push_back(patches * patch);
  const auto too_large = std::partition_point(sizes.begin(), sizes.end(), [&](int size) {
    const vit::InputSize px = input(size);
    return bytes_needed(model, px.width, px.height, settings) <= available_bytes;
  });
  sizes.erase(too_large, sizes.end());
  if (sizes.empty()) sizes.push_back(native);
  return sizes;
}

}  // namespace headlight
