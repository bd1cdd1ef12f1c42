#include "app/panels/heads_line.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "engine/checkpoint/model_facts.h"

namespace headlight {

namespace {

const vit::Fact* heads_fact(const vit::Model& model) {
  const auto& facts = model.report.facts;
  const auto found = std::find_if(facts.begin(), facts.end(), [](const vit::Fact& f) { return f.name == "heads"; });
  return found == facts.end() ? nullptr : &*found;
}

std::string heads_words(int heads, int channels) {
  return fmt::format("{} head{} × {} channels", heads, heads == 1 ? "" : "s", channels / heads);
}

void choose_heads(Bench& bench, int heads) {
  vit::LoadOptions options = bench.session.load_options();
  options.num_heads = heads;
  bench.session.override_model(options);
}

void draw_list(Bench& bench, const vit::ModelConfig& config, const std::string& why) {
  ui::Ui& ui = bench.ui;
  std::vector<int> counts = vit::likely_heads(config.channels);
  if (std::find(counts.begin(), counts.end(), config.num_heads) == counts.end()) counts.push_back(config.num_heads);
  std::sort(counts.begin(), counts.end());
  ui::text(ui, ui::Type::small, ui.theme.soft, why);
  for (const int heads : counts) {
    const std::string words = heads_words(heads, config.channels);
    const bool chosen = heads == config.num_heads;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool pressed = ImGui::Selectable(words.c_str(), chosen);
    if ((ui::list_entry(ui, chosen) || pressed) && !chosen) choose_heads(bench, heads);
    ui.map.add({"model.heads." + std::to_string(heads), at.x, at.y, ImGui::GetItemRectMax().x - at.x,
                ImGui::GetItemRectMax().y - at.y, chosen ? "on" : "", true});
  }
}

}  // namespace

void draw_heads_line(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const vit::ModelConfig& c = bench.session.model()->config;
  const std::string blocks = fmt::format("{} blocks · ", c.depth), heads = heads_words(c.num_heads, c.channels);
  const vit::Fact* fact = heads_fact(*bench.session.model());
  const bool guessed = fact != nullptr && fact->source == vit::Source::guessed;
  const bool chosen = fact != nullptr && fact->source == vit::Source::overridden;
  if (!guessed && !chosen) return ui::text(ui, ui::Type::body, ui.theme.soft, blocks + heads);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float left = ui::measure(ui, ui::Type::body, blocks).x, width = ui::measure(ui, ui::Type::body, heads).x;
  const float height = ui.fonts.size(ui::Type::body);
  const ImVec2 from{at.x + left, at.y}, to{from.x + width + ui.px(16), at.y + height};
  ui::draw_text(ui, ui::Type::body, at, ui.theme.soft, blocks);
  ImGui::SetCursorScreenPos(from);
  const bool pressed = ImGui::InvisibleButton("model.heads", {to.x - from.x, height});
  const bool over = ImGui::IsItemHovered();
  const ImU32 color = guessed ? ui.theme.accent : ui.theme.text;
  ui::draw_text(ui, ui::Type::body, from, color, heads);
  ui::draw_triangle(ui, {to.x - ui.px(7), at.y + height / 2}, color);
  if (over) ImGui::GetWindowDrawList()->AddLine({from.x, to.y}, {from.x + width, to.y}, color);
  const std::string why = guessed ? "Guessed: " + fact->reason + "." : "Chosen here: " + fact->reason + ".";
  ui::describe(ui, {.id = "model.heads", .label = {}, .tooltip = why + " A press shows the other likely counts."}, from,
               to, over, std::to_string(c.num_heads) + (guessed ? ", guessed" : ", chosen"));
  if (pressed) ImGui::OpenPopup("model.heads.list");
  ImGui::SetNextWindowPos({from.x, to.y + ui.px(3)}, ImGuiCond_Appearing);
  if (ui::begin_list(ui, "model.heads.list")) {
    draw_list(bench, c, guessed ? "No file says it. Likely:" : "Chosen here. Likely:");
    ImGui::EndPopup();
  }
}

}  // namespace headlight
