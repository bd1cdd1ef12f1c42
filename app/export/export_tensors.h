// The numbers of a trace as one safetensors file: pixels, attention, hidden states, features and logits.
#pragma once

#include <filesystem>

#include "app/export/export.h"

namespace headlight {

/// F32: `pixels` (3, H, W), `attention.L` (h, N, N) for each block of `blocks`, `hidden.L` (N, C) after every block L,
/// `features` (N, C) after the last norm, `logits` (K) if there is a head. The file is written whole or not at all.
/// Throws vit::Error if the disk refuses, vit::Cancelled after a stop request.
void export_tensors(const ExportSource& source, const std::vector<int>& blocks, vit::Stage stage,
                    const std::filesystem::path& file, const ExportControl& control = {});

}  // namespace headlight
