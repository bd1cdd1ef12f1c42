#include "app/panels/film_strip.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "app/panels/bench.h"
#include "app/panels/open_files.h"
#include "app/ui/texture_id.h"
#include "app/ui/widgets.h"

namespace headlight {
namespace {

constexpr float kControls = 25, kFrames = 50, kPlace = 12, kGap = 4;  // points high
constexpr std::array<double, 8> kSpeeds = {0, 1, 2, 5, 10, 15, 25, 30};
constexpr std::array<const char*, 8> kSpeedNames = {"as the file", "1 a second",  "2 a second",  "5 a second",
                                                    "10 a second", "15 a second", "25 a second", "30 a second"};

enum class Sign : std::uint8_t { before, play, pause, after };

void draw_sign(const ui::Ui& ui, Sign sign, ImVec2 middle, ImU32 color) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float s = ui.px(4.5f), bar = ui.px(2), x = std::round(middle.x), y = std::round(middle.y);
  switch (sign) {
    case Sign::before:
      list.AddTriangleFilled({x + s, y - s}, {x + s, y + s}, {x - s + bar, y}, color);
      list.AddRectFilled({x - s - bar / 2, y - s}, {x - s + bar / 2, y + s}, color);
      break;
    case Sign::after:
      list.AddTriangleFilled({x - s, y - s}, {x + s - bar, y}, {x - s, y + s}, color);
      list.AddRectFilled({x + s - bar / 2, y - s}, {x + s + bar / 2, y + s}, color);
      break;
    case Sign::play:
      list.AddTriangleFilled({x - s * 0.8f, y - s * 1.2f}, {x + s * 1.2f, y}, {x - s * 0.8f, y + s * 1.2f}, color);
      break;
    case Sign::pause:
      list.AddRectFilled({x - s, y - s}, {x - bar / 2, y + s}, color);
      list.AddRectFilled({x + bar / 2, y - s}, {x + s, y + s}, color);
      break;
  }
}

/// A button with a sign for a command.
void sign_button(Bench& bench, const char* id, const char* command, Sign sign) {
  ui::Ui& ui = bench.ui;
  const Command& found = bench.commands.get(command);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ui.px(34);
  if (ui::button(ui,
                 {.id = id,
                  .label = {},
                  .tooltip = found.tooltip,
                  .key = bench.commands.keys_of(command),
                  .enabled = found.enabled(),
                  .reason = found.reason()},
                 width))
    found.run();
  const float high = ImGui::GetItemRectSize().y;
  draw_sign(ui, sign, {at.x + width / 2, at.y + high / 2}, ui.theme.text);
  ImGui::SameLine(0, ui.px(kGap));
}

std::string place_words(const Sequence& sequence) {
  const int number = sequence.shown() + 1;
  return sequence.count() ? fmt::format("frame {} of {}", number, *sequence.count()) : fmt::format("frame {}", number);
}

}  // namespace

float FilmStrip::height(const Bench& bench) {
  return bench.session.sequence().on() ? bench.ui.px(kControls + kFrames + kPlace + 3 * kGap) : 0;
}

void FilmStrip::draw(Bench& bench, ImVec2 from, float width) {
  ui::Ui& ui = bench.ui;
  const float controls = ui.px(kControls), frames = ui.px(kFrames), gap = ui.px(kGap);
  draw_controls(bench, from, width);
  draw_frames(bench, {from.x, from.y + controls + gap}, {width, frames});
  draw_place(bench, {from.x, from.y + controls + frames + 2 * gap}, width);
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const bool over = mouse.x >= from.x && mouse.x < from.x + width && mouse.y >= from.y + controls &&
                    mouse.y < from.y + FilmStrip::height(bench);
  if (over && ImGui::GetIO().MouseWheel != 0 && !bench.dialogs.modal())
    bench.session.sequence().step(ImGui::GetIO().MouseWheel > 0 ? -1 : 1);
}

void FilmStrip::draw_controls(Bench& bench, ImVec2 from, float width) const {
  ui::Ui& ui = bench.ui;
  Sequence& sequence = bench.session.sequence();
  ImGui::SetCursorScreenPos(from);
  sign_button(bench, "film.before", "sequence.before", Sign::before);
  sign_button(bench, "film.play", "sequence.play", sequence.playing() ? Sign::pause : Sign::play);
  sign_button(bench, "film.after", "sequence.after", Sign::after);
  const Command& loop = bench.commands.get("sequence.loop");
  if (ui::button(
          ui,
          {.id = "film.loop", .label = "Loop", .tooltip = loop.tooltip, .key = bench.commands.keys_of("sequence.loop")},
          0, sequence.loop))
    loop.run();
  ImGui::SameLine(0, ui.px(kGap));
  const auto found = std::find(kSpeeds.begin(), kSpeeds.end(), sequence.frames_per_s);
  int speed = found == kSpeeds.end() ? 0 : static_cast<int>(found - kSpeeds.begin());
  if (ui::drop_down(ui,
                    {.id = "film.speed",
                     .label = "Speed",
                     .tooltip = "How fast it plays at most. No frame is left out: one that takes longer to compute is "
                                "shown longer."},
                    speed, kSpeedNames, ui.px(156)))
    sequence.frames_per_s = kSpeeds[static_cast<std::size_t>(speed)];
  const float y = from.y + (ui.px(kControls) - ui.fonts.size(ui::Type::body)) / 2;
  float x = ImGui::GetItemRectMax().x + ui.px(14);
  const std::string place = place_words(sequence);
  ui::draw_text(ui, ui::Type::body, {x, y}, ui.theme.text, place);
  const float words = ui::measure(ui, ui::Type::body, place).x;
  ui::describe(ui, {.id = "film.place", .label = {}, .tooltip = {}}, {x, y}, {x + words, y + ui.px(14)}, false, place);
  x += words + ui.px(14);
  std::string right = source_title(sequence.source());
  if (const double rate = sequence.rate(); sequence.playing() && rate > 0) right = fmt::format("{:.1f} a second", rate);
  ui.announce(right);
  right = ui::shortened(ui, ui::Type::small, right, from.x + width - x, true);
  const float right_width = ui::measure(ui, ui::Type::small, right).x;
  if (x + right_width <= from.x + width)
    ui::draw_text(ui, ui::Type::small, {from.x + width - right_width, y + ui.px(1)}, ui.theme.soft, right);
}

void FilmStrip::draw_frames(Bench& bench, ImVec2 from, ImVec2 size) {
  const ui::Ui& ui = bench.ui;
  Sequence& sequence = bench.session.sequence();
  const vit::Image* image = bench.session.image().get();
  if (image == nullptr) return;
  const float shape = static_cast<float>(image->width) / static_cast<float>(image->height);
  const float gap = ui.px(3), cell = std::floor(size.y * std::clamp(shape, 0.6f, 1.9f));
  const int there = std::max(1, static_cast<int>((size.x + gap) / (cell + gap)));
  const int count = sequence.count().value_or(sequence.shown() + there);
  // The shown frame stands in the middle, but for the two ends.
  const int first = std::clamp(sequence.wanted() - there / 2, 0, std::max(0, count - there));
  const int last = std::min(count, first + there) - 1;
  sequence.set_sight(first, last);
  std::erase_if(thumbs_, [&](const auto& entry) { return entry.first < first || entry.first > last; });
  for (int index = first; index <= last; ++index)
    draw_frame(bench, index, {from.x + static_cast<float>(index - first) * (cell + gap), from.y}, {cell, size.y});
}

void FilmStrip::draw_frame(Bench& bench, int index, ImVec2 at, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  Sequence& sequence = bench.session.sequence();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 to{at.x + size.x, at.y + size.y};
  list.AddRectFilled(at, to, ui.theme.raised, ui.px(2));
  const auto image = sequence.thumb(index);
  Thumb& thumb = thumbs_[index];
  if (image && thumb.image != image) thumb = {image, gl::Picture(*image, gl::Sampling::smooth)};
  if (!image) thumb = {};
  if (thumb.picture) {
    const float scale = std::min(size.x / static_cast<float>(thumb.picture.width()),
                                 size.y / static_cast<float>(thumb.picture.height()));
    const ImVec2 box{std::round(scale * static_cast<float>(thumb.picture.width())),
                     std::round(scale * static_cast<float>(thumb.picture.height()))};
    const ImVec2 corner{std::floor(at.x + (size.x - box.x) / 2), std::floor(at.y + (size.y - box.y) / 2)};
    list.AddImage(ui::texture_id(thumb.picture.texture()), corner, {corner.x + box.x, corner.y + box.y});
  } else {
    const std::string number = std::to_string(index + 1);
    const ImVec2 extent = ui::measure(ui, ui::Type::small, number);
    ui::draw_text(ui, ui::Type::small, {at.x + (size.x - extent.x) / 2, at.y + (size.y - extent.y) / 2}, ui.theme.faint,
                  number);
  }
  const std::string id = "film.frame." + std::to_string(index + 1);
  ImGui::SetCursorScreenPos(at);
  const bool pressed = ImGui::InvisibleButton(id.c_str(), size);
  const bool over = ImGui::IsItemHovered();
  if (index == sequence.shown() || over)
    list.AddRect({at.x - 1, at.y - 1}, {to.x + 1, to.y + 1}, index == sequence.shown() ? ui.theme.mark : ui.theme.soft,
                 ui.px(2), 0, ui.px(2));
  ui::describe(ui, {.id = id, .label = {}, .tooltip = "Frame " + std::to_string(index + 1)}, at, to, over,
               index == sequence.shown() ? "on"
               : thumb.picture           ? "picture"
                                         : "");
  if (pressed) sequence.go_to(index);
}

/// The whole sequence as a line: where the shown frame is, to be dragged.
void FilmStrip::draw_place(Bench& bench, ImVec2 from, float width) const {
  ui::Ui& ui = bench.ui;
  Sequence& sequence = bench.session.sequence();
  if (!sequence.count() || *sequence.count() < 2) return;
  const int last = *sequence.count() - 1;
  const float high = ui.px(kPlace), y = from.y + high / 2, half = ui.px(1.5f), knob = ui.px(5);
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton("film.line", {width, high});
  const bool over = ImGui::IsItemHovered();
  if (ImGui::IsItemActive()) {
    const float part = (ImGui::GetIO().MousePos.x - from.x - knob) / std::max(1.f, width - 2 * knob);
    const int to = static_cast<int>(std::lround(std::clamp(part, 0.f, 1.f) * static_cast<float>(last)));
    if (to != sequence.wanted()) sequence.go_to(to);
  }
  const float part = static_cast<float>(sequence.wanted()) / static_cast<float>(last);
  const float x = from.x + knob + part * (width - 2 * knob);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled({from.x, y - half}, {from.x + width, y + half}, ui.theme.track, half);
  list.AddRectFilled({from.x, y - half}, {x, y + half}, ui.theme.mark, half);
  list.AddCircleFilled({x, y}, knob, ui.theme.mark);
  ui::describe(ui, {.id = "film.line", .label = {}, .tooltip = "The place in the sequence. Drag it; the wheel steps."},
               from, {from.x + width, from.y + high}, over, std::to_string(sequence.wanted() + 1));
}

}  // namespace headlight
