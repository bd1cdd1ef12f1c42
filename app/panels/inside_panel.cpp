#include "app/panels/inside_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "engine/base/quantity.h"
#include "engine/maps/inside_head.h"

namespace headlight {

namespace {

constexpr int kStrongest = 6;  // keys that are listed

/// Writes and draws from the top down.
class Column {
 public:
  Column(Bench& bench, ImVec2 from, float width) : bench_(&bench), at_(from), width_(width) {}

  void gap(float points) { at_.y += bench_->ui.px(points); }
  void words(ui::Type type, ImU32 color, const std::string& text) {
    ui::draw_text(bench_->ui, type, at_, color, text, width_);
    at_.y += ui::measure(bench_->ui, type, text, width_).y + bench_->ui.px(2);
  }
  /// "1  q · k", and at the right what it comes to.
  void step(const char* what, const std::string& result) {
    const ui::Ui& ui = bench_->ui;
    gap(9);
    const float wide = ui::measure(ui, ui::Type::strong, result).x;
    ui::draw_text(ui, ui::Type::strong, at_, ui.theme.text,
                  ui::shortened(ui, ui::Type::strong, what, width_ - wide - ui.px(6)));
    ui::draw_text(ui, ui::Type::strong, {at_.x + width_ - wide, at_.y}, ui.theme.accent, result);
    at_.y += ui.fonts.size(ui::Type::strong) + ui.px(5);
  }
  /// A number for each channel, as bars up and down from a middle line; `largest` is the height of a half.
  void channels(const char* name, const std::vector<float>& values, float largest, ImU32 color, float points) {
    const ui::Ui& ui = bench_->ui;
    const float label = ui.px(38), height = ui.px(points), middle = std::floor(at_.y + height / 2);
    const float pitch = (width_ - label) / static_cast<float>(values.size());
    ImDrawList& list = *ImGui::GetWindowDrawList();
    ui::draw_text(ui, ui::Type::small, {at_.x, middle - ui.fonts.size(ui::Type::small) / 2}, ui.theme.soft, name);
    list.AddLine({at_.x + label, middle}, {at_.x + width_, middle}, ui.theme.track);
    for (std::size_t c = 0; c < values.size(); ++c) {
      const float x = at_.x + label + pitch * static_cast<float>(c);
      const float y = middle - (largest > 0 ? values[c] / largest : 0) * height / 2;
      list.AddRectFilled({x, std::min(y, middle)}, {x + std::max(1.f, pitch - 1), std::max(y, middle)}, color);
    }
    at_.y += height + ui.px(3);
  }
  /// A share as a bar, with its name at the left and its value at the right.
  void share(const std::string& name, double value, double largest, bool lit) {
    const ui::Ui& ui = bench_->ui;
    const float label = std::min(ui.px(96), width_ * 0.42f), number = ui.px(46), line = ui.fonts.size(ui::Type::small);
    const std::string text = vit::percent_text(value);
    ImDrawList& list = *ImGui::GetWindowDrawList();
    ui::draw_text(ui, ui::Type::small, at_, lit ? ui.theme.accent : ui.theme.text,
                  ui::shortened(ui, ui::Type::small, name, label - ui.px(6)));
    const float from = at_.x + label, room = std::max(0.f, width_ - label - number);
    list.AddRectFilled(
        {from, at_.y + ui.px(2)},
        {from + std::max(1.f, room * static_cast<float>(largest > 0 ? value / largest : 0)), at_.y + line - ui.px(1)},
        lit ? ui.theme.mark : ui.theme.bar);
    ui::draw_text(ui, ui::Type::small, {at_.x + width_ - ui::measure(ui, ui::Type::small, text).x, at_.y},
                  lit ? ui.theme.accent : ui.theme.text, text);
    at_.y += line + ui.px(4);
  }

 private:
  Bench* bench_;
  ImVec2 at_;
  float width_;
};

float largest_of(std::initializer_list<const std::vector<float>*> all) {
  float largest = 0;
  for (const auto* values : all)
    for (const float value : *values) largest = std::max(largest, std::abs(value));
  return largest;
}

std::vector<int> strongest(const std::vector<float>& shares) {
  std::vector<int> keys(shares.size());
  std::iota(keys.begin(), keys.end(), 0);
  const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(kStrongest, keys.size()));
  std::partial_sort(keys.begin(), keys.begin() + count, keys.end(), [&](int a, int b) {
    return shares[static_cast<std::size_t>(a)] > shares[static_cast<std::size_t>(b)];
  });
  keys.resize(static_cast<std::size_t>(count));
  return keys;
}

/// The token whose share is explained.
int key_of(Bench& bench, int index) {
  const vit::TokenGrid& grid = bench.maps.grid();
  if (const auto& at = bench.hover.shown; at && at->row < grid.rows && at->col < grid.cols)
    return grid.token_of(at->row, at->col);
  return grid.prefix + bench.maps.facts(index).peak_patch;
}

void explain(Bench& bench, Column& column, const vit::HeadNumbers& numbers, int key, float tall) {
  const ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const vit::TokenGrid& grid = set.trace->grid;
  const vit::ModelConfig& config = set.trace->model->config;
  const auto title = [&](int token) { return vit::query_title(token, grid, config); };
  if (!numbers.outside.empty() && numbers.outside[static_cast<std::size_t>(key)]) {
    column.words(ui::Type::body, ui.theme.text,
                 fmt::format("The {} lies outside the window that the {} is in: in this block they never meet.",
                             title(key), title(numbers.query)));
    return column.words(ui::Type::small, ui.theme.soft, "Point at a patch inside the frame.");
  }
  const vit::PairNumbers pair = vit::pair_numbers(*set.trace, numbers, key);
  const auto dim = static_cast<double>(numbers.q.size());

  column.words(ui::Type::body, ui.theme.text,
               fmt::format("How much does the {} look at the {}?", title(numbers.query), title(key)));
  column.words(ui::Type::small, ui.theme.soft, "Point at another patch to see its numbers.");

  column.step("1  query · key", fmt::format("{:.3g}", pair.dot));
  column.channels("query", numbers.q, largest_of({&numbers.q}), ui.theme.bar, tall);
  column.channels("key", pair.k, largest_of({&pair.k}), ui.theme.bar, tall);
  column.channels("q × k", pair.products, largest_of({&pair.products}), ui.theme.mark, tall);
  column.words(ui::Type::small, ui.theme.soft,
               fmt::format("The products of the head's {} channels add up to {:.3g}.", numbers.q.size(), pair.dot));

  column.step(fmt::format("2  ÷ √{} = {:.3g}", numbers.q.size(), std::sqrt(dim)).c_str(),
              fmt::format("{:.3g}", pair.dot / std::sqrt(dim)));
  if (!numbers.biases.empty())
    column.step((config.talking_heads ? fmt::format("   + {:.3g} by mixing the heads", pair.bias)
                                      : fmt::format("   + {:.3g} for where the key lies", pair.bias))
                    .c_str(),
                fmt::format("{:.3g}", pair.score));

  column.step(fmt::format("3  softmax of {}", numbers.keys).c_str(), vit::percent_text(pair.share));
  const std::vector<int> keys = strongest(numbers.shares);
  double rest = 1;
  const double largest = numbers.shares[static_cast<std::size_t>(keys.front())];
  for (const int token : keys) {
    rest -= numbers.shares[static_cast<std::size_t>(token)];
    column.share(title(token), numbers.shares[static_cast<std::size_t>(token)], largest, token == key);
  }
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
    rest -= pair.share;
    column.share(title(key), pair.share, largest, true);
  }
  column.words(
      ui::Type::small, ui.theme.soft,
      fmt::format("e^{:.3g} over the sum for all {}; the others get {}.", pair.score,
                  numbers.outside.empty() ? "tokens" : "places of its window", vit::percent_text(std::max(0.0, rest))));
  if (numbers.padding > 0)
    column.words(ui::Type::small, ui.theme.soft,
                 fmt::format("{} of it goes to padding, beyond the photo's edge.", vit::percent_text(numbers.padding)));

  if (config.talking_heads) column.step("   mixed with the other heads' shares", fmt::format("{:.3g}", pair.weight));
  column.step("4  Σ share · value", fmt::format("{} of it", vit::percent_text(pair.part_of_output)));
  const float out = largest_of({&numbers.output, &pair.part});
  column.channels("output", numbers.output, out, ui.theme.bar, tall);
  column.channels("this key", pair.part, out, ui.theme.mark, tall);
  const float factor = set.trace->settings.blocks[static_cast<std::size_t>(numbers.block)].factor(numbers.head);
  column.words(
      ui::Type::small, ui.theme.soft,
      factor == 0.f ? "This head is switched off: zeros take the place of its output."
      : factor != 1.f
          ? fmt::format("The head's output for the {}, before it is multiplied by {:.4g}; this key's part makes {} of "
                        "its length.",
                        title(numbers.query), factor, vit::percent_text(pair.part_of_output))
          : fmt::format("The head's output for the {}; this key's part makes {} of its length. proj then mixes "
                        "the outputs of all heads.",
                        title(numbers.query), vit::percent_text(pair.part_of_output)));
  if (set.trace->settings.active_attn_drop() > 0)
    column.words(ui::Type::small, ui.theme.accent, "Training mode: these are the numbers before attn_drop.");
}

/// Points that a row of channels takes of a panel this large: what the words leave, which need more lines where it is
/// narrow.
float height_of_channels(float width, float height) {
  const float words = width < 260 ? 490 : 400;
  return std::clamp((height - words) / 5, 16.f, 60.f);
}

}  // namespace

void draw_inside_panel(Bench& bench, int index, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  const float pad = ui.px(12);
  const vit::MapLabel& label = bench.maps.label(index);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, {from.x + size.x, from.y + size.y}, ui.theme.panel, ui.px(4));
  list.PushClipRect(from, {from.x + size.x, from.y + size.y}, true);
  const float close = ui.px(26);
  ui::draw_text(
      ui, ui::Type::title, {from.x + pad, from.y + ui.px(9)}, ui.theme.text,
      ui::shortened(ui, ui::Type::title, label.head >= 0 ? fmt::format("Inside head {}", label.head) : "Inside a head",
                    size.x - 2 * pad - close));
  ImGui::SetCursorScreenPos({from.x + size.x - close - ui.px(6), from.y + ui.px(6)});
  if (ui::button(ui,
                 {.id = "inside.close",
                  .label = "×",
                  .tooltip = "Back to the tiles.",
                  .key = bench.commands.keys_of("view.inside")},
                 close))
    bench.inside_open = false;
  bench.inside_key = key_of(bench, index);
  Column column(bench, {from.x + pad, from.y + ui.px(40)}, size.x - 2 * pad);
  if (label.head < 0)
    column.words(ui::Type::body, ui.theme.soft,
                 "Choose one head (↑ ↓, or the list above): a mean or a maximum of heads "
                 "has no query and key of its own.");
  else if (bench.maps.set().question.direction != vit::Direction::looks_at)
    column.words(ui::Type::body, ui.theme.soft, "Turn to “looks at” (D): a softmax runs over what one query looks at.");
  else if (bench.inside)
    explain(bench, column, *bench.inside, bench.inside_key, height_of_channels(size.x / ui.scale, size.y / ui.scale));
  list.PopClipRect();
  ui::describe(
      ui, {.id = "inside", .label = {}}, from, {from.x + size.x, from.y + size.y}, false,
      bench.inside ? fmt::format("{:.6g}", bench.inside->shares[static_cast<std::size_t>(bench.inside_key)]) : "");
}

}  // namespace headlight
