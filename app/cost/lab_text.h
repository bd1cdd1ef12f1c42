// What the cost lab found, for the terminal and for files.
#pragma once

#include <string>
#include <vector>

#include "engine/lab/ceilings.h"
#include "engine/lab/lab.h"
#include "engine/lab/roofline.h"

namespace headlight {

/// Whose claims and formulas the verdicts are about.
inline constexpr const char* kStudentsNote =
    "A student’s note on Vision Transformers: what it says of the cost of attention, held against the count and the "
    "clock.";

/// Sweeps with fitted exponents, the verdicts on the note's sentences, and its slips. `result` null: by operations
/// alone.
std::string lab_text(const vit::ModuleSpec& base, const vit::LabResult* result);

/// The same with every number, as JSON.
std::string lab_json(const vit::ModuleSpec& base, const vit::LabResult* result);

/// A line for each row of each point: axis, value, op, operations, bytes, predicted and measured ms.
std::string lab_csv(const vit::ModuleSpec& base, const vit::LabResult* result);

/// The points of a roofline as a table, below the machine's ceilings.
std::string roofline_text(const std::vector<vit::RooflinePoint>& points, const vit::Ceilings& ceilings);
std::string roofline_csv(const std::vector<vit::RooflinePoint>& points, const vit::Ceilings& ceilings);

/// "AMD EPYC 9355, avx512, 2 threads: 512 GFLOP/s, 255 GB/s from the level-2 cache, 42 GB/s from memory"
std::string ceilings_words(const vit::Ceilings& ceilings);

}  // namespace headlight
