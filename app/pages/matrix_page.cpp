#include "app/pages/matrix_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/panels/bench.h"
#include "app/panels/color_bar.h"
#include "app/panels/draft_label.h"
#include "app/panels/map_strip.h"
#include "app/ui/texture_id.h"
#include "app/ui/widgets.h"
#include "engine/base/quantity.h"
#include "engine/maps/map_facts.h"

namespace headlight {
namespace {

constexpr int kLargestCanvas = 8192;  // px of a side
constexpr ImU32 kWhite = IM_COL32(255, 255, 255, 255), kShade = IM_COL32(0, 0, 0, 150);

bool is_logarithm(const vit::MapSet& set) {
  return vit::analysis_by_id("matrix")->value(set.question, "scale") > 0;
}

/// The share itself.
float share_at(const vit::MapSet& set, int query, int key) {
  const float value = set.value(0, query, key);
  return is_logarithm(set) ? std::pow(10.f, value) : value;
}

ImVec2 vec(Point p) {
  return {static_cast<float>(p.x), static_cast<float>(p.y)};
}

/// "cls", "r2", "4,7"
std::string token_label(int token, const vit::MapSet& set) {
  const vit::TokenGrid& grid = set.trace->grid;
  if (token < grid.prefix) return vit::prefix_label(token, set.trace->model->config);
  return vit::query_name(token, grid, set.trace->model->config);
}

void frame_patch(ImDrawList& list, ImVec2 a, ImVec2 b, ImU32 color, float line) {
  list.AddRect({a.x - line, a.y - line}, {b.x + line, b.y + line}, kShade, 0, 0, line);
  list.AddRect(a, b, color, 0, 0, line);
}

}  // namespace

std::optional<vit::Question> MatrixPage::question(const Bench& bench) const {
  return question_of(*analysis_, bench);
}

/// The head that the other pages show is this one's, too; of a mean there is no matrix.
void MatrixPage::follow_head(Bench& bench) {
  View& view = bench.session.view;
  if (head_ != view.head && view.head >= 0) view.parameters["matrix.head"] = view.head;
  head_ = view.head;
}

void MatrixPage::paint(Bench& bench) {
  const vit::MapSet& set = bench.maps.set();
  const vit::Look& look = bench.session.view.look;
  const Painted now{set.serial, look.colormap, set.range(0, look)};
  if (now == painted_) return;
  painted_ = now;
  const int side = std::min(set.rows, kLargestCanvas);
  canvas_.resize(side, side);
  bench.painter.begin(canvas_);
  vit::Look plain = look;
  plain.picture = vit::Picture::map;
  plain.smooth = false;
  const double tokens = set.rows;
  bench.painter.draw({.x = 0, .y = 0, .width = side, .height = side, .scale = side / tokens},
                     {.map = 0,
                      .look = plain,
                      .range = now.range,
                      .box = {0, 0, tokens, tokens},
                      .photo_width = tokens,
                      .photo_height = tokens});
  bench.painter.end();
  canvas_.make_smaller_copies();
}

void MatrixPage::take_row(const Bench& bench, int query) {
  const vit::MapSet& set = bench.maps.set();
  if (row_ && row_of_ == set.serial && row_->question.query == query) return;
  row_of_ = set.serial;
  std::vector<float> shares(static_cast<std::size_t>(set.cols));
  for (int key = 0; key < set.cols; ++key) shares[static_cast<std::size_t>(key)] = share_at(set, query, key);
  const vit::MapLabel& label = set.labels.front();
  vit::MapSetBuilder builder(set.trace,
                             {.analysis = "heads", .block = label.block, .query = query, .stage = set.question.stage});
  builder.are_shares();
  builder.add({"row", label.title, label.block, label.head}, shares.data());
  row_ = builder.finish();
  row_painter_.set_maps(*row_);
}

void MatrixPage::paint_photo(Bench& bench, int width, int height) {
  const vit::Box& box = bench.maps.set().trace->pixels->box;
  vit::Look look = large_look(bench);
  look.range_rule = vit::RangeRule::shared;
  const PaintedPhoto now{row_->serial, bench.photo.version, look, width, height};
  if (now == painted_photo_) return;
  painted_photo_ = now;
  row_painter_.set_photo(bench.session.photo_display());
  row_painter_.set_colormap(look.colormap);
  photo_canvas_.resize(width, height);
  row_painter_.begin(photo_canvas_);
  const vit::Range range = row_->range(0, look);
  row_painter_.draw({.x = 0,
                     .y = 0,
                     .width = photo_canvas_.width(),
                     .height = photo_canvas_.height(),
                     .photo_x = box.x,
                     .photo_y = box.y,
                     .scale = photo_canvas_.width() / box.width,
                     .scale_y = photo_canvas_.height() / box.height},
                    {.map = 0,
                     .look = look,
                     .range = range,
                     .clear = vit::clear_up_to(row_->even, range),
                     .box = box,
                     .photo_width = static_cast<double>(bench.photo.image->width),
                     .photo_height = static_cast<double>(bench.photo.image->height)});
  row_painter_.end();
}

/// The photo with what the query looks at; both patches are framed, the query's in white, the key's in amber.
void MatrixPage::draw_photo(Bench& bench, ImVec2 from, float side) {
  const vit::MapSet& set = bench.maps.set();
  const vit::TokenGrid& grid = set.trace->grid;
  const vit::Box& box = set.trace->pixels->box;
  const double scale = side / std::max(box.width, box.height);
  const ImVec2 size{static_cast<float>(std::floor(box.width * scale)),
                    static_cast<float>(std::floor(box.height * scale))};
  const ImVec2 at{std::floor(from.x + (side - size.x) / 2), std::floor(from.y + (side - size.y) / 2)};
  paint_photo(bench, std::max(1, static_cast<int>(size.x)), std::max(1, static_cast<int>(size.y)));
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddImage(ui::texture_id(photo_canvas_.texture()), at, {at.x + size.x, at.y + size.y});
  draw_draft_label(bench, at);

  const float patch_w = size.x / static_cast<float>(grid.cols), patch_h = size.y / static_cast<float>(grid.rows);
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("matrix.photo", size);
  const bool over = ImGui::IsItemHovered();
  if (over) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const int col = std::clamp(static_cast<int>((mouse.x - at.x) / patch_w), 0, grid.cols - 1);
    const int row = std::clamp(static_cast<int>((mouse.y - at.y) / patch_h), 0, grid.rows - 1);
    const int token = grid.token_of(row, col);
    key_ = token;
    if (ImGui::IsItemActive() && ImGui::IsMouseDown(0)) bench.session.set_query_of(*set.trace, token);
  }
  const auto frame_token = [&](int token, ImU32 color) {
    const int patch = token - grid.prefix;
    if (patch < 0) return;
    const int row = patch / grid.cols, col = patch % grid.cols;
    const ImVec2 a{at.x + patch_w * static_cast<float>(col), at.y + patch_h * static_cast<float>(row)};
    frame_patch(list, a, {a.x + patch_w, a.y + patch_h}, color, bench.ui.px(2));
  };
  frame_token(key_, bench.ui.theme.mark);
  frame_token(row_->question.query, kWhite);
  ui::describe(bench.ui, {.id = "matrix.photo", .label = {}, .tooltip = {}}, at, {at.x + size.x, at.y + size.y}, over,
               token_label(key_, set));
}

/// Zoom, pan, and which pair the cursor is at.
void MatrixPage::move(Bench& bench, ImVec2 from, ImVec2 size) {
  const vit::MapSet& set = bench.maps.set();
  const double tokens = set.rows;
  const auto place = [&] {
    camera_.place({from.x, from.y}, {size.x, size.y}, {tokens, tokens}, {{0, 0}, {tokens, tokens}});
  };
  place();
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton(
      "matrix.view", size,
      ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight | ImGuiButtonFlags_MouseButtonMiddle);
  const bool over = ImGui::IsItemHovered();
  const ImGuiIO& io = ImGui::GetIO();
  hovered_.reset();
  ui::describe(bench.ui, {.id = "matrix.view", .label = {}}, from, {from.x + size.x, from.y + size.y}, over,
               fmt::format("{:.4g}", camera_.scale()));
  if (ImGui::IsItemActive() && (ImGui::IsMouseDown(1) || ImGui::IsMouseDown(2)))
    camera_.pan(io.MouseDelta.x, io.MouseDelta.y);
  if (!over) return place();
  if (io.MouseWheel != 0) {
    const double fitted = std::min(size.x, size.y) / tokens;
    const double scale = camera_.scale() * std::pow(1.2, io.MouseWheel);
    if (scale <= fitted)
      camera_.fit();
    else
      camera_.zoom_to(scale, {io.MousePos.x, io.MousePos.y});
  }
  place();
  const Point at = camera_.to_photo({io.MousePos.x, io.MousePos.y});
  if (at.x < 0 || at.y < 0 || at.x >= tokens || at.y >= tokens) return;
  hovered_ = Pair{static_cast<int>(at.y), static_cast<int>(at.x)};
  key_ = hovered_->key;
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(0)) bench.session.set_query_of(*set.trace, hovered_->query);
  const float share = share_at(set, hovered_->query, hovered_->key);
  const vit::ModelConfig& config = set.trace->model->config;
  ui::hint(bench.ui,
           fmt::format("{} looks at {}\n{} · {} the even share\nrow sum {:.3f}, column sum {}\nClick: this query. "
                       "Wheel: zoom. Right drag: pan.",
                       vit::query_title(hovered_->query, set.trace->grid, config),
                       vit::query_title(hovered_->key, set.trace->grid, config), vit::percent_text(share),
                       vit::times_text(static_cast<double>(share) * set.rows),
                       set.row_sums[static_cast<std::size_t>(hovered_->query)],
                       vit::three_digits(set.column_sums[static_cast<std::size_t>(hovered_->key)])));
}

/// Rules between prefix tokens and patches, and names: of every token where there is room, else of the groups.
void MatrixPage::draw_labels(const Bench& bench) const {
  const ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const int prefix = set.trace->grid.prefix, tokens = set.rows;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 from = vec(camera_.from()), size = vec(camera_.size()), to{from.x + size.x, from.y + size.y};
  const float line = ui.fonts.size(ui::Type::small);
  const ImVec2 edge = vec(camera_.to_screen({static_cast<double>(prefix), static_cast<double>(prefix)}));
  if (prefix > 0) {
    list.PushClipRect(from, to, true);
    for (const auto& [color, offset] : {std::pair{kShade, ui.px(1)}, {kWhite, 0.f}}) {
      list.AddLine({edge.x + offset, from.y}, {edge.x + offset, to.y}, color);
      list.AddLine({from.x, edge.y + offset}, {to.x, edge.y + offset}, color);
    }
    list.PopClipRect();
  }
  const double scale = camera_.scale();
  if (scale >= line + ui.px(2)) {
    const Point first = camera_.to_photo({from.x, from.y}), last = camera_.to_photo({to.x, to.y});
    for (int token = std::max(0, static_cast<int>(first.y)); token < std::min<double>(tokens, last.y); ++token) {
      const std::string name = token_label(token, set);
      const float y = static_cast<float>(camera_.to_screen({0, token + 0.5}).y);
      if (y > from.y && y < to.y)
        ui::draw_text(ui, ui::Type::small, {from.x - ui::measure(ui, ui::Type::small, name).x - ui.px(4), y - line / 2},
                      token < prefix ? ui.theme.accent : ui.theme.soft, name);
    }
    const float widest = ui::measure(ui, ui::Type::small, "00,00").x + ui.px(4);
    const int every = std::max(1, static_cast<int>(std::ceil(widest / scale)));
    for (int token = std::max(0, static_cast<int>(first.x)); token < std::min<double>(tokens, last.x); ++token) {
      if (token >= prefix && (token - prefix) % every != 0) continue;
      const std::string name = token_label(token, set);
      const float x = static_cast<float>(camera_.to_screen({token + 0.5, 0}).x);
      if (x > from.x && x < to.x)
        ui::draw_text(ui, ui::Type::small, {x - ui::measure(ui, ui::Type::small, name).x / 2, from.y - line - ui.px(3)},
                      token < prefix ? ui.theme.accent : ui.theme.soft, name);
    }
    return;
  }
  // Too small for single tokens: the prefix tokens together, then the patches.
  const vit::ModelConfig& config = set.trace->model->config;
  std::string group = prefix == 0 ? "" : vit::prefix_label(0, config);
  if (prefix > 1) group += " … " + vit::prefix_label(prefix - 1, config);
  const float group_width = ui::measure(ui, ui::Type::small, group).x;
  ui::draw_text(ui, ui::Type::small, {from.x, from.y - line - ui.px(3)}, ui.theme.accent, group);
  const std::string keys = "keys: " + std::to_string(tokens - prefix) + " patches →";
  ui::draw_text(ui, ui::Type::small, {from.x + group_width + ui.px(16), from.y - line - ui.px(3)}, ui.theme.soft, keys);
  const std::string first = prefix == 0 ? "" : vit::prefix_label(0, config);
  ui::draw_text(ui, ui::Type::small, {from.x - ui::measure(ui, ui::Type::small, first).x - ui.px(4), from.y},
                ui.theme.accent, first);
  const char* const queries = "queries";
  ui::draw_text(ui, ui::Type::small,
                {from.x - ui::measure(ui, ui::Type::small, queries).x - ui.px(4), from.y + 2 * line}, ui.theme.soft,
                queries);
  ui::draw_text(ui, ui::Type::small,
                {from.x - ui::measure(ui, ui::Type::small, "↓").x - ui.px(4), from.y + 3.2f * line}, ui.theme.soft,
                "↓");
}

/// Where the shown part lies in the whole, once it is a part.
void MatrixPage::draw_minimap(const Bench& bench) const {
  const ui::Ui& ui = bench.ui;
  const double tokens = bench.maps.set().rows;
  const ImVec2 from = vec(camera_.from()), size = vec(camera_.size());
  if (camera_.scale() * tokens <= 1.05 * std::min(size.x, size.y)) return;
  const float side = std::min(ui.px(96), size.x / 4), pad = ui.px(6);
  const ImVec2 at{from.x + size.x - side - pad, from.y + size.y - side - pad}, end{at.x + side, at.y + side};
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddImage(ui::texture_id(canvas_.texture()), at, end);
  list.AddRect({at.x - 1, at.y - 1}, {end.x + 1, end.y + 1}, ui.theme.text);
  const Point a = camera_.to_photo({from.x, from.y}), b = camera_.to_photo({from.x + size.x, from.y + size.y});
  const auto along = [&](double token) { return static_cast<float>(std::clamp(token / tokens, 0.0, 1.0)) * side; };
  list.AddRect({at.x + along(a.x), at.y + along(a.y)}, {at.x + along(b.x), at.y + along(b.y)}, ui.theme.mark, 0, 0,
               ui.px(1.5f));
}

void MatrixPage::draw_matrix(Bench& bench, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const float line = ui.fonts.size(ui::Type::small);
  const float left = std::ceil(ui::measure(ui, ui::Type::small, "queries").x) + ui.px(6), top = line + ui.px(6);
  const float side = std::floor(std::min(size.x - left, size.y - top));
  const ImVec2 at{from.x + left, from.y + top}, extent{side, side}, to{at.x + side, at.y + side};
  move(bench, at, extent);
  paint(bench);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, to, ui.theme.panel);
  list.PushClipRect(at, to, true);
  const double tokens = set.rows;
  list.AddImage(ui::texture_id(canvas_.texture()), vec(camera_.to_screen({0, 0})),
                vec(camera_.to_screen({tokens, tokens})));
  // The query's row in white, the key's column in amber.
  const int query = row_ ? row_->question.query : 0;
  const auto band = [&](int token, bool row, ImU32 color) {
    const ImVec2 a = vec(camera_.to_screen({static_cast<double>(token), static_cast<double>(token)}));
    const ImVec2 b = vec(camera_.to_screen({token + 1.0, token + 1.0}));
    const float half = std::max(0.f, (ui.px(3) - (b.x - a.x)) / 2);  // a thin row is still seen
    if (row)
      list.AddRect({at.x - 2, a.y - half}, {to.x + 2, b.y + half}, color, 0, 0, ui.px(1));
    else
      list.AddRect({a.x - half, at.y - 2}, {b.x + half, to.y + 2}, color, 0, 0, ui.px(1));
  };
  band(key_, false, ui.theme.mark);
  band(query, true, kWhite);
  list.PopClipRect();
  draw_labels(bench);
  draw_minimap(bench);
}

void MatrixPage::draw_numbers(const Bench& bench, ImVec2 from, float width) const {
  const ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const vit::TokenGrid& grid = set.trace->grid;
  const vit::ModelConfig& config = set.trace->model->config;
  const int query = row_->question.query;
  const float share = share_at(set, query, key_), line = ui.fonts.size(ui::Type::body) * 1.3f;
  const std::string pair = vit::query_title(query, grid, config) + " → " + vit::query_title(key_, grid, config);
  ui::draw_text(ui, ui::Type::strong, from, ui.theme.text, ui::shortened(ui, ui::Type::strong, pair, width));
  // Smaller in a narrow column.
  const auto put = [&](int row, ImU32 color, const std::string& words) {
    const ui::Type type = ui::measure(ui, ui::Type::body, words).x <= width ? ui::Type::body : ui::Type::small;
    ui::draw_text(ui, type, {from.x, from.y + static_cast<float>(row) * line}, color,
                  ui::shortened(ui, type, words, width));
  };
  const std::string numbers = fmt::format("{}, {} the even share", vit::percent_text(share),
                                          vit::times_text(static_cast<double>(share) * set.rows));
  put(1, ui.theme.text, numbers);
  const bool itself = key_ == query;
  ui::draw_text(ui, ui::Type::body, {from.x, from.y + 2 * line}, itself ? ui.theme.soft : ui.theme.text,
                itself ? "it looks at itself" : "the other way " + vit::percent_text(share_at(set, key_, query)));
  const float row_sum = set.row_sums[static_cast<std::size_t>(query)];
  const std::string sums =
      fmt::format("Row sum {:.3f}{}. Column sum {}.", row_sum, std::abs(row_sum - 1) < 5e-4f ? " ✓" : "",
                  vit::three_digits(set.column_sums[static_cast<std::size_t>(key_)]));
  put(3, ui.theme.soft, sums);
}

void MatrixPage::draw(Bench& bench, const Area& area) {
  follow_head(bench);
  const vit::MapSet& set = bench.maps.set();
  if (set.row_sums.empty()) return;  // another page's answer, in the frame of a change
  const FrameLayout layout = lay_out_frame(area.from, area.size, kMediumPicture, 0, bench.ui.scale,
                                           map_strip_lines(bench, *analysis_, 0, area.size.x));
  draw_map_strip(bench, *analysis_, 0, layout.strip_from, layout.strip_size.x);
  key_ = std::clamp(key_, 0, set.rows - 1);
  const int query = std::clamp(hovered_ ? hovered_->query : bench.session.query_in(*set.trace), 0, set.rows - 1);
  take_row(bench, query);
  draw_matrix(bench, layout.navigator_from, layout.navigator_size);
  draw_photo(bench, layout.photo_from, layout.photo_size.x);
  const float line = bench.ui.fonts.size(ui::Type::body) * 1.3f;
  const float x = layout.words_from.x, width = layout.words_size.x;
  draw_numbers(bench, layout.bar_from, width);
  const float y = layout.bar_from.y + 4 * line + bench.ui.px(4);
  const float rest = area.from.y + area.size.y - y;
  const float bar = std::min(bench.ui.px(78), rest / 2);
  draw_color_bar(bench, 0, {x, y}, {width, bar});
  draw_sentence(bench, 0, {x, y + bar + bench.ui.px(6)},
                {width, std::clamp(rest - bar - bench.ui.px(6), bench.ui.px(40), bench.ui.px(150))});
}

}  // namespace headlight
