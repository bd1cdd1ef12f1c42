#include "app/panels/badge.h"

#include <algorithm>

#include <fmt/core.h>

#include "app/analysis/classes.h"
#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "engine/checkpoint/random_model.h"

namespace headlight {

namespace {

constexpr float kLeastBadge = 120;  // points
constexpr int kLines = 2;
constexpr const char* kBrief = "Experiment ×";
constexpr const char* kRandom = "Random weights: these maps are of no trained network.";
constexpr const char* kRandomWhy =
    "The weights of this network were drawn, not learned: times and operations are real, maps and predictions mean "
    "nothing.";

/// The same head count in every block, and another than the trained one: else 0.
int heads_everywhere(const vit::Settings& settings, int trained) {
  const std::vector<int> counts = settings.head_counts();
  const bool alike = std::all_of(counts.begin(), counts.end(), [&](int count) { return count == counts.front(); });
  return alike && !counts.empty() && counts.front() != trained ? counts.front() : 0;
}

/// Only the head count departs.
bool only_heads(const vit::Settings& settings, const vit::ModelConfig& config) {
  vit::Settings others = settings;
  others.set_heads(config.num_heads);
  return vit::as_trained(others, config) && !settings.any_off() && !settings.any_scaled();
}

std::string prediction_words(const Drift& drift, const std::vector<std::string>& labels) {
  if (drift.top1 < 0) return "";
  std::string words = fmt::format(" Prediction: “{}” {:.2f} → ", class_name(labels, drift.top1), drift.top1_before);
  if (drift.top1_now != drift.top1) words += "“" + class_name(labels, drift.top1_now) + "” ";
  return words + fmt::format("{:.2f}.", drift.now);
}

float brief_width(const ui::Ui& ui) {
  return ui::measure(ui, ui::Type::body, kBrief).x + ui.px(20);
}

/// Where tabs leave no room for a sentence, the button that ends the experiment names it, too.
void draw_brief_badge(Bench& bench, ImVec2 right, float high, const std::string& why) {
  ui::Ui& ui = bench.ui;
  const float wide = brief_width(ui);
  const ImVec2 at{right.x - wide, right.y};
  ImGui::SetCursorScreenPos(at);
  const bool back = ui::button(ui,
                               {.id = "attention.as_trained",
                                .label = kBrief,
                                .tooltip = bench.commands.get("attention.as_trained").tooltip + "\n" + why,
                                .key = bench.commands.keys_of("attention.as_trained")},
                               wide, true);
  ui::describe(ui, {.id = "badge", .label = {}}, at, {right.x, right.y + high}, false, why);
  if (back) bench.session.restore_trained_settings();
}

}  // namespace

bool has_random_weights(const vit::Model& model) {
  return vit::is_random_source(model.report.file);
}

std::vector<std::string> badge_words(const Drift& drift, const vit::Settings& settings,
                                     const vit::ModelConfig& config) {
  const int heads = heads_everywhere(settings, config.num_heads);
  std::string words = "Experiment: " + drift.what;
  if (only_heads(settings, config))
    words = heads > 0 ? fmt::format("Cost experiment: {} {}, trained with {}", heads, heads == 1 ? "head" : "heads",
                                    config.num_heads)
                      : "Cost experiment: " + drift.what;
  const std::string whole = words + ". These maps are not the trained network's.";
  const std::string brief = words.substr(words.find(": ") + 2) + ". Not the trained network's maps.";
  const std::string least = "Not the trained network's maps.";
  if (!drift.maps_moved) return {whole, brief, least};
  const std::string moved = fmt::format(" {:.0f} % of the attention moved.", 100 * *drift.maps_moved);
  return {whole + moved, whole, brief, least};
}

bool draw_badge(Bench& bench, ImVec2 from, float width, float x, std::string& words_above) {
  ui::Ui& ui = bench.ui;
  const auto& trace = bench.session.trace();
  if (!trace) return false;
  const bool random = has_random_weights(*trace->model);
  if (bench.drift == nullptr && !random) return false;
  const float high = ui.fonts.size(ui::Type::body) + ui.px(13);
  const float button = bench.drift != nullptr ? ui.px(100) : 0, beside = button > 0 ? ui.px(8) : 0;
  std::vector<std::string> ways = {kRandom, "Random weights: no trained maps.", "Random weights"};  // the longest first
  std::string why = kRandomWhy;
  if (!random) {
    ways = badge_words(*bench.drift, trace->settings, trace->model->config);
    why = ways.front() + prediction_words(*bench.drift, trace->model->labels) +
          " “Moved” is the total variation between the head-averaged maps of the query, now and as trained, averaged "
          "over the blocks: 100 % is attention to other places only.";
  }

  const float pad = ui.px(10), room = from.x + width - x - button - beside;
  const bool told = room >= ui.px(kLeastBadge);
  if (told) {
    // In a narrow window the words are set smaller, in two lines, before any are cut.
    const float two_lines = kLines * ui.fonts.size(ui::Type::small);
    const auto fits = [&](const std::string& way) {
      return ui::measure(ui, ui::Type::small, way, room - 2 * pad).y <= two_lines + 1;
    };
    const auto found = std::find_if(ways.begin(), ways.end(), fits);
    const std::string& words = found == ways.end() ? ways.back() : *found;
    const bool wide_enough = ui::measure(ui, ui::Type::body, words).x + 2 * pad <= room;
    const ui::Type type = wide_enough ? ui::Type::body : ui::Type::small;
    const float wrap = wide_enough ? 0 : room - 2 * pad;
    const std::string shown = wide_enough ? words : ui::shortened_to_fit(ui, type, words, wrap, two_lines);
    const ImVec2 extent = ui::measure(ui, type, shown, wrap);
    const ImVec2 at{from.x + width - button - beside - extent.x - 2 * pad, from.y};
    const ImVec2 to{at.x + extent.x + 2 * pad, at.y + high};
    ImGui::GetWindowDrawList()->AddRectFilled(at, to, ui.theme.accent_soft, ui.px(4));
    ui::draw_text(ui, type, {at.x + pad, at.y + (high - extent.y) / 2}, ui.theme.accent, shown, wrap);
    ImGui::SetCursorScreenPos(at);
    ImGui::InvisibleButton("badge", {to.x - at.x, high});
    ui::describe(ui, {.id = "badge", .label = {}, .tooltip = why}, at, to, ImGui::IsItemHovered(), ways.front());
  }
  const bool brief = !told && bench.drift != nullptr && from.x + width - x >= brief_width(ui);
  if (!told && !brief) words_above = ways.back();
  if (brief) draw_brief_badge(bench, {from.x + width, from.y}, high, why);
  if (bench.drift == nullptr || !told) return true;
  ImGui::SetCursorScreenPos({from.x + width - button, from.y});
  const std::string& back = bench.commands.get("attention.as_trained").tooltip;
  if (ui::button(ui,
                 {.id = "attention.as_trained",
                  .label = "As trained",
                  .tooltip = back,
                  .key = bench.commands.keys_of("attention.as_trained")},
                 button))
    bench.session.restore_trained_settings();
  return true;
}

}  // namespace headlight
