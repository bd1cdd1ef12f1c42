// How the photo is brought to the network's size: the four ways people ask for, at any whole number of patches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/session/run_options.h"
#include "engine/image/preprocessing.h"
#include "engine/network/model.h"
#include "engine/network/settings.h"

namespace headlight {

enum class Fit : std::uint8_t {
  crop,     // the middle of the photo, as most networks are trained
  squash,   // all of it, distorted to the network's shape
  shorter,  // all of it in its own shape, the shorter side at the size, edges cut to whole patches
  longer,   // the same with the longer side
};
std::span<const vit::Choice<Fit>> choices(Fit);

/// The ways that work with this network: those that keep the photo's shape need one that resamples its positions.
std::span<const vit::Choice<Fit>> possible_fits(const vit::ModelConfig& config);

/// None where resize and crop are combined in another way.
std::optional<Fit> fit_of(const vit::Preprocessing& preprocessing);

/// px of the side that the fit names: the crop's or the input's shorter one.
int size_of(const vit::Preprocessing& preprocessing);

/// What the command line says for it, given the model's own rules.
PreprocessingOptions options_for(Fit fit, int size_px, const vit::Preprocessing& native, int patch_px);
/// "--resize longer:448 --crop multiple"
std::string command_line(const PreprocessingOptions& options);

/// The model's own rules at another fit and size, exactly as the command line has them; what `current` says of
/// colours, filter and rounding stays.
vit::Preprocessing fitted(Fit fit, int size_px, const vit::Preprocessing& native, const vit::Preprocessing& current,
                          int patch_px);

/// Sizes in px from a few patches up to what fits into `available_bytes`; never empty. The model's own size alone where
/// the family does not resample its positions.
std::vector<int> possible_sizes(const vit::Model& model, int photo_width, int photo_height,
                                const vit::Preprocessing& current, const vit::Settings& settings,
                                std::size_t available_bytes);

}  // namespace headlight
