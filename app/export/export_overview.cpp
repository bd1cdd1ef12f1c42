#include "app/export/export_overview.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "app/export/export_captions.h"
#include "app/export/figure.h"
#include "app/export/figure_layout.h"
#include "app/words/quantity.h"
#include "engine/maps/scale_ends.h"
#include "engine/network/settings_words.h"

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

/// As many as are asked for, if there are so many tiles; 0: as suits them.
int columns_of(const FigureContent& content, int columns) {
  const auto tiles = static_cast<int>(content.cells.size());
  return columns > 0 ? std::min(columns, tiles) : columns_for(tiles);
}

/// The rules and names of a matrix.
FigureBands bands_of(const vit::Trace& trace) {
  const vit::ModelConfig& config = trace.model->config;
  const int prefix = trace.grid.prefix, patches = trace.grid.tokens() - prefix;
  FigureBands bands{.prefix = prefix, .tokens = trace.grid.tokens(), .queries = "queries ↓"};
  if (prefix > 0) bands.first = vit::prefix_label(0, config);
  std::string group = bands.first;
  if (prefix > 1) group += " … " + vit::prefix_label(prefix - 1, config);
  bands.above = group + (group.empty() ? "" : " | ") + "keys: " + std::to_string(patches) + " patches →";
  return bands;
}

/// Of the photo, where its levels are not as stored: ", levels 0 to 4,095 of 65,535".
std::string levels_part(const std::shared_ptr<const vit::Image>& photo) {
  return photo && photo->levels ? ", levels " + vit::shown_levels(*photo) : "";
}

/// "; B: dinov2-small, as trained": empty without a side B.
std::string other_words(const ExportSource& source) {
  const vit::Trace& other = *source.other.trace;
  return "; B: " + source.other.model + ", " + vit::settings_words(other) +
         (source.other.photo == source.photo ? "" : levels_part(source.other.photo));
}

/// "block 3", "block 3 (B: block 1)" where side B's is another one.
std::string block_name(const vit::MapSet& set, int block) {
  if (block < 0) return "";
  const bool beside = set.side_b && set.side_b->question.block != block;
  return fmt::format("block {}", block) + (beside ? fmt::format(" (B: block {})", set.side_b->question.block) : "");
}

/// What the maps are of; the blocks are named by the caller. `index`: of one map, else -1.
FigureContent titled(const ExportSource& source, const ExportRequest& request, const vit::MapSet& set, int index,
                     const std::string& blocks) {
  const vit::Trace& trace = *source.trace;
  FigureContent content;
  content.title = (set.on_other ? source.other.image : source.image) + (blocks.empty() ? "" : ", " + blocks) + ": " +
                  request.analysis->caption(set, index);
  if (request.analysis->compares && source.photo != source.other.photo) content.title += "; B: " + source.other.image;
  if (request.analysis->is_matrix) content.bands = bands_of(trace);
  const bool beside = asks_other(request);
  content.subtitle = (beside ? "A: " : "") + source.model + ", " + vit::settings_words(trace) +
                     levels_part(source.photo) + (request.stage == vit::Stage::softmax ? "" : ", after dropout") +
                     (beside ? other_words(source) : "");
  content.unit = request.analysis->quantity(set);
  return content;
}

/// As the window counts: shares in per cent where they are no attention of a token.
std::string number_of(const vit::MapSet& set, float value, float largest) {
  return set.even <= 0 && set.unit == std::string_view("%") ? percent_text(value) : figure_number(value, largest);
}

void set_scale(FigureContent& content, const vit::MapSet& set, const vit::Look& look, const vit::Range& shared) {
  if (set.is_mask) return content.unit.clear();
  vit::Range range = look.range_rule == vit::RangeRule::fixed ? look.fixed_range : shared;
  if (content.about_zero) range.low = -range.high;
  vit::Beyond ends;
  for (const FigureCell& cell : content.cells) {
    const vit::Beyond of_map = vit::beyond(cell.map.values, range);
    ends = {.low = ends.low || of_map.low, .high = ends.high || of_map.high};
  }
  content.low = vit::low_end(number_of(set, range.low, range.high), ends);
  content.high = vit::high_end(number_of(set, range.high, 0), ends);
  if (look.range_rule != vit::RangeRule::per_head) return;
  content.low = content.about_zero ? "− largest size" : "smallest";
  content.high = content.about_zero ? "largest size in each map" : "largest of each map";
}

/// Where the scale is one for all that the figure shows.
void mark_even_share(FigureContent& content, const vit::MapSet& set, const vit::Range& range) {
  const bool on_scale = set.even > std::max(0.f, range.low) && set.even < range.high;
  if (!content.has_scale || content.about_zero || !on_scale) return;
  content.even_share = (set.even - range.low) / (range.high - range.low);
  content.unit += fmt::format("; the mark is the even share, 1/{}{}", set.trace->grid.tokens(),
                              set.question.direction == vit::Direction::product ? "²" : "");
}

FigureCell cell_of(const vit::MapSet& set, int index, const vit::Range& range) {
  return {.shows = FigureCell::Shows::map,
          .map = set.patch_map(index),
          .range = range,
          .window = set.labels[static_cast<std::size_t>(index)].window,
          .marked = set.labels[static_cast<std::size_t>(index)].marked,
          .is_mask = set.is_mask,
          .brief = set.labels[static_cast<std::size_t>(index)].brief};
}

/// How the maps of a set are drawn.
void describe_set(FigureContent& content, const vit::MapSet& set) {
  content.about_zero = set.scale == vit::Scale::about_zero;
  content.has_scale = !set.is_mask;  // which has two colours, and the title says what the one is
  content.marks_query = !set.on_other && vit::asks_query(*vit::analysis_by_id(set.question.analysis), set.question,
                                                         set.trace->model->config);
}

}  // namespace

FigureContent caption_content(const ExportSource& source, const ExportRequest& request, const vit::MapSet& set) {
  return titled(source, request, set, -1, "");
}

FigureContent map_content(const ExportSource& source, const ExportRequest& request, const vit::MapSet& set, int index) {
  const vit::MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const vit::Range range = set.range(index, request.style.look);
  std::string what = block_name(set, label.block);
  if (label.head != vit::kNoHead)
    what += (what.empty() ? "" : ", ") +
            vit::head_title(label.head, source.trace->settings.heads(std::max(0, label.block)));
  FigureContent content = titled(source, request, set, index, what);
  content.cells.push_back(cell_of(set, index, range));
  describe_set(content, set);
  set_scale(content, set, {.range_rule = vit::RangeRule::shared}, range);
  if (set.scale == vit::Scale::rgb) {  // its colours are no scale of one number
    content.has_scale = false;
    content.unit = request.analysis->about(set, index);
    return content;
  }
  if (set.is_mask) {
    content.unit = fmt::format("{} of {}", label.note, set.patches());
    return content;
  }
  mark_even_share(content, set, range);
  return content;
}

FigureContent overview_content(const ExportSource& source, const ExportRequest& request, const PickedMaps& picked,
                               int columns) {
  const vit::MapSet& set = *picked.set;
  FigureContent content =
      titled(source, request, set, -1,
             request.analysis->asks_block ? block_name(set, set.question.block) : std::string("all blocks"));
  if (!request.style.overlay && !request.analysis->is_matrix && !source.trace->pixels->resized.rgb.empty())
    content.cells.push_back({.shows = FigureCell::Shows::input, .caption = "input"});
  for (const int map : picked.maps) {
    FigureCell cell = cell_of(set, map, set.range(map, request.style.look));
    const vit::MapLabel& label = set.labels[static_cast<std::size_t>(map)];
    cell.caption = label.title;
    cell.remark = set.is_mask
                      ? label.note
                      : "max " + number_of(set, *std::max_element(cell.map.values.begin(), cell.map.values.end()), 0);
    content.cells.push_back(std::move(cell));
  }
  describe_set(content, set);
  content.columns = columns_of(content, columns);
  const vit::Range range = set.range(picked.maps.front(), request.style.look);
  set_scale(content, set, request.style.look, range);
  if (request.style.look.range_rule == vit::RangeRule::shared && !request.analysis->asks_block) {
    content.low = "smallest";  // a map a block, each in its block's range
    content.high = "99.5 % of each map";
  } else if (request.style.look.range_rule != vit::RangeRule::per_head) {
    mark_even_share(content, set, range);
  }
  return content;
}

/// Maps with colours of their own, one of each block.
FigureContent painted_content(const ExportSource& source, const ExportRequest& request,
                              const std::vector<PickedMaps>& answers, int columns) {
  FigureContent content = titled(source, request, *answers.front().set, -1, std::to_string(answers.size()) + " blocks");
  content.cells.reserve(answers.size());
  for (const PickedMaps& answer : answers)
    for (const int map : answer.maps) {
      content.cells.push_back(cell_of(*answer.set, map, {}));
      content.cells.back().caption = "block " + std::to_string(answer.set->labels[static_cast<std::size_t>(map)].block);
    }
  describe_set(content, *answers.front().set);
  content.columns = columns_of(content, columns);
  content.has_scale = false;
  return content;
}

namespace {

/// A block's maps in a figure of several blocks.
struct BlockRow {
  int block;
  std::vector<std::pair<const vit::MapSet*, int>> maps;
};

std::vector<BlockRow> block_rows(const std::vector<PickedMaps>& answers) {
  std::vector<BlockRow> rows;
  for (const PickedMaps& answer : answers)
    for (const int map : answer.maps) {
      const int block = answer.set->labels[static_cast<std::size_t>(map)].block;
      if (rows.empty() || rows.back().block != block) rows.push_back({block, {}});
      rows.back().maps.emplace_back(answer.set.get(), map);
    }
  return rows;
}

std::size_t most_maps(std::span<const BlockRow> rows) {
  std::size_t most = 1;
  for (const BlockRow& row : rows) most = std::max(most, row.maps.size());
  return most;
}

}  // namespace

FigureContent grid_content(const ExportSource& source, const ExportRequest& request,
                           const std::vector<PickedMaps>& answers, int columns) {
  const std::vector<BlockRow> rows = block_rows(answers);
  FigureContent content = titled(source, request, *answers.front().set, -1,
                                 rows.size() == 1 ? "1 block" : std::to_string(rows.size()) + " blocks");
  describe_set(content, *answers.front().set);
  const bool one_range = request.style.look.range_rule == vit::RangeRule::all;
  const vit::Range scale = one_range ? common_range(answers, request.blocks)
                                     : answers.front().set->range(answers.front().maps.front(), request.style.look);
  const bool by_block = request.style.look.range_rule == vit::RangeRule::shared && rows.size() > 1 && content.has_scale;
  const std::size_t of_block = most_maps(rows), asked = columns > 0 ? static_cast<std::size_t>(columns) : of_block;
  const std::size_t beside = std::clamp<std::size_t>(asked / of_block, 1, rows.size());  // blocks in a line of tiles
  const std::size_t width = std::min(asked, of_block);                                   // tiles of a block in a line
  content.columns = static_cast<int>(beside * width);
  content.group = beside > 1 ? static_cast<int>(width) : 0;
  const auto name_of = [&](const BlockRow& row) {
    std::string name = block_name(*row.maps.front().first, row.block);
    if (by_block)  // where its scale ends
      name += (content.about_zero ? ", ±" : ", to ") +
              number_of(*row.maps.front().first,
                        row.maps.front().first->range(row.maps.front().second, request.style.look).high, 0);
    return name;
  };
  std::size_t captioned = 0;  // columns named so far: the first block that has a column names it
  for (std::size_t first = 0; first < rows.size(); first += beside) {
    const std::size_t most = most_maps(std::span(rows).subspan(first, std::min(beside, rows.size() - first)));
    for (std::size_t line = 0; line * width < most; ++line) {
      if (beside == 1) content.row_labels.push_back(line == 0 ? name_of(rows[first]) : "");
      std::size_t named = captioned;
      for (std::size_t b = first; b < first + beside; ++b)
        for (std::size_t i = line * width; i < (line + 1) * width; ++i) {
          FigureCell& cell = content.cells.emplace_back();
          if (b >= rows.size() || i >= rows[b].maps.size()) continue;
          const auto& [set, map] = rows[b].maps[i];
          cell = cell_of(*set, map, one_range ? scale : set->range(map, request.style.look));
          if (i >= captioned || width < of_block) cell.caption = set->labels[static_cast<std::size_t>(map)].title;
          if (beside > 1 && i == line * width && line == 0) cell.heading = name_of(rows[b]);
          named = std::max(named, i + 1);
        }
      captioned = named;
    }
  }
  set_scale(content, *answers.front().set, request.style.look, scale);
  if (by_block) {
    content.low = content.about_zero ? "− number" : "smallest";
    content.high = beside > 1 ? "number above" : "number at left";
  } else if (request.style.look.range_rule != vit::RangeRule::per_head) {
    mark_even_share(content, *answers.front().set, scale);
  }
  return content;
}

namespace {

constexpr double kPageHeight = 247 / 25.4 * 72;  // points, of the text on a sheet of A4

/// Of a figure so wide on paper, the fewest columns at which it stays on a page: else those that make it lowest.
/// `steps`: the counts of columns that are possible besides the usual one, fewest first.
FigureContent on_a_page(const ExportSource& source, const ExportRequest& request, const vit::MapSet& set,
                        FigureContent usual, const std::vector<int>& steps,
                        const std::function<FigureContent(int columns)>& content_with) {
  const double aspect = tile_aspect(set.ground(), (set.on_other ? source.other.photo : source.photo).get(), request);
  const ExportStyle style = decorated(request.style, true);
  FigureContent best = std::move(usual);
  auto layout = possible_layout(best, aspect, style);
  double lowest = layout ? layout->height : std::numeric_limits<double>::infinity();
  for (std::size_t step = 0; step < steps.size() && lowest > kPageHeight; ++step) {
    FigureContent content = content_with(steps[step]);
    layout = possible_layout(content, aspect, style);
    if (!layout || layout->height >= lowest) continue;
    lowest = layout->height;
    best = std::move(content);
  }
  return best;
}

}  // namespace

FigureContent content_of(const ExportSource& source, const ExportRequest& request,
                         const std::vector<PickedMaps>& answers) {
  const PickedMaps& first = answers.front();
  if (answers.size() == 1 && first.maps.size() == 1)
    return map_content(source, request, *first.set, first.maps.front());
  const auto block_of = [&](int map) { return first.set->labels[static_cast<std::size_t>(map)].block; };
  bool several_a_block = false;  // in one answer for the network: a row a block shows it best
  for (std::size_t i = 1; i < first.maps.size() && !request.analysis->asks_block; ++i)
    several_a_block = several_a_block || block_of(first.maps[i]) == block_of(first.maps[i - 1]);
  const bool painted = first.set->scale == vit::Scale::rgb;
  const bool grid = !painted && (answers.size() > 1 || several_a_block);
  const auto content_with = [&](int columns) {
    if (painted) return painted_content(source, request, answers, columns);
    return grid ? grid_content(source, request, answers, columns) : overview_content(source, request, first, columns);
  };
  FigureContent usual = content_with(request.style.columns);
  if (request.style.columns > 0 || request.style.width.unit != FigureWidth::Unit::mm) return usual;
  std::vector<int> steps;
  const auto rows = static_cast<int>(block_rows(answers).size());
  if (grid)
    for (int beside = 2; beside <= rows; ++beside) steps.push_back(beside * usual.columns);
  else
    for (int columns = usual.columns + 1; columns <= static_cast<int>(usual.cells.size()); ++columns)
      steps.push_back(columns);
  return on_a_page(source, request, *first.set, std::move(usual), steps, content_with);
}

std::string range_words(const ExportRequest& request, const std::vector<PickedMaps>& answers) {
  const PickedMaps& first = answers.front();
  if (first.set->scale == vit::Scale::rgb) return "each map's own colours";
  const bool one_map = answers.size() == 1 && first.maps.size() == 1;
  const bool one_block = answers.size() == 1 && request.analysis->asks_block;
  switch (one_map ? vit::RangeRule::fixed : request.style.look.range_rule) {
    case vit::RangeRule::fixed:
      return range_text(first.set->range(first.maps.front(), request.style.look));
    case vit::RangeRule::per_head:
      return "each map its own";
    case vit::RangeRule::all:
      return range_text(common_range(answers, request.blocks));
    case vit::RangeRule::shared:
      break;
  }
  return one_block ? range_text(first.set->range(first.maps.front(), request.style.look)) : "each block its own";
}

}  // namespace headlight
