// A drawing as a file that says where it comes from.
#pragma once

#include <stop_token>
#include <string>

#include "app/export/export_style.h"
#include "app/export/paper.h"
#include "app/files/png_file.h"

namespace headlight {

/// As PNG with the chunks, or as PDF or SVG with the same in their properties. Throws vit::Error for NPY and CSV, and
/// what drawing throws.
std::string file_of(const Drawing& drawing, FileKind kind, const std::string& title, const TextChunks& chunks,
                    const std::stop_token& stop = {});

}  // namespace headlight
