// A plot with two logarithmic axes as a figure: the cost lab's sweeps and the roofline, for a paper.
#pragma once

#include <filesystem>
#include <string>

#include "app/cost/log_plot.h"
#include "app/export/export_style.h"
#include "app/export/paper.h"
#include "app/files/png_file.h"

namespace headlight {

/// Title and subtitle stand above the plot where the style has a caption.
Drawing plot_drawing(const LogPlot& plot, const std::string& title, const std::string& subtitle,
                     const ExportStyle& style);

/// As PNG, PDF or SVG by the file's ending, with the subtitle among its properties; its folder is made. Throws
/// vit::Error, for other endings, too.
void export_plot(const LogPlot& plot, const std::string& title, const std::string& subtitle, const ExportStyle& style,
                 const std::filesystem::path& file);

}  // namespace headlight
