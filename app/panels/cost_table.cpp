// The live cost table of the right column, with its stacked bar.
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

/// Left edges of the columns as shares of the width; numbers are aligned at their right edges.
struct Columns {
  float formula, count_right, bytes_right, ms_right, rate_right;
};
constexpr Columns kColumns{0.232f, 0.505f, 0.615f, 0.755f, 0.905f};

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
  if (count < 5e3) return "<0.01";
  const double m = count * 1e-6;
  return fmt::format("{:.{}f}", m, m >= 99.95 ? 0 : m >= 9.995 ? 1 : 2);
}

std::string tooltip_of(const CostLine& line) {
  std::string words = line.name + (line.shape.empty() ? "" : "  " + line.shape);
  if (!line.explanation.empty()) words += "\n" + line.explanation;
  words += "\nMAC " + count_text(line.macs) + " · element operations " + count_text(line.element_ops);
  if (!line.bytes_formula.empty()) words += "\nbytes " + line.bytes_formula;
  if (line.blocks > 1) words += "\nFormulas are of one block; the numbers add up " + std::to_string(line.blocks) + ".";
  if (!line.instead_of_time.empty() && line.instead_of_time != "off")
    words += "\nIts work is done and timed " + line.instead_of_time + ".";
  if (line.ms_median) {
    words +=
        fmt::format("\nmedian {:.4f} ms, minimum {:.4f} ms of {} passes\n{:.1f} GFLOP/s, {:.1f} GB/s", *line.ms_median,
                    line.ms_min.value_or(0), line.calls, line.gflops.value_or(0), line.gbytes.value_or(0));
  }
  return words;
}

}  // namespace

void CostColumn::draw_bar(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, height = ui.px(14);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, {at.x + width, at.y + height}, ui.theme.track, ui.px(3));
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  double sum = 0;
  for (const CostLine& line : view_.lines) sum += line.ms_median.value_or(0);
  float x = at.x;
  for (const CostLine& line : view_.lines) {
    if (line.ms_median.value_or(0) <= 0) continue;
    const double share = *line.ms_median / sum;
    const float next = std::min(x + width * static_cast<float>(share), at.x + width);
    const ImU32 color = line.op ? color_of(*line.op, ui.theme.dark) : ui.theme.track;
    list.AddRectFilled({x, at.y}, {std::max(x + 1, next - 1), at.y + height}, color);
    if (mouse.x >= x && mouse.x < next && mouse.y >= at.y && mouse.y < at.y + height && ImGui::IsWindowHovered())
      ui::hint(ui, line.name + " · " + ms_text(*line.ms_median) + " ms · " + percent_text(share));
    x = next;
  }
  ImGui::Dummy({width, height});
  ui::describe(ui, {.id = "cost.bar", .label = {}, .tooltip = {}}, at, {at.x + width, at.y + height}, false,
               ms_text(total_ms_));
  ui::gap(ui, 3);
}

void CostColumn::draw_table(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  const float height = ui.fonts.size(ui::Type::small) + ui.px(tight_ ? 2 : 5);
  const vit::ConventionColumn& column = vit::column_of(view_.convention);
  const std::string unit = std::string("M") + column.unit;
  ui::draw_text(ui, ui::Type::small, at, ui.theme.faint, "operator");
  ui::draw_text(ui, ui::Type::small, {at.x + kColumns.formula * width, at.y}, ui.theme.faint, "formula");
  right_aligned(ui, ui::Type::small, at.x + kColumns.count_right * width, at.y, ui.theme.faint,
                ui::shortened(ui, ui::Type::small, unit, width * 0.13f));
  right_aligned(ui, ui::Type::small, at.x + kColumns.bytes_right * width, at.y, ui.theme.faint, "MB");
  right_aligned(ui, ui::Type::small, at.x + kColumns.ms_right * width, at.y, ui.theme.faint, "ms");
  right_aligned(ui, ui::Type::small, at.x + kColumns.rate_right * width, at.y, ui.theme.faint, "GFLOP/s");
  right_aligned(ui, ui::Type::small, at.x + width, at.y, ui.theme.faint, "%");
  ImDrawList& list = *ImGui::GetWindowDrawList();
  float y = at.y + height;
  const auto draw = [&](const CostLine& line) {
    draw_line(bench, line, {at.x, y}, width, height);
    y += height;
  };
  for (const CostLine& line : view_.lines) draw(line);
  list.AddLine({at.x, y + ui.px(2)}, {at.x + width, y + ui.px(2)}, ui.theme.line);
  y += ui.px(4);
  for (const CostLine& line : view_.totals)
    if (whole_ || line.id != "total.model") draw(line);
  ImGui::SetCursorScreenPos({at.x, y});
  ImGui::Dummy({width, 1});
}

void CostColumn::draw_line(Bench& bench, const CostLine& line, ImVec2 at, float width, float height) {
  ui::Ui& ui = bench.ui;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ui::Type type = ui::Type::small;
  const ImVec2 to{at.x + width, at.y + height};
  if (const auto control = control_under_cursor(ui.hovered)) {
    const vit::Effect effect = line.effect(*control);
    const ImU32 faint = (ui.theme.accent_soft & ~IM_COL32_A_MASK) | (13u << IM_COL32_A_SHIFT);
    if (effect != vit::Effect::none)
      list.AddRectFilled({at.x - ui.px(4), at.y}, {to.x + ui.px(4), to.y},
                         effect == vit::Effect::operations ? ui.theme.accent_soft : faint, ui.px(2));
  }
  const float y = at.y + (height - ui.fonts.size(type)) / 2;
  float x = at.x;
  if (line.op) {
    const float mark = ui.px(7), top = std::floor(at.y + (height - mark) / 2);
    list.AddRectFilled({x, top}, {x + mark, top + mark}, color_of(*line.op, ui.theme.dark), ui.px(1.5f));
    x += mark + ui.px(6);
  }
  const bool total = line.kind == CostLine::Kind::subtotal;
  const float name_room = line.op ? at.x + kColumns.formula * width - ui.px(4) - x : width / 2;
  ui::draw_text(ui, type, {x, y}, line.kind == CostLine::Kind::waiting ? ui.theme.soft : ui.theme.text,
                ui::shortened(ui, type, line.name, name_room));
  const ImU32 number = total ? ui.theme.text : ui.theme.soft;
  if (line.op)
    ui::draw_text(ui, type, {at.x + kColumns.formula * width, y}, ui.theme.faint,
                  ui::shortened(ui, type, line.formula, (kColumns.count_right - kColumns.formula - 0.11f) * width));
  if (line.op || total) {
    right_aligned(ui, type, at.x + kColumns.count_right * width, y, number, millions(line.operations));
    right_aligned(ui, type, at.x + kColumns.bytes_right * width, y, number, millions(line.bytes));
  }
  if (line.ms_median) {
    right_aligned(ui, type, at.x + kColumns.ms_right * width, y, ui.theme.text, ms_text(*line.ms_median));
    if (line.gflops.value_or(0) > 0)
      right_aligned(ui, type, at.x + kColumns.rate_right * width, y, number, rate_text(*line.gflops));
    if (total_ms_ > 0) right_aligned(ui, type, to.x, y, number, share_text(*line.ms_median / total_ms_));
  } else if (!line.instead_of_time.empty()) {
    const float room = (kColumns.rate_right - kColumns.bytes_right) * width - ui.px(8);
    right_aligned(ui, type, at.x + kColumns.rate_right * width, y, ui.theme.faint,
                  ui::shortened(ui, type, line.instead_of_time, room));
  }
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const bool over = ImGui::IsWindowHovered() && mouse.x >= at.x && mouse.x < to.x && mouse.y >= at.y && mouse.y < to.y;
  ui::Control control{.id = "cost.row." + line.id, .label = {}};
  if (over) control.tooltip = tooltip_of(line);
  ui::describe(ui, control, at, to, over, line.ms_median ? ms_text(*line.ms_median) : line.instead_of_time);
}

}  // namespace headlight
