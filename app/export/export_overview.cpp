#include "app/export/export_overview.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "app/export/export_captions.h"
#include "app/export/figure.h"
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

/// Of a comparison: "attention of A − B", and whose they are.
std::string compared_words(const ExportSource& source, const ExportRequest& request) {
  constexpr std::array kWords = {"attention of A − B", "attention of A", "attention of B on A's patches"};
  const auto show = static_cast<std::size_t>(request.analysis->value({.values = request.values}, "show"));
  return std::string(kWords[show]) + (source.photo == source.other.photo ? "" : " (" + source.other.image + ")");
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

/// What the maps are of; the blocks are named by the caller.
FigureContent titled(const ExportSource& source, const ExportRequest& request, const std::string& blocks) {
  const vit::Trace& trace = *source.trace;
  const vit::ModelConfig& config = trace.model->config;
  const std::string subject = request.analysis->is_plain   ? "attention"
                              : request.analysis->compares ? compared_words(source, request)
                                                           : lower_first(analysis_words(request, trace));
  FigureContent content;
  const bool both = request.direction == vit::Direction::product;
  const char* const way = both                                                ? " from and to "
                          : request.direction == vit::Direction::looked_at_by ? " to "
                                                                              : " from ";
  content.title = source.image + ", " + blocks + ": " + subject;
  if (request.analysis->asks_query) content.title += way + vit::query_phrase(request.query, trace.grid, config);
  if (request.analysis->is_matrix) content.bands = bands_of(trace);
  const bool beside = asks_other(request);
  content.subtitle = (beside ? "A: " : "") + source.model + ", " + vit::settings_words(trace) +
                     levels_part(source.photo) + (request.stage == vit::Stage::softmax ? "" : ", after dropout") +
                     (beside ? other_words(source) : "");
  content.unit = request.analysis->is_plain
                     ? fmt::format("{}; the mark is the even share, 1/{}{}",
                                   both ? "product of two attention probabilities" : "attention probability",
                                   trace.grid.tokens(), both ? "²" : "")
                 : request.analysis->compares
                     ? std::string(both ? "product of two attention probabilities" : "attention probability") +
                           (request.analysis->value({.values = request.values}, "show") == 0 ? ", A − B" : "")
                     : lower_first(request.analysis->name);
  return content;
}

void set_scale(FigureContent& content, const vit::Look& look, const vit::Range& shared) {
  vit::Range range = look.range_rule == vit::RangeRule::fixed ? look.fixed_range : shared;
  if (content.about_zero) range.low = -range.high;
  const bool own = look.range_rule == vit::RangeRule::per_head;
  bool more = false;  // some values lie beyond the scale
  for (const FigureCell& cell : content.cells)
    for (const float value : cell.map.values)
      more = more || (content.about_zero ? std::abs(value) : value) > range.high;
  content.low = own ? "smallest" : (more && content.about_zero ? "≤ " : "") + figure_number(range.low, range.high);
  content.high = own ? "largest of each map" : (more ? "≥ " : "") + figure_number(range.high, 0);
  if (own) content.unit = content.unit.substr(0, content.unit.find(';'));
}

/// Where the scale is one for all that the figure shows.
void mark_even_share(FigureContent& content, const ExportSource& source, const ExportRequest& request,
                     const vit::Range& range) {
  double share = 1.0 / source.trace->grid.tokens();
  if (request.direction == vit::Direction::product) share *= share;
  const bool probability = request.analysis->id == std::string_view("heads");
  if (probability && share > range.low && share < range.high)
    content.even_share = (share - range.low) / (range.high - range.low);
  else
    content.unit = content.unit.substr(0, content.unit.find(';'));
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

/// How the maps of a set are drawn, and on which photo.
void describe_set(FigureContent& content, const ExportSource& source, const vit::MapSet& set) {
  content.about_zero = set.scale == vit::Scale::about_zero;
  content.marks_query = !set.on_other;
  if (set.on_other) content.title.replace(0, source.image.size(), source.other.image);
}

}  // namespace

FigureContent map_content(const ExportSource& source, const ExportRequest& request, const vit::MapSet& set, int index) {
  const vit::MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const vit::Range range = set.range(index, request.style.look);
  std::string what = label.block < 0 ? "" : "block " + std::to_string(label.block);
  if (label.head != vit::kNoHead)
    what += (what.empty() ? "" : ", ") +
            vit::head_title(label.head, source.trace->settings.heads(std::max(0, label.block)));
  FigureContent content = titled(source, request, what.empty() ? "all blocks" : what);
  content.cells.push_back(cell_of(set, index, range));
  describe_set(content, source, set);
  set_scale(content, {.range_rule = vit::RangeRule::shared}, range);
  if (set.scale == vit::Scale::rgb) {  // its colours are no scale of one number
    content.has_scale = false;
    content.unit = request.analysis->about(set, index);
    return content;
  }
  mark_even_share(content, source, request, range);
  return content;
}

FigureContent overview_content(const ExportSource& source, const ExportRequest& request, const PickedMaps& picked) {
  const vit::MapSet& set = *picked.set;
  FigureContent content =
      titled(source, request,
             request.analysis->asks_block ? "block " + std::to_string(set.question.block) : std::string("all blocks"));
  if (!request.style.overlay && !request.analysis->is_matrix && !source.trace->pixels->resized.rgb.empty())
    content.cells.push_back({.shows = FigureCell::Shows::input, .caption = "input"});
  for (const int map : picked.maps) {
    FigureCell cell = cell_of(set, map, set.range(map, request.style.look));
    cell.caption = set.labels[static_cast<std::size_t>(map)].title;
    cell.remark = "max " + figure_number(*std::max_element(cell.map.values.begin(), cell.map.values.end()), 0);
    content.cells.push_back(std::move(cell));
  }
  describe_set(content, source, set);
  content.columns = columns_for(static_cast<int>(content.cells.size()));
  const vit::Range range = set.range(picked.maps.front(), request.style.look);
  set_scale(content, request.style.look, range);
  if (request.style.look.range_rule == vit::RangeRule::shared && !request.analysis->asks_block) {
    content.low = "smallest";  // a map a block, each in its block's range
    content.high = "99.5 % of each map";
  } else if (request.style.look.range_rule != vit::RangeRule::per_head) {
    mark_even_share(content, source, request, range);
  }
  return content;
}

/// Maps with colours of their own, one of each block.
FigureContent painted_content(const ExportSource& source, const ExportRequest& request,
                              const std::vector<PickedMaps>& answers) {
  FigureContent content = titled(source, request, std::to_string(answers.size()) + " blocks");
  content.cells.reserve(answers.size());
  for (const PickedMaps& answer : answers)
    for (const int map : answer.maps) {
      content.cells.push_back(cell_of(*answer.set, map, {}));
      content.cells.back().caption = "block " + std::to_string(answer.set->labels[static_cast<std::size_t>(map)].block);
    }
  describe_set(content, source, *answers.front().set);
  content.columns = columns_for(static_cast<int>(content.cells.size()));
  content.has_scale = false;
  content.unit = request.analysis->sentence;
  return content;
}

FigureContent grid_content(const ExportSource& source, const ExportRequest& request,
                           const std::vector<PickedMaps>& answers) {
  struct Row {
    int block;
    std::vector<std::pair<const vit::MapSet*, int>> maps;
  };
  std::vector<Row> rows;  // one for each block
  for (const PickedMaps& answer : answers)
    for (const int map : answer.maps) {
      const int block = answer.set->labels[static_cast<std::size_t>(map)].block;
      if (rows.empty() || rows.back().block != block) rows.push_back({block, {}});
      rows.back().maps.emplace_back(answer.set.get(), map);
    }
  FigureContent content =
      titled(source, request, rows.size() == 1 ? "1 block" : std::to_string(rows.size()) + " blocks");
  describe_set(content, source, *answers.front().set);
  std::size_t columns = 1;
  for (const Row& row : rows) columns = std::max(columns, row.maps.size());
  content.columns = static_cast<int>(columns);
  const vit::Range shared = common_range(answers, request.blocks);
  const bool by_block = request.style.look.range_rule == vit::RangeRule::shared && rows.size() > 1;
  std::size_t captioned = 0;  // columns named so far: the first row that has a column names it
  for (const Row& row : rows) {
    content.row_labels.push_back(row.block < 0 ? "" : "block " + std::to_string(row.block));
    if (by_block)  // its scale stands at its name
      content.row_labels.back() +=
          " ≤ " + figure_number(row.maps.front().first->range(row.maps.front().second, request.style.look).high, 0);
    for (std::size_t i = 0; i < columns; ++i) {
      if (i >= row.maps.size()) {
        content.cells.emplace_back();
        continue;
      }
      const auto& [set, map] = row.maps[i];
      const bool one_range = request.style.look.range_rule == vit::RangeRule::all;
      FigureCell cell = cell_of(*set, map, one_range ? shared : set->range(map, request.style.look));
      if (i >= captioned) cell.caption = set->labels[static_cast<std::size_t>(map)].title;
      content.cells.push_back(std::move(cell));
    }
    captioned = std::max(captioned, row.maps.size());
  }
  const bool one_row = request.style.look.range_rule == vit::RangeRule::shared && !by_block;
  const vit::Range scale = one_row || request.style.look.range_rule == vit::RangeRule::fixed
                               ? answers.front().set->range(answers.front().maps.front(), request.style.look)
                               : shared;
  set_scale(content, request.style.look, scale);
  if (by_block) {
    content.low = "smallest";
    content.high = "the end named at each block";
    content.unit = content.unit.substr(0, content.unit.find(';'));
  } else if (request.style.look.range_rule != vit::RangeRule::per_head) {
    mark_even_share(content, source, request, scale);
  }
  return content;
}

FigureContent content_of(const ExportSource& source, const ExportRequest& request,
                         const std::vector<PickedMaps>& answers) {
  const PickedMaps& first = answers.front();
  if (answers.size() == 1 && first.maps.size() == 1)
    return map_content(source, request, *first.set, first.maps.front());
  if (first.set->scale == vit::Scale::rgb) return painted_content(source, request, answers);
  const auto block_of = [&](int map) { return first.set->labels[static_cast<std::size_t>(map)].block; };
  bool several_a_block = false;  // in one answer for the network: a row a block shows it best
  for (std::size_t i = 1; i < first.maps.size() && !request.analysis->asks_block; ++i)
    several_a_block = several_a_block || block_of(first.maps[i]) == block_of(first.maps[i - 1]);
  return answers.size() == 1 && !several_a_block ? overview_content(source, request, first)
                                                 : grid_content(source, request, answers);
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
