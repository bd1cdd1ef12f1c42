#include "app/panels/tour.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/panels/bench.h"
#include "app/panels/tour_steps.h"
#include "app/ui/widgets.h"

namespace headlight {
namespace {

constexpr float kPad = 12, kButton = 70;
constexpr float kTwoLines = 680;  // points: in a wider card the words take two lines

void go_to(Bench& bench, int step) {
  bench.tour.step = step;
  tour_steps()[static_cast<std::size_t>(step)].arrange(bench);
}

}  // namespace

void begin_tour(Bench& bench) {
  const Session& session = bench.session;
  if (!session.trace()) return;
  if (!bench.tour.on())
    bench.tour.before = std::make_shared<const TourState::Before>(
        TourState::Before{session.view, session.settings, bench.inside_open, session.model()->id});
  go_to(bench, 0);
}

void end_tour(Bench& bench) {
  if (!bench.tour.on()) return;
  const auto before = bench.tour.before;
  Session& session = bench.session;
  bench.tour = {};
  session.view = before->view;
  bench.inside_open = before->inside;
  // Another model may have been opened meanwhile.
  if (session.model() && before->model == session.model()->id && before->numbers.depth() == session.settings.depth())
    static_cast<vit::Numbers&>(session.settings) = before->numbers;
}

void next_step(Bench& bench) {
  const int last = static_cast<int>(tour_steps().size()) - 1;
  if (bench.tour.step >= last)
    end_tour(bench);
  else
    go_to(bench, bench.tour.step + 1);
}

void step_back(Bench& bench) {
  if (bench.tour.step > 0) go_to(bench, bench.tour.step - 1);
}

void light_tour(Bench& bench) {
  bench.ui.lights.clear();
  if (!bench.tour.on()) return;
  const auto& lights = tour_steps()[static_cast<std::size_t>(bench.tour.step)].lights;
  bench.ui.lights.assign(lights.begin(), lights.end());
}

float tour_height(const Bench& bench, float width) {
  if (!bench.tour.on()) return 0;
  const ui::Ui& ui = bench.ui;
  const float lines = width < ui.px(kTwoLines) ? 3 : 2;
  return 2 * ui.px(kPad) + ui.px(26) + ui.px(6) + lines * 1.3f * ui.fonts.size(ui::Type::body);
}

void draw_tour(Bench& bench, ImVec2 from, float width) {
  if (!bench.tour.on() || !bench.session.trace()) return;
  ui::Ui& ui = bench.ui;
  const TourStep& step = tour_steps()[static_cast<std::size_t>(bench.tour.step)];
  const int count = static_cast<int>(tour_steps().size());
  const ImVec2 to{from.x + width, from.y + tour_height(bench, width)};
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, to, ui.theme.raised, ui.px(6));
  list.AddRect(from, to, ui.theme.accent, ui.px(6));

  const float pad = ui.px(kPad), button = ui.px(kButton), gap = ui.px(8);
  const std::string title = fmt::format("{} of {} · {}", bench.tour.step + 1, count, step.title);
  const float title_width = width - 2 * pad - 3 * (button + gap);
  ui::draw_text(ui, ui::Type::strong, {from.x + pad, from.y + pad + ui.px(4)}, ui.theme.text,
                ui::shortened(ui, ui::Type::strong, title, title_width));
  const std::string words = step.words(bench);
  ui.announce(words);
  const ImVec2 at{from.x + pad, from.y + pad + ui.px(26) + ui.px(6)};
  ui::draw_text(ui, ui::Type::body, at, ui.theme.text,
                ui::shortened_to_fit(ui, ui::Type::body, words, width - 2 * pad, to.y - at.y - ui.px(4)),
                width - 2 * pad);
  ui::describe(ui, {.id = "tour.words", .label = {}}, at, {to.x - pad, to.y - pad}, false, words);
  ui::describe(ui, {.id = "tour.step", .label = {}}, from, to, false, step.id);

  float x = to.x - pad - button;
  const auto pressed = [&](const ui::Control& control, bool chosen) {
    ImGui::SetCursorScreenPos({x, from.y + pad});
    x -= button + gap;
    return ui::button(ui, control, button, chosen);
  };
  const bool last = bench.tour.step + 1 == count;
  const bool next =
      pressed({.id = "tour.next", .label = last ? "Done" : "Next", .tooltip = "The next step.", .key = "Enter"}, true);
  const bool back = pressed({.id = "tour.back",
                             .label = "Back",
                             .tooltip = "The step before.",
                             .key = "Shift+Enter",
                             .enabled = bench.tour.step > 0},
                            false);
  const bool leave = pressed({.id = "tour.end",
                              .label = "Leave",
                              .tooltip = "Ends the walk; view and settings are again as they were before it.",
                              .key = "Escape"},
                             false);
  if (leave)
    end_tour(bench);
  else if (next)
    next_step(bench);
  else if (back)
    step_back(bench);
}

}  // namespace headlight
