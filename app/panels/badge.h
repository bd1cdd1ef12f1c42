// The badge beside the tabs: that what is shown is not the trained network's, and how much the attention moved; with
// the button that takes it back.
#pragma once

#include <imgui.h>

#include <string>
#include <vector>

#include "app/analysis/drift.h"
#include "engine/network/model.h"

namespace headlight {

struct Bench;

/// Ways to say it, the longest first: "Cost experiment: 96 heads, trained with 6. These maps are not the trained
/// network's. 23 % of the attention moved." to "96 heads, trained with 6. Not the trained network's maps."
std::vector<std::string> badge_words(const Drift& drift, const vit::Settings& settings, const vit::ModelConfig& config);

/// Nothing was learned by this network: its weights were drawn.
bool has_random_weights(const vit::Model& model);

/// At the right end of a line `width` px wide, from `x` on: where the settings are not the trained ones, or the weights
/// are random. False where there is nothing to say. Where there is no room, `words_above` say it elsewhere.
bool draw_badge(Bench& bench, ImVec2 from, float width, float x, std::string& words_above);

}  // namespace headlight
