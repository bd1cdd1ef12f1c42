// The live cost table of the right column.
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/panels/right_column.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"

namespace headlight {
namespace {

/// Where the columns lie, px from the left: numbers are aligned at their right edges.
struct Columns {
  float formula = 0, formula_end = 0, macs = 0, elements = 0, bytes = 0, ms = 0, rate = 0, last = 0;
  bool has_bytes = true;
};

/// Numbers get what they need; names and formulas share what is left.
Columns columns_of(const ui::Ui& ui, float width, bool counts_both) {
  constexpr float kCount = 34, kNumber = 25, kBytes = 36, kMs = 43, kRate = 33, kLast = 42, kWide = 372;  // points
  Columns c;
  c.has_bytes = width >= ui.px(kWide);  // the tooltips have them all the same
  c.last = width;
  c.rate = c.last - ui.px(kLast);
  c.ms = c.rate - ui.px(kRate);
  c.bytes = c.ms - ui.px(kMs);
  c.elements = c.bytes - (c.has_bytes ? ui.px(kBytes) : 0);
  c.macs = c.elements - ui.px(kCount);
  c.formula_end = (counts_both ? c.macs : c.elements) - ui.px(kNumber);
  c.formula = std::max(0.49f * (c.macs - ui.px(kNumber)), ui.px(81));
  return c;
}

/// The cost control that the cursor is on, if it moves any costs.
std::optional<vit::Control> control_under_cursor(const std::string& id) {
  const auto starts = [&](const char* prefix) { return id.rfind(prefix, 0) == 0; };
  if (starts("attention.heads")) return vit::Control::heads;
  if (starts("attention.qkv_bias")) return vit::Control::qkv_bias;
  if (starts("attention.attn_drop")) return vit::Control::attn_drop;
  if (starts("attention.proj_drop")) return vit::Control::proj_drop;
  if (starts("run.kernel")) return vit::Control::kernel;
  if (starts("image.size") || starts("image.fit") || starts("image.native")) return vit::Control::input_size;
  return std::nullopt;
}

void right_aligned(const ui::Ui& ui, ui::Type type, float right, float y, ImU32 color, std::string_view text) {
  ui::draw_text(ui, type, {right - ui::measure(ui, type, text).x, y}, color, text);
}

std::string millions(double count) {
  if (count == 0) return "–";
  const double m = count * 1e-6;
  if (m < 0.005) return "<0.01";
  return fmt::format("{:.{}f}", m, m >= 99.95 ? 0 : m >= 9.995 ? 1 : 2);
}

std::string tooltip_of(const CostLine& line, const RowChange* change) {
  std::string words = line.name + (line.shape.empty() ? "" : "  " + line.shape);
  if (!line.explanation.empty()) words += "\n" + line.explanation;
  if (line.kind != CostLine::Kind::waiting)
    words += "\nmultiply-adds " + count_text(line.macs) + " · element operations " + count_text(line.element_ops);
  if (!line.formula.empty() && line.formula != "0") words += "\ncounted as " + line.formula;
  if (!line.element_formula.empty() && line.element_formula != line.formula)
    words += "\nelement operations " + line.element_formula;
  if (!line.bytes_formula.empty() && line.bytes_formula != "0") words += "\nbytes " + line.bytes_formula;
  if (line.blocks > 1) words += "\nFormulas are of one block; the numbers add up " + std::to_string(line.blocks) + ".";
  if (!line.instead_of_time.empty() && line.instead_of_time != "off")
    words += "\nIts work is done and timed " + line.instead_of_time + ".";
  if (line.ms_median) words += fmt::format("\nmedian {} ms", ms_text(*line.ms_median));
  if (line.ms_min)
    words += fmt::format(" ({} to {}) of {} passes, spread {:.0f} %", ms_text(*line.ms_min),
                         ms_text(line.ms_max.value_or(0)), line.calls, 100 * line.spread);
  if (line.gflops.value_or(0) > 0)
    words += fmt::format("\n{} GFLOP/s, {} GB/s", rate_text(*line.gflops), rate_text(line.gbytes.value_or(0)));
  if (change != nullptr)
    words += fmt::format("\nagainst the trained head count: operations {}", ratio_text(change->operations));
  if (change != nullptr && change->time)
    words += fmt::format(", time {} ({} ms)", ratio_text(*change->time), ms_text(change->trained_ms));
  return words;
}

}  // namespace

void CostColumn::draw_table(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  const float height = ui.fonts.size(ui::Type::small) + ui.px(tight_ ? 2 : 5);
  const Columns columns = columns_of(ui, width, counts_both());
  const float line = ui.fonts.size(ui::Type::small);
  // In two lines where one is too wide for its column.
  const auto title = [&](float right, std::string_view above, std::string_view text, ImU32 color) {
    right_aligned(ui, ui::Type::small, at.x + right, at.y, color, above);
    right_aligned(ui, ui::Type::small, at.x + right, at.y + line, color, text);
  };
  ui::draw_text(ui, ui::Type::small, {at.x, at.y + line}, ui.theme.faint, "operator");
  ui::draw_text(ui, ui::Type::small, {at.x + columns.formula, at.y + line}, ui.theme.faint, "formula");
  if (counts_both()) {
    title(columns.macs, "", "MAC", ui.theme.faint);
    title(columns.elements, "millions", "elem.", ui.theme.faint);
  } else {
    title(columns.elements, "millions of", vit::column_of(view_.convention).unit, ui.theme.faint);
  }
  if (columns.has_bytes) title(columns.bytes, "", "MB", ui.theme.faint);
  title(columns.ms, "", "ms", ui.theme.faint);
  title(columns.rate, "GFLOP", "per s", ui.theme.faint);
  if (change_)
    title(columns.last, "×", "trained", ui.theme.accent);
  else
    title(columns.last, "", "%", ui.theme.faint);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  float y = at.y + line + height;
  const auto draw = [&](const CostLine& shown) {
    draw_line(bench, shown, {at.x, y}, width, height);
    y += height;
  };
  for (const CostLine& row : view_.lines)
    if (!tight_ || row.instead_of_time != "off") draw(row);
  list.AddLine({at.x, y + ui.px(2)}, {at.x + width, y + ui.px(2)}, ui.theme.line);
  y += ui.px(4);
  for (const CostLine& part : view_.totals)
    if (of_model() || part.id != "total.model") draw(part);
  ImGui::SetCursorScreenPos({at.x, y});
  ImGui::Dummy({width, 1});
}

/// Rows that the control under the cursor changes; otherwise those of the head count while it is not the trained one.
void CostColumn::light(const ui::Ui& ui, const CostLine& line, ImVec2 at, ImVec2 to) const {
  auto control = control_under_cursor(ui.hovered);
  if (!control && change_) control = vit::Control::heads;
  if (!control) return;
  const vit::Effect effect = line.effect(*control);
  if (effect == vit::Effect::none) return;
  const ImU32 faint = (ui.theme.accent_soft & ~IM_COL32_A_MASK) | (13u << IM_COL32_A_SHIFT);
  ImGui::GetWindowDrawList()->AddRectFilled({at.x - ui.px(4), at.y}, {to.x + ui.px(4), to.y},
                                            effect == vit::Effect::operations ? ui.theme.accent_soft : faint, ui.px(2));
}

/// Terms with h stand out: they are what the head count changes.
void CostColumn::draw_formula(const ui::Ui& ui, const CostLine& line, ImVec2 at, float room) {
  if (line.formula == "0") return;
  for (const vit::FormulaTerm& term : line.formula_terms) {
    const std::string text = ui::shortened(ui, ui::Type::small, term.text, room);
    ui::draw_text(ui, ui::Type::small, at, term.has_heads ? ui.theme.text : ui.theme.faint, text);
    const float used = ui::measure(ui, ui::Type::small, text).x;
    at.x += used, room -= used;
    if (text != term.text) break;
  }
}

void CostColumn::draw_line(Bench& bench, const CostLine& line, ImVec2 at, float width, float height) {
  ui::Ui& ui = bench.ui;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ui::Type type = ui::Type::small;
  const ImVec2 to{at.x + width, at.y + height};
  const Columns columns = columns_of(ui, width, counts_both());
  light(ui, line, at, to);
  const float y = at.y + (height - ui.fonts.size(type)) / 2;
  float x = at.x;
  if (line.op) {
    const float mark = ui.px(7), top = std::floor(at.y + (height - mark) / 2);
    list.AddRectFilled({x, top}, {x + mark, top + mark}, color_of(*line.op, ui.theme.dark), ui.px(1.5f));
    x += mark + ui.px(6);
  }
  const bool total = line.kind == CostLine::Kind::subtotal;
  const float name_room = line.op ? at.x + columns.formula - ui.px(3) - x : width / 2;
  ui::draw_text(ui, type, {x, y}, line.kind == CostLine::Kind::waiting ? ui.theme.soft : ui.theme.text,
                ui::shortened(ui, type, line.name, name_room));
  const ImU32 number = total ? ui.theme.text : ui.theme.soft;
  const auto put = [&](float right, ImU32 color, std::string_view text) {
    right_aligned(ui, type, at.x + right, y, color, text);
  };
  if (line.op) draw_formula(ui, line, {at.x + columns.formula, y}, columns.formula_end - columns.formula);
  if (line.op || total) {
    if (counts_both()) put(columns.macs, number, millions(line.macs));
    put(columns.elements, number, millions(counts_both() ? line.element_ops : line.operations));
    if (columns.has_bytes) put(columns.bytes, number, millions(line.bytes));
  }
  if (line.ms_median) {
    put(columns.ms, ui.theme.text, column_ms_text(std::max(*line.ms_median, 0.0)));
    if (line.gflops.value_or(0) > 0)
      put(columns.rate, number, *line.gflops < 0.0995 ? fmt::format("{:.2f}", *line.gflops) : rate_text(*line.gflops));
  } else if (!line.instead_of_time.empty()) {
    const float room = columns.rate - columns.bytes - ui.px(6);
    put(columns.rate, ui.theme.faint, ui::shortened(ui, type, line.instead_of_time, room));
  }
  draw_last_column(ui, line, to.x, y);
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const bool over = ImGui::IsWindowHovered() && mouse.x >= at.x && mouse.x < to.x && mouse.y >= at.y && mouse.y < to.y;
  ui::Control control{.id = "cost.row." + line.id, .label = {}};
  if (over) control.tooltip = tooltip_of(line, change_ && line.op ? change_->find(*line.op) : nullptr);
  ui::describe(ui, control, at, to, over, line.ms_median ? ms_text(*line.ms_median) : line.instead_of_time);
}

/// The share of the time; while the head count is not the trained one, the time against it.
void CostColumn::draw_last_column(const ui::Ui& ui, const CostLine& line, float right, float y) const {
  const bool total = line.kind == CostLine::Kind::subtotal;
  if (!change_) {
    if (line.ms_median && total_ms_ > 0)
      right_aligned(ui, ui::Type::small, right, y, total ? ui.theme.text : ui.theme.soft,
                    share_text(std::max(*line.ms_median, 0.0) / total_ms_));
    return;
  }
  const RowChange* row = line.op ? change_->find(*line.op) : nullptr;
  const bool about_all = line.id == (change_->block >= 0 ? "total.block" : "total.model");
  const std::optional<double> time = row != nullptr ? row->time : about_all ? change_->time : std::nullopt;
  if (!time) return;
  const bool notable = *time > 1.25 || *time < 0.8;
  right_aligned(ui, ui::Type::small, right, y, notable ? ui.theme.text : ui.theme.faint, ratio_text(*time));
}

}  // namespace headlight
