#include "app/export/export_overview.h"

#include <algorithm>
#include <cmath>

#include "app/export/export_captions.h"
#include "app/export/figure.h"
#include "app/session/view.h"

namespace headlight {
namespace {

/// Columns that leave few cells empty, for a figure somewhat wider than high.
int columns_for(int tiles) {
  const int narrowest = std::max(1, static_cast<int>(std::ceil(std::sqrt(tiles))));
  const int widest = std::max(narrowest, static_cast<int>(std::ceil(std::sqrt(1.8 * tiles))));
  int best = narrowest;
  const auto empty_cells = [&](int columns) { return (tiles + columns - 1) / columns * columns - tiles; };
  for (int columns = narrowest; columns <= widest; ++columns)
    if (empty_cells(columns) < empty_cells(best)) best = columns;
  return best;
}

/// What the maps are of; the blocks are named by the caller.
FigureContent titled(const ExportSource& source, const ExportRequest& request, const std::string& blocks) {
  const vit::Trace& trace = *source.trace;
  const vit::ModelConfig& config = trace.model->config;
  FigureContent content;
  content.title = source.image + ", " + blocks + ": attention from " + query_phrase(request.query, trace.grid, config);
  content.subtitle = source.model + ", " + settings_words(trace.settings, config) +
                     (request.stage == vit::Stage::softmax ? "" : ", after dropout");
  return content;
}

void set_scale(FigureContent& content, const ExportStyle& style, const vit::Range& shared) {
  const vit::Range range = style.range_rule == vit::RangeRule::fixed ? style.fixed_range : shared;
  const bool own = style.range_rule == vit::RangeRule::per_head;
  content.low = own ? "smallest" : figure_number(range.low, range.high);
  bool more = false;  // some values lie beyond the scale
  for (const FigureCell& cell : content.cells)
    for (const float value : cell.map.values) more = more || value > range.high;
  content.high = own ? "largest of each map" : (more ? "≥ " : "") + figure_number(range.high, 0);
}

FigureCell cell_of(const NamedMap& map, const vit::Range& range) {
  return {.shows = FigureCell::Shows::map, .map = map.map, .range = range};
}

}  // namespace

vit::Image overview_picture(const ExportSource& source, const ExportRequest& request, const BlockMaps& maps,
                            const std::stop_token& stop) {
  FigureContent content = titled(source, request, "block " + std::to_string(maps.block));
  const bool has_photo = request.style.overlay && source.photo;
  if (!has_photo && !source.trace->pixels->resized.rgb.empty())
    content.cells.push_back({.shows = FigureCell::Shows::input, .caption = "input"});
  for (const NamedMap& map : maps.maps) {
    FigureCell cell = cell_of(map, range_for(maps, map, request.style.range_rule, request.style.fixed_range));
    cell.caption = map.title;
    cell.remark = "max " + figure_number(*std::max_element(map.map.values.begin(), map.map.values.end()), 0);
    content.cells.push_back(std::move(cell));
  }
  content.columns = columns_for(static_cast<int>(content.cells.size()));
  set_scale(content, request.style, maps.shared);
  return draw_figure(content, source, request, stop);
}

vit::Range grid_range(std::span<const BlockMaps> blocks) {
  std::vector<float> patches;
  for (const BlockMaps& block : blocks) patches.insert(patches.end(), block.patches.begin(), block.patches.end());
  return vit::shared_range(patches);
}

vit::Image grid_picture(const ExportSource& source, const ExportRequest& request, std::span<const BlockMaps> blocks,
                        const std::stop_token& stop) {
  FigureContent content =
      titled(source, request, blocks.size() == 1 ? "1 block" : std::to_string(blocks.size()) + " blocks");
  std::size_t columns = 1;
  for (const BlockMaps& block : blocks) columns = std::max(columns, block.maps.size());
  content.columns = static_cast<int>(columns);
  const vit::Range shared = grid_range(blocks);
  std::size_t captioned = 0;  // columns named so far: the first row that has a column names it
  for (const BlockMaps& block : blocks) {
    content.row_labels.push_back("block " + std::to_string(block.block));
    for (std::size_t i = 0; i < columns; ++i) {
      if (i >= block.maps.size()) {
        content.cells.emplace_back();
        continue;
      }
      const NamedMap& map = block.maps[i];
      FigureCell cell = cell_of(map, request.style.range_rule == vit::RangeRule::shared
                                         ? shared
                                         : range_for(block, map, request.style.range_rule, request.style.fixed_range));
      if (i >= captioned) cell.caption = map.title;
      content.cells.push_back(std::move(cell));
    }
    captioned = std::max(captioned, block.maps.size());
  }
  set_scale(content, request.style, shared);
  return draw_figure(content, source, request, stop);
}

}  // namespace headlight
