// Side B of a comparison: what it has of its own, and what follows from side A where it has nothing.
#pragma once

#include <optional>
#include <string>

#include "engine/checkpoint/load_model.h"
#include "engine/image/image.h"
#include "engine/image/preprocessing.h"
#include "engine/network/model.h"
#include "engine/network/settings.h"

namespace headlight {

/// What is empty here is as side A has it, and follows it.
struct OtherSide {
  std::string model = {};          // file, folder or "random:…"
  vit::LoadOptions load = {};      // that network's overrides
  std::string image = {};          // file
  vit::ImageReading reading = {};  // that photo's levels and colour profile
  /// None: as side A's where both run one network, else as side B's network has it by itself.
  std::optional<vit::Preprocessing> preprocessing = {};
  /// None: likewise. How a pass runs (kernel, threads) is always as on side A.
  std::optional<vit::Numbers> numbers = {};
  bool operator==(const OtherSide&) const = default;

  /// There is a side B.
  bool on() const { return !model.empty() || !image.empty() || preprocessing || numbers; }
};

/// Whether both read a file in the same way. The class names that the program finds by itself do not count.
bool same_overrides(vit::LoadOptions a, vit::LoadOptions b);

/// What side B's pass takes, given its network and side A's.
vit::Preprocessing preprocessing_of(const OtherSide& other, const vit::Model& model, const vit::Model& model_of_a,
                                    const vit::Preprocessing& of_a);
vit::Settings settings_of(const OtherSide& other, const vit::Model& model, const vit::Model& model_of_a,
                          const vit::Settings& of_a);

}  // namespace headlight
