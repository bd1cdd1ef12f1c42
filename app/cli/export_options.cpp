#include "app/cli/export_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "app/cli/common.h"
#include "app/cli/export_arguments.h"
#include "app/export/export_captions.h"
#include "app/export/view_export.h"
#include "app/files/assets.h"
#include "app/session/wanted_options.h"
#include "engine/base/error.h"
#include "engine/network/forward.h"

namespace headlight {
namespace {

FigureWidth width_from(const std::string& text, const FigureWidth& usual) {
  try {
    return parse_width(text, usual);
  } catch (const vit::Error& error) {
    throw UsageError(std::string("--width: ") + error.what());
  }
}

/// On a page a bare number could be anything.
void refuse_width_without_unit(const ExportOptions& options, const std::set<FileKind>& kinds) {
  if (options.width.empty() || names_unit(options.width)) return;
  const auto is_page = [](FileKind kind) { return kind == FileKind::pdf || kind == FileKind::svg; };
  bool page = !options.folder.empty() && std::any_of(kinds.begin(), kinds.end(), is_page);
  for (const std::string* file : {&options.figure, &options.curves, &options.cost})
    page = page || (!file->empty() && is_page(kind_of(*file)));
  if (page)
    throw UsageError(
        fmt::format("--width {0}: the width of a PDF or SVG needs its unit; write {0}mm, or cm, in "
                    "(inches) or px.",
                    options.width));
}

}  // namespace

ExportRequest request_for(const ExportOptions& options, const Run& input) {
  const vit::ModelConfig& config = input.model->config;
  const vit::TokenGrid grid = vit::token_grid(config, input.pixels->width, input.pixels->height);
  ExportRequest request;
  request.blocks = parse_blocks(options.blocks, config.depth);
  request.heads = parse_heads(options.heads);
  request.query = parse_query(options.query, grid, config);
  request.direction = options.direction;
  request.stage = options.after_dropout ? vit::Stage::after_dropout : vit::Stage::softmax;
  request.kinds = parse_formats(options.formats);
  request.style = options.style;
  if (!options.width.empty()) request.style.width = width_from(options.width, request.style.width);
  refuse_width_without_unit(options, request.kinds);
  parse_range(options.range, request.style);
  if (const auto map = vit::choice_by_id<vit::Colormap>(options.colormap)) request.style.look.colormap = *map;
  request.analysis = vit::analysis_by_id(options.analysis);
  request.values = parse_values(options.values, *request.analysis);
  if (options.view && words_of(options.view->wanted).analysis == request.analysis->id)
    request.values.merge(parse_values(options.view_values, *request.analysis));
  request.folder = options.folder;
  const bool maps =
      !options.folder.empty() || !options.figure.empty() || !options.report.empty() || !options.film.empty();
  if (const std::string why = missing_head(request, input.settings); maps && !why.empty()) throw UsageError(why);
  return request;
}

bool has_other(const RunOptions& other) {
  return !other.model.empty() || !other.image.empty() || has_numbers(other) || has_preprocessing(other);
}

SavedView files_of(const RunOptions& run, const RunOptions& other) {
  Wanted wanted;
  wanted.other.model = other.model;
  wanted.other.load = other.load;
  wanted.other.image = other.image;
  wanted.other.reading = other.reading;
  wanted.model = run.model.empty() ? default_model().string() : run.model;
  wanted.load = run.load;
  wanted.image = run.image;
  wanted.reading = run.reading;
  return mark_files(std::move(wanted));
}

}  // namespace headlight
