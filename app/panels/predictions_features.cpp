// What stands in place of predictions where a network has no classes: what the features do.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/core.h>

#include "app/analysis/features.h"
#include "app/panels/bench.h"
#include "app/panels/right_column.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr std::size_t kAlike = 3;
constexpr std::array<const char*, kAlike> kRanks = {"largest", "second largest", "third largest"};
constexpr int kSentenceLines = 3;  // kept free, so that the column stands still when the sentence changes

struct Bar {
  std::string id, label, number, tooltip;
  double share = 0;  // 0 … 1
};

void draw_bar(ui::Ui& ui, const Bar& bar, float label_width, float line) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, numbers = ui.px(48), y = at.y + line / 2;
  const ImVec2 to{at.x + width, at.y + line};
  const float text_y = at.y + (line - ui.fonts.size(ui::Type::body)) / 2;
  ui::draw_text(ui, ui::Type::body, {at.x, text_y}, ui.theme.text, bar.label);
  const float x = at.x + label_width, room = width - label_width - numbers, half = ui.px(4);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled({x, y - half}, {x + room, y + half}, ui.theme.track, ui.px(1.5f));
  const float filled = room * static_cast<float>(std::clamp(bar.share, 0.0, 1.0));
  if (filled >= 1) list.AddRectFilled({x, y - half}, {x + filled, y + half}, ui.theme.bar, ui.px(1.5f));
  ui::draw_text(ui, ui::Type::body, {to.x - ui::measure(ui, ui::Type::body, bar.number).x, text_y}, ui.theme.soft,
                bar.number);
  ImGui::Dummy({width, line - ImGui::GetStyle().ItemSpacing.y});
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const bool over = ImGui::IsWindowHovered() && mouse.x >= at.x && mouse.x < to.x && mouse.y >= at.y && mouse.y < to.y;
  ui::describe(ui, {.id = bar.id, .label = {}, .tooltip = bar.tooltip}, at, to, over, bar.number);
}

/// A button for each patch that is most like the subject; it asks from there.
void draw_alike(Bench& bench, const FeatureFacts& facts) {
  ui::Ui& ui = bench.ui;
  const vit::Trace& trace = *bench.session.trace();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const char* label = facts.class_token ? "most like cls" : "most like mean";
  const float high = ui.fonts.size(ui::Type::body) + ui.px(11);
  ui::draw_text(ui, ui::Type::body, {at.x, at.y + (high - ui.fonts.size(ui::Type::body)) / 2}, ui.theme.text, label);
  ImGui::Dummy({ui::measure(ui, ui::Type::body, label).x, high});
  for (std::size_t i = 0; i < facts.alike.size(); ++i) {
    const AlikePatch& patch = facts.alike[i];
    const std::string title = vit::query_title(patch.token, trace.grid, trace.model->config);
    const std::size_t bracket = title.find('(');
    ImGui::SameLine(0, ui.px(i == 0 ? 10 : 6));
    if (ui::button(ui,
                   {.id = "features.alike." + std::to_string(i),
                    .label = bracket == std::string::npos ? title : title.substr(bracket),
                    .tooltip = fmt::format("{}: cosine {:.2f} of its features with those of {}, the {}. Click to see "
                                           "where it looks.",
                                           title, patch.cosine,
                                           facts.class_token ? "the class token" : "all patches' mean", kRanks[i])},
                   0, bench.session.view.query == patch.token))
      bench.session.set_query(patch.token);
  }
}

}  // namespace

float FeaturePanel::height(const ui::Ui& ui, float leading) {
  const float body = ui.fonts.size(ui::Type::body);
  return ui.fonts.size(ui::Type::small) + ui.px(6) + kSentenceLines * ui.fonts.size(ui::Type::small) +
         2 * (body + leading) + body + ui.px(11) + 4 * ImGui::GetStyle().ItemSpacing.y;
}

void FeaturePanel::update(const Session& session) {
  const vit::Trace& trace = *session.trace();
  const vit::Trace* trained = session.baseline().get();
  const std::uint64_t trained_run = trained != nullptr ? trained->run : 0;
  if (run_ == trace.run && trained_run_ == trained_run) return;
  run_ = trace.run;
  trained_run_ = trained_run;
  facts_ = feature_facts(trace, trained, kAlike);
}

void FeaturePanel::draw(Bench& bench, float leading) {
  ui::Ui& ui = bench.ui;
  update(bench.session);
  const FeatureFacts& facts = facts_;
  ui::heading(ui, "FEATURES", facts.change ? "against the trained network" : facts.departs ? "" : "as trained");
  const float width = ImGui::GetContentRegionAvail().x;
  const float high = kSentenceLines * ui.fonts.size(ui::Type::small);
  const std::string sentence = feature_sentence(facts);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ui::draw_text(ui, ui::Type::small, at, ui.theme.soft,
                ui::shortened_to_fit(ui, ui::Type::small, sentence, width, high), width);
  ImGui::Dummy({width, high});
  ui::describe(ui, {.id = "features.sentence", .label = {}, .tooltip = {}}, at, {at.x + width, at.y + high}, false,
               sentence);
  const FeatureChange change = facts.change.value_or(FeatureChange{});
  const std::string subject = facts.class_token ? "class token, cosine" : "mean patch, cosine";
  const std::string moved = "all tokens, moved";
  const float labels = std::max(ui::measure(ui, ui::Type::body, subject).x, ui::measure(ui, ui::Type::body, moved).x);
  const float line = ui.fonts.size(ui::Type::body) + leading;
  draw_bar(
      ui,
      {.id = "features.cosine",
       .label = subject,
       .number = fmt::format("{:.3f}", change.cosine),
       .tooltip = "Cosine of these features, after the last norm, with the same as trained: 1 is the same direction.",
       .share = change.cosine},
      labels + ui.px(12), line);
  draw_bar(ui,
           {.id = "features.moved",
            .label = moved,
            .number = fmt::format("{:.0f} %", 100 * change.moved),
            .tooltip = "Length of what changed in the features of all tokens, over their length as trained.",
            .share = change.moved},
           labels + ui.px(12), line);
  draw_alike(bench, facts);
}

}  // namespace headlight
