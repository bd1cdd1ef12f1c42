#include "app/pages/compare_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "app/analysis/classes.h"
#include "app/panels/bench.h"
#include "app/panels/color_bar.h"
#include "app/panels/map_frame.h"
#include "app/panels/map_strip.h"
#include "app/panels/open_files.h"
#include "app/ui/held_key.h"
#include "app/ui/widgets.h"
#include "engine/base/quantity.h"
#include "engine/maps/map_facts.h"
#include "engine/network/settings_words.h"

namespace headlight {
namespace {

constexpr float kGap = 12, kHead = 30, kBelow = 268, kLeastBelow = 186, kBar = 78, kMostBar = 118;
constexpr float kMostWords = 138, kNumber = 19;  // points
constexpr ImU32 kWhite = IM_COL32(255, 255, 255, 255);

/// One range for both sides, in multiples of each one's even share, so that equal colours mean the same on both.
std::array<vit::Range, 2> common_ranges(const vit::MapSet& a, int index_a, const vit::MapSet& b, int index_b,
                                        const vit::Look& look) {
  const float to_b = b.even / a.even;
  if (look.range_rule == vit::RangeRule::fixed)
    return {look.fixed_range, {look.fixed_range.low * to_b, look.fixed_range.high * to_b}};
  const vit::Range of_a = a.range(index_a, look), of_b = b.range(index_b, look);
  const vit::Range both{std::min(of_a.low, of_b.low / to_b), std::max(of_a.high, of_b.high / to_b)};
  return {both, {both.low * to_b, both.high * to_b}};
}

/// A button for a command, named shortly.
void command_button(Bench& bench, const char* id, const char* label, float width) {
  const Command& command = bench.commands.get(id);
  if (ui::button(bench.ui,
                 {.id = id,
                  .label = label,
                  .tooltip = command.tooltip,
                  .key = bench.commands.keys_of(id),
                  .enabled = command.enabled(),
                  .reason = command.reason()},
                 width))
    command.run();
}

/// What side A is, and buttons that swap the sides and make it side B.
void draw_head_of_a(Bench& bench, ImVec2 from, float width) {
  ui::Ui& ui = bench.ui;
  const Session& session = bench.session;
  const std::string name = source_title(session.model_source()) + " · " + source_title(session.image_source());
  const char *const pin = "Pin as B", *const swap = "Swap";
  const float pin_width = ui::measure(ui, ui::Type::body, pin).x + ui.px(20), left = ui.px(20);
  const float swap_width = ui::measure(ui, ui::Type::body, swap).x + ui.px(20);
  const float button = pin_width + swap_width + ui.px(6);
  ui::draw_text(ui, ui::Type::strong, {from.x, from.y + ui.px(5)}, ui.theme.accent, "A");
  ui.announce(name);
  ui::draw_text(ui, ui::Type::strong, {from.x + left, from.y + ui.px(5)}, ui.theme.text,
                ui::shortened(ui, ui::Type::strong, name, width - left - button - ui.px(10), true));
  ImGui::SetCursorScreenPos({from.x + width - button, from.y});
  command_button(bench, "compare.swap", swap, swap_width);
  ImGui::SetCursorScreenPos({from.x + width - pin_width, from.y});
  command_button(bench, "compare.pin", pin, pin_width);
}

/// Side B's network and photo as lists to choose from, and a button that ends it.
void draw_head_of_b(Bench& bench, ImVec2 from, float width) {
  ui::Ui& ui = bench.ui;
  const float left = ui.px(20), gap = ui.px(6), button = ui.px(30);
  const float names = width - left - button - 2 * gap;
  // "same photo" is not as long as it likes; names of files may be cut.
  const float same = ui::measure(ui, ui::Type::strong, "same photo").x + ui.px(36);
  const float model = std::floor(std::min(0.56f * names, names - std::min(same, 0.5f * names)));
  ui::draw_text(ui, ui::Type::strong, {from.x, from.y + ui.px(5)}, ui.theme.accent, "B");
  ImGui::SetCursorScreenPos({from.x + left, from.y});
  draw_other_model_name(bench, model);
  ImGui::SetCursorScreenPos({from.x + left + model + gap, from.y});
  draw_other_photo_name(bench, names - model);
  ImGui::SetCursorScreenPos({from.x + width - button, from.y});
  if (ui::button(ui,
                 {.id = "compare.end",
                  .label = "×",
                  .tooltip = "Ends side B: nothing is compared any more.",
                  .enabled = bench.session.wanted.other.on(),
                  .reason = "There is no side B."},
                 button))
    bench.session.end_other();
}

/// "A" or "B" in the corner of a picture.
void draw_tag(const ui::Ui& ui, ImVec2 from, const char* letter) {
  const ImVec2 extent = ui::measure(ui, ui::Type::strong, letter);
  const float pad = ui.px(5);
  ImGui::GetWindowDrawList()->AddRectFilled(from, {from.x + extent.x + 2 * pad, from.y + extent.y + pad},
                                            IM_COL32(0, 0, 0, 170), ui.px(3));
  ui::draw_text(ui, ui::Type::strong, {from.x + pad, from.y + ui.px(2)}, kWhite, letter);
}

/// "tabby cat 83 %"; empty for a network without classes.
std::string top_class(const vit::Trace& trace) {
  if (trace.logits.empty() || trace.not_finite) return "";
  const ClassScore top = top_classes(trace.logits, trace.model->labels, 1).front();
  return top.label + " " + vit::percent_text(top.probability);
}

}  // namespace

std::optional<vit::Question> ComparePage::question(const Bench& bench) const {
  return question_of(*analysis_, bench);
}

ComparePage::Layout ComparePage::lay_out(const Bench& bench, ImVec2 from, ImVec2 size) {
  const auto px = [&](float points) { return std::floor(points * bench.ui.scale); };
  const float gap = px(kGap), head = px(kHead);
  Layout l;
  l.column = std::floor((size.x - gap) / 2);
  l.head_a = from;
  l.head_b = {from.x + l.column + gap, from.y};
  const float rest = size.y - head - 2 * gap;
  const float below = std::clamp(rest - l.column, px(kLeastBelow), std::max(px(kLeastBelow), px(kBelow)));
  l.side = std::floor(std::max(px(100), std::min(l.column, rest - below)));
  const float top = from.y + head + gap / 2, bottom = top + l.side + gap;
  l.a = {from.x, top};
  l.b = {l.head_b.x, top};
  l.difference_side = std::max(px(60), std::min(from.y + size.y - bottom, l.side));
  l.difference = {from.x, bottom};
  float x = from.x + l.difference_side + gap;
  if (bench.session.view.curtain) {  // the difference stands large beside the curtain
    l.difference = l.b;
    l.difference_side = l.side;
    x = from.x;
  }
  const float width = from.x + size.x - x, height = from.y + size.y - bottom;
  const float bar = std::clamp(std::floor(0.45f * (height - gap)), px(kBar), px(kMostBar));
  l.bar = {x, bottom};
  l.bar_size = {std::floor(width * 0.46f), bar};
  l.numbers = {x + l.bar_size.x + 2 * gap, bottom};
  l.numbers_size = {width - l.bar_size.x - 2 * gap, bar};
  l.words = {x, bottom + bar + gap};
  l.words_size = {width, std::clamp(height - bar - gap, px(60), px(kMostWords))};
  return l;
}

/// Side B's photo changes together with the maps that lie on it.
void ComparePage::take_photo(const Bench& bench) {
  const OtherShown& shown = bench.session.shown().other;
  const auto& other = bench.maps.set().other;
  if (other == other_ || other != shown.trace) return;
  other_ = other;
  photo_ = shown.photo;
  display_ = shown.display;
  version_ = shown.photo_version;
}

void ComparePage::paint_side(Bench& bench, gl::HeatmapPainter& painter, SidePicture& picture, const OfSide& side,
                             float px) {
  const vit::Look look = large_look(bench);
  painter.set_maps(*side.set);
  painter.set_photo(*side.display);
  painter.set_colormap(side.set->colormap(look));
  picture.paint(bench, painter,
                {.set = *side.set,
                 .index = side.index,
                 .look = look,
                 .range = side.range,
                 .photo = *side.photo,
                 .photo_version = side.version},
                view_, {px, px});
}

/// A click asks from the patch of side A that is at the place.
void ComparePage::ask_at(Bench& bench, Point place) const {
  const vit::MapSet& set = bench.maps.set();
  if (const auto patch = picture_difference_.patch_at(place))
    bench.session.set_query_of(*set.trace, set.trace->grid.prefix + *patch);
}

void ComparePage::draw_side(Bench& bench, const char* id, const SidePicture& picture, const OfSide& side, ImVec2 from) {
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton(
      id, picture.size(),
      ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight | ImGuiButtonFlags_MouseButtonMiddle);
  const ImVec2 to{from.x + picture.size().x, from.y + picture.size().y};
  ui::describe(bench.ui, {.id = id, .label = {}, .tooltip = {}}, from, to, ImGui::IsItemHovered(),
               fmt::format("{:.4g}", picture.zoom_scale()));
  move_linked(view_, picture, from);
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(0) && view_.pointed) ask_at(bench, *view_.pointed);
  if (side.set == nullptr) return;  // under a curtain
  picture.show(from);
  picture.frame_patch(bench, from, side.set->question.query - side.set->ground().grid.prefix, kWhite, 2);
  if (view_.pointed_last)
    picture.frame_patch(bench, from, picture.patch_at(*view_.pointed_last).value_or(-1), IM_COL32(255, 255, 255, 120),
                        1);
}

/// Side A left of the curtain, side B right of it.
void ComparePage::draw_curtain(Bench& bench, const OfSide& a, const OfSide& b, ImVec2 from) {
  const ui::Ui& ui = bench.ui;
  const ImVec2 size = picture_a_.size();
  const float grip = ui.px(9);
  const float x = from.x + std::floor(curtain_ * size.x);
  ImGui::SetCursorScreenPos({x - grip, from.y});
  ImGui::InvisibleButton("compare.curtain", {2 * grip, size.y});
  const bool over = ImGui::IsItemHovered() || ImGui::IsItemActive();
  ui::describe(
      bench.ui, {.id = "compare.curtain", .label = {}, .tooltip = "Drag it: side A lies left of it, side B right."},
      {x - grip, from.y}, {x + grip, from.y + size.y}, ImGui::IsItemHovered(), fmt::format("{:.2f}", curtain_));
  if (over) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
  if (ImGui::IsItemActive()) curtain_ = std::clamp((ImGui::GetIO().MousePos.x - from.x) / size.x, 0.f, 1.f);
  draw_side(bench, "compare.both", picture_a_, {}, from);
  const float share = std::floor(curtain_ * size.x) / size.x;
  picture_a_.show(from, 0, share);
  picture_b_.show(from, share, 1);
  for (const auto& [picture, side, left, right] :
       {std::tuple{&picture_a_, &a, from.x, x}, {&picture_b_, &b, x, from.x + size.x}}) {
    ImGui::PushClipRect({left, from.y}, {right, from.y + size.y}, true);
    picture->frame_patch(bench, from, side->set->question.query - side->set->ground().grid.prefix, kWhite, 2);
    if (view_.pointed_last)
      picture->frame_patch(bench, from, picture->patch_at(*view_.pointed_last).value_or(-1),
                           IM_COL32(255, 255, 255, 120), 1);
    ImGui::PopClipRect();
  }
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddLine({x, from.y}, {x, from.y + size.y}, IM_COL32(0, 0, 0, 170), ui.px(4));
  list.AddLine({x, from.y}, {x, from.y + size.y}, over ? ui.theme.mark : kWhite, ui.px(2));
  draw_tag(ui, {from.x + ui.px(6), from.y + ui.px(6)}, "A");
  draw_tag(ui, {from.x + size.x - ui.px(28), from.y + ui.px(6)}, "B");
}

void ComparePage::draw_difference(Bench& bench, const Layout& at, int index) {
  const vit::MapSet& set = bench.maps.set();
  const OfSide side{.set = &set,
                    .index = index,
                    .range = set.range(index, large_look(bench)),
                    .photo = bench.photo.image,
                    .display = {},
                    .version = bench.photo.version};
  draw_side(bench, "compare.difference", picture_difference_, side, at.difference);
  const auto show = static_cast<std::size_t>(analysis_->value(set.question, "show"));
  constexpr std::array kTags = {"A − B", "A", "B"};
  draw_tag(bench.ui, {at.difference.x + bench.ui.px(6), at.difference.y + bench.ui.px(6)}, kTags[show]);
}

/// What is under the cursor on both sides.
void ComparePage::draw_read_out(const Bench& bench, const OfSide& a, const OfSide& b) const {
  if (!view_.pointed) return;
  std::string words;
  const auto say = [&](const char* letter, const SidePicture& picture, const OfSide& side) {
    const auto patch = picture.patch_at(*view_.pointed);
    if (!patch) return;
    const float value = side.set->map(side.index)[static_cast<std::size_t>(*patch)];
    words += fmt::format("{}{}: patch {} · {} the even share", words.empty() ? "" : "\n", letter,
                         vit::place_text(*patch, side.set->cols), vit::even_text(*side.set, value));
  };
  say("A", picture_a_, a);
  say("B", picture_b_, b);
  if (!words.empty()) ui::hint(bench.ui, words + "\nClick: this query. Wheel: zoom. Hold Tab: flip.");
}

/// Correlation, divergence, what moved, the strongest patches, and the answers of networks with classes.
void ComparePage::draw_numbers(Bench& bench, int index, ImVec2 from, ImVec2 size) {
  const ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const vit::MapTable& table = *set.table;
  struct Row {
    std::string id, name, value, tooltip;
  };
  const float correlation = table.at(index, 0);
  std::vector<Row> rows = {
      {"correlation", "Correlation",
       std::isnan(correlation) ? "–" : fmt::format("{}{:.3f}", correlation < 0 ? "−" : "", std::abs(correlation)),
       "Of the two maps, patch by patch: 1 where they are alike, 0 where they have nothing in common."},
      {"kl", "KL of A from B", fmt::format("{:.3g} bit", table.at(index, 1)),
       "Of the two maps as distributions over the patches: what it costs to take B for A."},
      {"moved", "Moved", vit::percent_text(table.at(index, 2)),
       "The share of the attention on patches that lies elsewhere in B."}};
  const std::string of_a = top_class(*set.trace), of_b = top_class(*set.other);
  const bool narrow = size.x < ui.px(230);
  if (!of_a.empty()) rows.push_back({"top_a", narrow ? "A says" : "Prediction of A", of_a, "The most probable class."});
  if (!of_b.empty()) rows.push_back({"top_b", narrow ? "B says" : "Prediction of B", of_b, "The most probable class."});
  for (const auto& [letter, trace] : {std::pair{"A", set.trace.get()}, {"B", set.other.get()}}) {
    const std::string runs = vit::departures(trace->settings, trace->model->config);
    if (!runs.empty())
      rows.push_back({std::string("runs_") + letter, std::string(letter) + " runs", runs, "Not as trained."});
  }
  const float line = ui.px(kNumber);
  float y = from.y;
  for (const Row& row : rows) {
    if (y + line > from.y + size.y + ui.px(4)) break;
    const float name = ui::measure(ui, ui::Type::small, row.name).x + ui.px(12);
    const std::string value = ui::shortened(ui, ui::Type::body, row.value, size.x - name, true);
    ui::draw_text(ui, ui::Type::small, {from.x, y + ui.px(2)}, ui.theme.soft, row.name);
    ui::draw_text(ui, ui::Type::body, {from.x + size.x - ui::measure(ui, ui::Type::body, value).x, y}, ui.theme.text,
                  value);
    ImGui::SetCursorScreenPos({from.x, y});
    ImGui::InvisibleButton(("compare." + row.id).c_str(), {size.x, line});
    ui::describe(
        bench.ui,
        {.id = "compare." + row.id, .label = {}, .tooltip = row.tooltip + (value == row.value ? "" : "\n" + row.value)},
        {from.x, y}, {from.x + size.x, y + line}, ImGui::IsItemHovered(), row.value);
    y += line;
  }
}

void ComparePage::draw(Bench& bench, const Area& area) {
  const vit::MapSet& set = bench.maps.set();
  const int chosen = bench.maps.chosen(bench.session.view);
  take_photo(bench);
  if (!set.side_b || set.other != other_) return;
  const float strip = map_strip_height(map_strip_lines(bench, *analysis_, chosen, area.size.x), bench.ui.scale);
  draw_map_strip(bench, *analysis_, chosen, area.from, area.size.x);
  const float used = strip + bench.ui.px(10);
  const Layout at = lay_out(bench, {area.from.x, area.from.y + used}, {area.size.x, area.size.y - used});
  draw_head_of_a(bench, at.head_a, at.column);
  draw_head_of_b(bench, at.head_b, at.column);

  view_.begin_frame();
  view_.same_photo = photo_ == bench.photo.image;
  const vit::MapLabel& label = bench.maps.label(chosen);
  const vit::MapSet &set_a = *set.side_a, &set_b = *set.side_b;
  const int index_a = set_a.find(label.block, label.head), index_b = set_b.find(set_b.question.block, label.head);
  const auto ranges = common_ranges(set_a, index_a, set_b, index_b, bench.session.view.look);
  const OfSide a{&set_a, index_a, ranges[0], bench.photo.image, bench.session.shown().display, bench.photo.version};
  const OfSide b{&set_b, index_b, ranges[1], photo_, display_, version_};
  paint_side(bench, painter_a_, picture_a_, a, at.side);
  paint_side(bench, painter_b_, picture_b_, b, at.side);
  const OfSide difference{&set, chosen, set.range(chosen, large_look(bench)), a.photo, a.display, a.version};
  paint_side(bench, bench.painter, picture_difference_, difference, at.difference_side);

  const ui::Ui& ui = bench.ui;
  if (bench.session.view.curtain) {
    draw_curtain(bench, a, b, at.a);
  } else {
    const bool flipped =
        ui::is_down(ui::HeldKey::tab) && !ImGui::GetIO().WantTextInput && !bench.dialogs.modal() && !ui.list_was_open;
    const std::pair<const SidePicture*, const OfSide*> of_a{&picture_a_, &a}, of_b{&picture_b_, &b};
    const auto &left = flipped ? of_b : of_a, &right = flipped ? of_a : of_b;
    draw_side(bench, "compare.a", *left.first, *left.second, at.a);
    draw_side(bench, "compare.b", *right.first, *right.second, at.b);
    draw_tag(ui, {at.a.x + ui.px(6), at.a.y + ui.px(6)}, flipped ? "B" : "A");
    draw_tag(ui, {at.b.x + ui.px(6), at.b.y + ui.px(6)}, flipped ? "A" : "B");
  }
  draw_difference(bench, at, chosen);
  draw_color_bar(bench, chosen, at.bar, at.bar_size);
  draw_numbers(bench, chosen, at.numbers, at.numbers_size);
  draw_sentence(bench, chosen, at.words, at.words_size);
  draw_read_out(bench, a, b);
}

bool ComparePage::draw_without_maps(Bench& bench, const Area& area, const std::string& words) {
  const ui::Ui& ui = bench.ui;
  const Layout at = lay_out(bench, area.from, area.size);
  draw_head_of_a(bench, at.head_a, at.column);
  draw_head_of_b(bench, at.head_b, at.column);
  const Session& session = bench.session;
  const std::string shown =
      !session.wanted.other.on()
          ? "Choose a second network or a second photo above, or pin what is there as side B and change side A."
      : !session.why_no_other().empty() ? "Side B: " + session.why_no_other()
      : !session.other_settled()        ? "Side B is on its way…"
                                        : words;
  const float wrap = std::min(area.size.x, ui.px(560));
  const ImVec2 extent = ui::measure(ui, ui::Type::title, shown, wrap);
  const ImVec2 from{area.from.x + (area.size.x - extent.x) / 2, area.from.y + area.size.y * 0.42f};
  ui::draw_text(ui, ui::Type::title, from, ui.theme.faint, shown, wrap);
  ui::describe(bench.ui, {.id = "compare.words", .label = {}}, from, {from.x + extent.x, from.y + extent.y}, false,
               shown);
  return true;
}

}  // namespace headlight
