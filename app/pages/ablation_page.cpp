#include "app/pages/ablation_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/panels/bench.h"
#include "app/panels/head_heat.h"
#include "app/ui/widgets.h"
#include "engine/maps/ablation.h"
#include "engine/maps/token_names.h"

namespace headlight {
namespace {

constexpr int kRank = 0, kEffect = 1;  // columns of the table
constexpr float kListShare = 0.36f;    // of the navigator's height

bool by_logit(const vit::Analysis& analysis, const vit::MapSet& set) {
  return !set.trace->logits.empty() && analysis.value(set.question, "by") == 0;
}

/// As many decimals as the largest needs for so many digits.
std::string effect_text(float value, float largest, bool signed_, int digits) {
  const float size = std::abs(value);
  const char* const sign = value < 0 ? "−" : signed_ ? "+" : "";
  if (largest < 1e-3f) return (size > 0 ? sign : "") + fmt::format("{:.0e}", size);
  const int decimals = std::clamp(digits - 1 - static_cast<int>(std::floor(std::log10(largest))), 0, 4);
  const std::string number = fmt::format("{:.{}f}", size, decimals);
  const bool nothing = number.find_first_of("123456789") == std::string::npos;
  return nothing ? number : sign + number;
}

/// "change of the logit of cat", "1 − cosine of the class token's features"
std::string title_of(const vit::Analysis& analysis, const vit::MapSet& set) {
  const vit::Trace& trace = *set.trace;
  if (!by_logit(analysis, set))
    return trace.model->config.class_token ? "1 − cosine of the class token’s features"
                                           : "1 − cosine of the patches’ mean features";
  const int wanted = static_cast<int>(analysis.value(set.question, "class"));
  return "change of the logit of " + vit::class_title(*trace.model, wanted < 0 ? vit::likeliest_class(trace) : wanted);
}

}  // namespace

std::optional<vit::Question> AblationPage::question(const Bench& bench) const {
  return question_of(*analysis_, bench);
}

/// The heads with most effect, each with its bar.
void AblationPage::draw_order(Bench& bench, ImVec2 from, ImVec2 size) const {
  ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const vit::MapTable& table = *set.table;
  const bool logit = by_logit(*analysis_, set);
  std::vector<int> order(static_cast<std::size_t>(set.count()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return table.at(a, kRank) < table.at(b, kRank); });
  const float line = ui.fonts.size(ui::Type::small) + ui.px(5);
  const float largest = std::abs(table.at(order.front(), kEffect));
  const float name = ui::measure(ui, ui::Type::small, "1000  block 00, head 000").x + ui.px(10);
  const float number = ui::measure(ui, ui::Type::small, "+0.00e-00").x + ui.px(6);
  const int chosen = bench.maps.chosen(bench.session.view);
  ui::draw_text(ui, ui::Type::small, from, ui.theme.soft, "all heads, the one with most effect first");
  ImGui::SetCursorScreenPos({from.x, from.y + line});
  ImGui::BeginChild("order", {size.x, size.y - line}, false);
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float width = ImGui::GetContentRegionAvail().x, bar = std::max(ui.px(10), width - name - number);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const int map = order[i];
    const vit::MapLabel& label = bench.maps.label(map);
    const ImVec2 at{origin.x, origin.y + line * static_cast<float>(i)};
    ImGui::PushID(map);
    ImGui::SetCursorScreenPos(at);
    const bool pressed = ImGui::InvisibleButton("row", {width, line}), over = ImGui::IsItemHovered();
    ImGui::PopID();
    if (!ImGui::IsRectVisible(at, {at.x + width, at.y + line})) continue;
    if (over || map == chosen)
      list.AddRectFilled(at, {at.x + width, at.y + line}, map == chosen ? ui.theme.accent_soft : ui.theme.hovered);
    const float value = table.at(map, kEffect);
    ui::draw_text(ui, ui::Type::small, {at.x + ui.px(4), at.y + ui.px(2)},
                  map == chosen ? ui.theme.accent : ui.theme.text,
                  fmt::format("{}  block {}, head {}", i + 1, label.block, label.head));
    const float length = largest > 0 ? bar * std::abs(value) / largest : 0;
    list.AddRectFilled({at.x + name, at.y + ui.px(4)},
                       {at.x + name + std::max(ui.px(1), length), at.y + line - ui.px(4)},
                       value < 0 ? ui.theme.mark : ui.theme.bar);
    const std::string words = effect_text(value, largest, logit, 3);
    ui::draw_text(ui, ui::Type::small,
                  {at.x + width - ui::measure(ui, ui::Type::small, words).x - ui.px(4), at.y + ui.px(2)}, ui.theme.soft,
                  words);
    if (pressed) {
      bench.session.view.block = label.block;
      bench.session.view.head = label.head;
    }
    ui::describe(ui, {.id = fmt::format("rank.{}", i + 1), .label = {}, .tooltip = {}}, at, {at.x + width, at.y + line},
                 over, fmt::format("{} {} {}", label.block, label.head, words));
  }
  ImGui::SetCursorScreenPos({origin.x, origin.y + line * static_cast<float>(order.size())});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
}

void AblationPage::draw(Bench& bench, const Area& area) {
  const int chosen = bench.maps.chosen(bench.session.view);
  const auto room = frame_.draw(bench, *analysis_, chosen, area.from, area.size, kMediumPicture);
  if (!room) return;
  const vit::MapSet& set = bench.maps.set();
  const bool logit = by_logit(*analysis_, set);
  HeatNumbers numbers;
  numbers.title = title_of(*analysis_, set);
  numbers.bars = true;
  numbers.values.reserve(static_cast<std::size_t>(set.count()));
  for (int map = 0; map < set.count(); ++map) numbers.values.push_back(set.table->at(map, kEffect));
  numbers.range = range_of_numbers(numbers.values);
  float largest = 0;
  for (const float value : numbers.values) largest = std::max(largest, std::abs(value));
  numbers.words = [&](int map) { return effect_text(set.table->at(map, kEffect), largest, logit, logit ? 2 : 3); };
  int hovered = -1;
  const float below = std::floor(room->size.y * kListShare), gap = bench.ui.px(12);
  const float used = draw_head_heat(bench, numbers, room->from, {room->size.x, room->size.y - below - gap}, hovered);
  const float y = room->from.y + used + gap;
  draw_order(bench, {room->from.x, y}, {room->size.x, room->from.y + room->size.y - y});
  draw_read_out(bench);
}

}  // namespace headlight
