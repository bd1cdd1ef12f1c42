#include "app/export/sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "app/export/file_names.h"
#include "app/export/view_export.h"
#include "app/files/write_file.h"

namespace headlight {
namespace {

constexpr std::array<vit::Choice<SheetShows>, 6> kShows = {
    {{SheetShows::map, "map", "Map", "The chosen map alone."},
     {SheetShows::overlay, "overlay", "Overlay", "The chosen map over the photo."},
     {SheetShows::heads, "heads", "All heads", "Every map of the chosen block."},
     {SheetShows::grid, "grid", "Grid", "Every head of every block, a row for each block."},
     {SheetShows::curves, "curves", "Curves", "The curves over the blocks, as a plot or a table."},
     {SheetShows::cost, "cost", "Cost table", "What the operators cost, with the times measured here."}}};

ArgumentsFor arguments_for(SheetShows shows) {
  switch (shows) {
    case SheetShows::heads:
      return ArgumentsFor::heads_of_block;
    case SheetShows::grid:
      return ArgumentsFor::every_block;
    case SheetShows::curves:
      return ArgumentsFor::table;
    case SheetShows::cost:
      return ArgumentsFor::cost;
    default:
      return ArgumentsFor::map;
  }
}

/// A matrix lies on no photo; where the sheet shows several maps, none of them is one.
bool overlaid(const Sheet& sheet, const vit::Analysis& analysis) {
  return sheet.shows != SheetShows::curves && sheet.has_overlay() && (sheet.shows_several() || !analysis.is_matrix);
}

/// The numbers of all heads, where the page is about them, in place of the chosen map's.
bool is_table(const Sheet& sheet, const vit::Analysis& analysis) {
  return sheet.kind == FileKind::csv && (sheet.shows == SheetShows::map || sheet.shows == SheetShows::overlay) &&
         analysis.has_table;
}

std::vector<int> all_blocks(const SheetSubject& subject) {
  std::vector<int> blocks(subject.source.trace->blocks.size());
  std::iota(blocks.begin(), blocks.end(), 0);
  return blocks;
}

}  // namespace

std::span<const vit::Choice<SheetShows>> choices(SheetShows) {
  return kShows;
}

std::vector<vit::Choice<SheetShows>> possible_shows(const vit::Analysis& analysis) {
  std::vector<vit::Choice<SheetShows>> possible;
  for (const vit::Choice<SheetShows>& choice : kShows)
    if ((choice.value != SheetShows::curves || analysis.has_curves) &&
        (choice.value != SheetShows::overlay || !analysis.is_matrix))
      possible.push_back(choice);
  return possible;
}

std::vector<vit::Choice<FileKind>> possible_kinds(SheetShows shows, const vit::Analysis& analysis) {
  const bool maps = shows != SheetShows::cost && shows != SheetShows::curves;
  const bool own_maps = maps && shows != SheetShows::grid;
  std::vector<vit::Choice<FileKind>> possible;
  for (const vit::Choice<FileKind>& choice : choices(FileKind{}))
    if ((choice.value != FileKind::npy || maps) &&
        (choice.value != FileKind::json || (own_maps && analysis.id == std::string_view("mask"))))
      possible.push_back(choice);
  return possible;
}

Sheet possible_sheet(Sheet sheet, const vit::Analysis& analysis) {
  const auto has = [](const auto& possible, auto value) {
    return std::any_of(possible.begin(), possible.end(), [&](const auto& choice) { return choice.value == value; });
  };
  if (!has(possible_shows(analysis), sheet.shows))
    sheet.shows = analysis.is_matrix ? SheetShows::map : SheetShows::overlay;
  if (!has(possible_kinds(sheet.shows, analysis), sheet.kind)) sheet.kind = FileKind::csv;  // numbers, too
  return sheet;
}

ExportRequest request_of(const Sheet& sheet, const SheetSubject& subject) {
  ExportRequest request = subject.map;
  const vit::Look look = request.style.look;
  request.style = sheet.style;
  request.style.look = look;
  request.kinds = {sheet.kind};
  request.style.overlay = overlaid(sheet, *request.analysis);
  if (is_table(sheet, *request.analysis)) {
    request.heads = {};
    request.blocks = all_blocks(subject);
  }
  if (!sheet.shows_several()) return request;
  if (sheet.shows != SheetShows::heads || !request.analysis->shows_heads()) {
    request.analysis = vit::analysis_by_id("heads");
    request.values.clear();
  }
  request.heads = {};
  if (sheet.shows == SheetShows::grid) {
    request.heads.mean = request.heads.max = false;
    request.blocks = all_blocks(subject);
  }
  return request;
}

Drawing drawing_of(const Sheet& sheet, const SheetSubject& subject, const ExportControl& control) {
  if (sheet.shows == SheetShows::cost) return cost_drawing(subject.source, subject.cost, sheet.style);
  const ExportRequest request = request_of(sheet, subject);
  if (sheet.shows == SheetShows::curves) return curves_drawing_of(subject.source, request, control);
  validate(request, subject.source);
  return drawing_of(subject.source, request, control);
}

std::string bytes_of(const Sheet& sheet, const SheetSubject& subject, const ExportControl& control) {
  if (sheet.shows == SheetShows::cost) return cost_bytes(subject.source, subject.cost, sheet.style, sheet.kind);
  const ExportRequest request = request_of(sheet, subject);
  if (sheet.shows == SheetShows::curves) return curves_bytes(subject.source, request, sheet.kind, control);
  return figure_bytes(subject.source, request, sheet.kind, control);
}

std::string write_sheet(const Sheet& sheet, const SheetSubject& subject, const std::filesystem::path& to,
                        const ExportControl& control) {
  if (sheet.makes_folder()) {
    ExportRequest request = request_of(sheet, subject);
    request.folder = to;
    const std::size_t files = export_maps(subject.source, request, control).size();
    return fmt::format("Saved {} files in {}.", files, to.string());
  }
  const std::string bytes = bytes_of(sheet, subject, control);
  make_folder_of(to);
  write_file(to, bytes);
  return "Saved " + to.string() + ".";
}

std::string file_name_of(const Sheet& sheet, const SheetSubject& subject) {
  const std::string ending = std::string(".") + vit::id_of(sheet.kind);
  if (sheet.shows == SheetShows::cost) return cost_file_stem(subject.source) + ending;
  const ExportRequest request = request_of(sheet, subject);
  if (sheet.shows == SheetShows::curves) return curves_file_stem(subject.source, request) + ending;
  if (sheet.shows_several() || is_table(sheet, *request.analysis))
    return figure_file_stem(subject.source, request) + ending;
  const PickedMaps picked = pick_maps(subject.source, request, questions_of(request).front());
  return map_file_stem(subject.source, request, picked.set->labels[static_cast<std::size_t>(picked.maps.front())]) +
         ending;
}

std::vector<std::string> arguments_of(const Sheet& sheet, const Wanted& wanted, const vit::Model& model,
                                      const std::string& target) {
  const vit::Analysis& analysis = *vit::analysis_by_id(words_of(wanted).analysis);
  const ArgumentsFor what = is_table(sheet, analysis) ? ArgumentsFor::table : arguments_for(sheet.shows);
  std::vector<std::string> to = export_arguments(wanted, model, what);
  const auto add = [&to](const char* option, const std::string& value) {
    to.emplace_back(option);
    to.push_back(value);
  };
  const ExportStyle& style = sheet.style;
  const ExportStyle usual;
  const bool cost = sheet.shows == SheetShows::cost, curves = sheet.shows == SheetShows::curves;
  const bool overlay = overlaid(sheet, analysis);
  if (overlay) {
    to.emplace_back("--overlay");
    if (style.whole_photo) to.emplace_back("--whole-photo");
  }
  if (cost && wanted.view.convention != vit::Convention::mac)
    add("--convention", vit::column_of(wanted.view.convention).id);
  if (cost && !wanted.view.cost_of_model) add("--block", std::to_string(wanted.view.block));
  if (sheet.is_figure()) {
    if (style.width.unit != FigureWidth::Unit::natural) add("--width", width_text(style.width));
    if (style.width.dpi != usual.width.dpi) add("--dpi", fmt::format("{:g}", style.width.dpi));
    ExportStyle plain;
    plain.overlay = overlay;
    const ExportStyle standard = decorated(plain, !sheet.makes_folder());
    if (style.bar != standard.bar && !cost && !curves) to.emplace_back(*style.bar ? "--bar" : "--no-bar");
    if (style.caption != standard.caption) to.emplace_back(*style.caption ? "--caption" : "--no-caption");
    if (style.columns > 0 && sheet.shows_several()) add("--columns", std::to_string(style.columns));
    if (style.ground != usual.ground) add("--background", vit::id_of(style.ground));
  }
  if (sheet.makes_folder() && sheet.kind != FileKind::png) add("--format", vit::id_of(sheet.kind));
  add(cost ? "--cost-table" : curves ? "--curves" : sheet.makes_folder() ? "--out" : "--figure", target);
  return to;
}

}  // namespace headlight
