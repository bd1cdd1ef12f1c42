#include "app/export/cost_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "app/cost/cost_files.h"
#include "app/export/export_captions.h"
#include "app/export/figure_file.h"
#include "app/export/figure_layout.h"
#include "app/export/lettering.h"
#include "app/export/plot_sheet.h"
#include "app/files/write_file.h"
#include "app/words/quantity.h"
#include "engine/base/error.h"
#include "engine/network/settings_words.h"

namespace headlight {
namespace {

constexpr int kColumns = 8;
using Cells = std::array<std::string, kColumns>;

struct Row {
  Cells cells;
  bool strong = false, ruled = false;  // ruled: a line stands above it
};

struct Table {
  std::string title, subtitle;
  std::vector<Row> rows;  // the first one names the columns
};

std::string or_dash(const std::optional<double>& value, std::string (*text)(double)) {
  return value ? text(*value) : "–";
}

std::string count_or_dash(double count) {
  return count == 0 ? "–" : count_text(count);
}

Cells cells_of(const CostLine& line) {
  Cells cells = {line.name + (line.blocks > 1 ? " ×" + std::to_string(line.blocks) : ""),
                 line.formula == "0" ? "–" : line.formula, count_or_dash(line.macs), count_or_dash(line.element_ops),
                 line.bytes == 0 ? "–" : bytes_text(line.bytes)};
  cells[5] = line.instead_of_time.empty() ? or_dash(line.ms_median, ms_text) : line.instead_of_time;
  cells[6] = line.instead_of_time.empty() ? or_dash(line.gflops, rate_text) : "";
  cells[7] = line.instead_of_time.empty() ? or_dash(line.share, percent_text) : "";
  return cells;
}

CostView view_of_cost(const ExportSource& source, const CostRequest& cost) {
  const vit::Trace& trace = *source.trace;
  return make_cost_view(vit::CostTable(trace.model->config, trace.grid, trace.settings), cost.passes, cost.block,
                        cost.convention);
}

Table table_of(const ExportSource& source, const CostView& view) {
  const vit::Trace& trace = *source.trace;
  Table table;
  table.title = source.model + (view.block < 0 ? "" : ", block " + std::to_string(view.block)) +
                fmt::format(": cost of a pass of {} tokens", trace.grid.tokens());
  table.subtitle = vit::settings_words(trace);
  if (view.wall_ms)
    table.subtitle += fmt::format(", {} threads; median of {} passes {} ms", trace.settings.pass_threads(), view.passes,
                                  ms_text(*view.wall_ms));
  table.rows.push_back(
      {{"operator", "formula", "multiply-adds", "element operations", "moved", "ms", "GFLOP/s", "share"}});
  for (const CostLine& line : view.lines) table.rows.push_back({cells_of(line), false, table.rows.size() == 1});
  for (std::size_t i = 0; i < view.totals.size(); ++i) table.rows.push_back({cells_of(view.totals[i]), true, i == 0});
  return table;
}

/// Where the table stands, in units.
struct TableLayout {
  double width = 0, height = 0, pixels = 1, fine_pixels = 1, points = 0.75, text = 0, margin = 0;
  std::array<double, kColumns> column{};  // widths
  std::vector<std::string> title, subtitle;
  double rows_y = 0;

  double row_height() const { return 1.5 * text; }
};

bool left_aligned(int column) {
  return column < 2;
}

/// Widths of the columns, in ems.
std::array<double, kColumns> ems_of(const Table& table) {
  std::array<double, kColumns> ems{};
  for (const Row& row : table.rows)
    for (std::size_t c = 0; c < kColumns; ++c)
      ems[c] = std::max(ems[c], lettering().width(row.cells[c], 1, row.strong ? Weight::strong : Weight::regular));
  for (double& em : ems) em += 1.2;
  ems.back() -= 1.2;
  return ems;
}

TableLayout layout_of(const Table& table, const ExportStyle& style) {
  constexpr double kSmallestText = 4.5;  // units
  TableLayout layout;
  const FigureWidth& width = style.width;
  const std::array<double, kColumns> ems = ems_of(table);
  double all_ems = 0;
  for (const double em : ems) all_ems += em;
  if (width.unit == FigureWidth::Unit::natural) {
    layout.text = 13;
  } else {
    const bool mm = width.unit == FigureWidth::Unit::mm;
    if (mm) {
      layout.points = 1;
      layout.pixels = width.dpi / 72;
    }
    layout.width = mm ? width.amount * 72 / 25.4 : width.amount;
    layout.text = std::min(mm ? 8.0 : 24.0, layout.width / (all_ems + 2));
    if (layout.text < kSmallestText) {
      FigureWidth least = width;
      least.amount = round_width(kSmallestText * (all_ems + 2) * (mm ? 25.4 / 72 : 1), width.unit);
      throw vit::Error(fmt::format("{} is too narrow for the cost table; choose at least {}.", width_text(width),
                                   width_text(least)));
    }
  }
  layout.fine_pixels = width.dpi / 72 * layout.points;
  layout.margin = layout.text;
  for (std::size_t c = 0; c < kColumns; ++c) layout.column[c] = ems[c] * layout.text;
  if (width.unit == FigureWidth::Unit::natural) layout.width = std::ceil(all_ems * layout.text + 2 * layout.margin);
  layout.column[1] += std::max(0.0, layout.width - 2 * layout.margin - all_ems * layout.text);
  layout.rows_y = layout.margin;
  if (*style.caption) {
    const double room = layout.width - 2 * layout.margin;
    layout.title = wrapped_lines(table.title, layout.text, Weight::strong, room);
    layout.subtitle = wrapped_lines(table.subtitle, 0.9 * layout.text, Weight::regular, room);
    layout.rows_y += (static_cast<double>(layout.title.size() + layout.subtitle.size()) * 1.3 + 0.6) * layout.text;
  }
  layout.height = layout.rows_y + static_cast<double>(table.rows.size()) * layout.row_height() + layout.margin;
  layout.height = std::ceil(layout.height * layout.pixels) / layout.pixels;
  return layout;
}

void draw(Paper& paper, const Table& table, const TableLayout& layout, Color ink, Color faint) {
  double y = layout.margin + 0.8 * layout.text;
  const auto lines = [&](const std::vector<std::string>& text, const Letters& letters) {
    for (const std::string& line : text) {
      paper.text(layout.margin, y, line, letters);
      y += 1.3 * layout.text;
    }
  };
  lines(layout.title, {.size = layout.text, .color = ink, .weight = Weight::strong});
  lines(layout.subtitle, {.size = 0.9 * layout.text, .color = faint});
  const double line = std::max(1 / layout.pixels, layout.text / 16);
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const Row& row = table.rows[r];
    const double top = layout.rows_y + static_cast<double>(r) * layout.row_height();
    if (row.ruled) paper.fill({layout.margin, top, layout.width - 2 * layout.margin, line}, faint);
    double x = layout.margin;
    for (int c = 0; c < kColumns; ++c) {
      const double room = layout.column[static_cast<std::size_t>(c)];
      const double inside = c == kColumns - 1 ? room : room - 1.2 * layout.text;
      Letters letters{.size = layout.text,
                      .color = r == 0 ? faint : ink,
                      .weight = row.strong ? Weight::strong : Weight::regular,
                      .align = left_aligned(c) ? Align::left : Align::right};
      paper.text(left_aligned(c) ? x : x + inside, top + 1.05 * layout.text, row.cells[static_cast<std::size_t>(c)],
                 letters);
      x += room;
    }
  }
}

TextChunks chunks_of(const ExportSource& source, const CostView& view) {
  const vit::Trace& trace = *source.trace;
  return {{"Software", std::string("Headlight ") + HEADLIGHT_VERSION},
          {"model", source.model},
          {"image", source.image},
          {"block", view.block < 0 ? "all" : std::to_string(view.block)},
          {"tokens", std::to_string(trace.grid.tokens())},
          {"convention", vit::column_of(view.convention).id},
          {"passes", std::to_string(view.passes)},
          {"settings", vit::settings_words(trace)}};
}

}  // namespace

Drawing cost_drawing(const ExportSource& source, const CostRequest& cost, const ExportStyle& style) {
  const ExportStyle own = decorated(style, true);
  const Table table = table_of(source, view_of_cost(source, cost));
  const TableLayout layout = layout_of(table, own);
  const Inks inks = inks_of(style.ground);
  Drawing drawing{.width = layout.width,
                  .height = layout.height,
                  .pixels = layout.pixels,
                  .fine_pixels = layout.fine_pixels,
                  .points = layout.points,
                  .has_size = style.width.unit == FigureWidth::Unit::mm,
                  .ground = inks.paper,
                  .draw = [table, layout, inks](Paper& paper) { draw(paper, table, layout, inks.ink, inks.faint); }};
  if (style.ground == Ground::transparent) drawing.ground.reset();
  return drawing;
}

std::string cost_bytes(const ExportSource& source, const CostRequest& cost, const ExportStyle& style, FileKind kind) {
  const vit::Trace& trace = *source.trace;
  const vit::CostTable table(trace.model->config, trace.grid, trace.settings);
  if (kind == FileKind::csv) return cost_csv(table, cost.passes, cost.convention);
  const CostView view = view_of_cost(source, cost);
  return file_of(cost_drawing(source, cost, style), kind, table_of(source, view).title, chunks_of(source, view));
}

void export_cost(const ExportSource& source, const CostRequest& cost, const ExportStyle& style,
                 const std::filesystem::path& file) {
  const std::string bytes = cost_bytes(source, cost, style, kind_of(file));
  make_folder_of(file);
  write_file(file, bytes);
}

}  // namespace headlight
