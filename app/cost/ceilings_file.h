// The machine's ceilings, kept between runs: they do not change while the processor stays.
#pragma once

#include <filesystem>
#include <optional>

#include "engine/lab/ceilings.h"

namespace headlight {

/// $XDG_CACHE_HOME/headlight/ceilings.json, or under ~/.cache; empty where there is no home.
std::filesystem::path ceilings_file();

/// What was found on this processor with this kernel, precision and number of threads; none: nothing, or not on this
/// machine.
std::optional<vit::Ceilings> load_ceilings(const std::filesystem::path& file, const vit::Execution& execution);

/// Beside those of other instruction sets and thread counts. Quietly does nothing where the folder cannot be written.
void save_ceilings(const vit::Ceilings& ceilings, const std::filesystem::path& file);

}  // namespace headlight
