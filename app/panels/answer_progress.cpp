#include "app/panels/answer_progress.h"

#include <fmt/format.h>

#include <cmath>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

void AnswerProgress::draw(Bench& bench, MapDesk& desk, const std::string& page, ImVec2 at, bool in_corner) {
  ui::Ui& ui = bench.ui;
  const std::optional<double> progress = desk.progress(page);
  const bool stopped = desk.stopped(page);
  told_ = false;
  if (!progress && !stopped) return since_.reset();
  if (!since_) since_ = ImGui::GetTime();
  constexpr double kNotAtOnce = 0.5;  // s
  if (progress && ImGui::GetTime() - *since_ < kNotAtOnce) return;
  told_ = progress.has_value();
  const float width = ui.px(300), button = ui.px(84), bar = width - button - ui.px(10);
  const float height = ui.fonts.size(ui::Type::body) + ui.px(11);
  const ImVec2 from{std::floor(in_corner ? at.x - width - ui.px(10) : at.x - width / 2),
                    std::floor(in_corner ? at.y - height - ui.px(10) : at.y)};
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (in_corner)
    list.AddRectFilled({from.x - ui.px(8), from.y - ui.px(8)}, {from.x + width + ui.px(8), from.y + height + ui.px(8)},
                       ui.theme.raised, ui.px(4));
  const std::string words =
      progress ? fmt::format("{:.0f} % worked out", 100 * *progress) : "These numbers are not of what is set now.";
  if (progress) {
    const float y = from.y + height - ui.px(5);
    list.AddRectFilled({from.x, y}, {from.x + bar, y + ui.px(3)}, ui.theme.track, ui.px(1));
    list.AddRectFilled({from.x, y}, {from.x + bar * static_cast<float>(*progress), y + ui.px(3)}, ui.theme.mark,
                       ui.px(1));
  }
  if (progress || in_corner)
    ui::draw_text(ui, ui::Type::small, {from.x, from.y + ui.px(3)}, ui.theme.text,
                  ui::shortened(ui, ui::Type::small, progress ? words : "of an older pass", bar));
  ui::describe(ui, {.id = "answer.progress", .label = {}, .tooltip = words}, from, {from.x + bar, from.y + height},
               false, words);
  ImGui::SetCursorScreenPos({in_corner || progress ? from.x + width - button : at.x - button / 2, from.y});
  if (progress && ui::button(ui,
                             {.id = "answer.stop",
                              .label = "Stop",
                              .tooltip = "Ends this work; what is shown stays. Leaving the page stops it, too."},
                             button))
    desk.stop(page);
  if (stopped &&
      ui::button(ui, {.id = "answer.start", .label = "Start", .tooltip = "Takes this work up again."}, button))
    desk.start_again(page);
}

}  // namespace headlight
