// The cost table as a figure: operators, formulas, counts and measured times, set as a table in a paper.
#pragma once

#include <span>

#include "app/cost/cost_view.h"
#include "app/export/export.h"
#include "engine/network/meter.h"

namespace headlight {

/// What the table is about.
struct CostRequest {
  int block = -1;  // -1: the whole network
  vit::Convention convention = vit::Convention::mac;
  std::vector<vit::Timings> passes = {};  // of the trace's own settings; none: no times
};

/// Throws vit::Error where the width is too small for letters that can be read.
Drawing cost_drawing(const ExportSource& source, const CostRequest& cost, const ExportStyle& style);

/// The same as PNG, PDF or SVG, or all rows of every block as CSV. Throws vit::Error for NPY, too.
std::string cost_bytes(const ExportSource& source, const CostRequest& cost, const ExportStyle& style, FileKind kind);

/// Writes it; the file's ending says as what, and its folder is made. Throws vit::Error.
void export_cost(const ExportSource& source, const CostRequest& cost, const ExportStyle& style,
                 const std::filesystem::path& file);

}  // namespace headlight
