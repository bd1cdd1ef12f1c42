#include "app/panels/log_plot_view.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "app/cost/op_colors.h"
#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {
namespace {

struct Box {
  ImVec2 from, to;
  bool meets(const Box& other) const {
    return from.x < other.to.x && other.from.x < to.x && from.y < other.to.y && other.from.y < to.y;
  }
  /// Whether any of the line from a to b lies within.
  bool is_crossed(ImVec2 a, ImVec2 b) const {
    float first = 0, last = 1;
    const auto clip = [&](float start, float step, float low, float high) {
      if (step == 0) return start >= low && start <= high;
      const float one = (low - start) / step, other = (high - start) / step;
      first = std::max(first, std::min(one, other));
      last = std::min(last, std::max(one, other));
      return true;
    };
    return clip(a.x, b.x - a.x, from.x, to.x) && clip(a.y, b.y - a.y, from.y, to.y) && first <= last;
  }
};

class PlotView {
 public:
  PlotView(const ui::Ui& ui, const LogPlot& plot, ImVec2 from, ImVec2 size) : ui_(ui), plot_(plot) {
    const float small = ui.fonts.size(ui::Type::small);
    float left = 0, right = 0;
    for (const double tick : log_ticks(plot.y_low, plot.y_high))
      left = std::max(left, ui::measure(ui, ui::Type::small, tick_text(tick)).x);
    for (const LogPlot::Series& series : plot.series)
      if (series.joined) right = std::max(right, ui::measure(ui, ui::Type::small, series.name).x);
    from_ = {std::floor(from.x + left + ui.px(8)), std::floor(from.y + small + ui.px(8))};
    to_ = {std::floor(from.x + size.x - right - ui.px(right > 0 ? 10 : 4)),
           std::floor(from.y + size.y - 2 * small - ui.px(9))};
  }

  bool has_room() const { return to_.x - from_.x > ui_.px(40) && to_.y - from_.y > ui_.px(30); }

  void draw(int hovered) {
    draw_axes();
    for (const LogPlot::Series& series : plot_.series)
      for (const LogPlot::Point& point : series.points)
        if (const ImVec2 p = at(point.x, point.y); !series.joined)
          taken_.push_back({{p.x - ui_.px(6), p.y - ui_.px(6)}, {p.x + ui_.px(6), p.y + ui_.px(6)}});
    for (const LogPlot::Limit& limit : plot_.limits)
      for (std::size_t i = 0; i + 1 < limit.points.size(); ++i)
        lines_.push_back({at(limit.points[i].first, limit.points[i].second),
                          at(limit.points[i + 1].first, limit.points[i + 1].second)});
    for (const LogPlot::Limit& limit : plot_.limits) draw_limit(limit);
    for (std::size_t i = 0; i < plot_.series.size(); ++i)
      draw_series(plot_.series[i], hovered < 0 || hovered == static_cast<int>(i));
    draw_line_names();
    draw_point_names();
  }

  /// The series whose point is nearest to the cursor, within a few points; and which point.
  std::pair<int, int> nearest(ImVec2 mouse) const {
    std::pair<int, int> found{-1, -1};
    float least = ui_.px(12);
    for (std::size_t i = 0; i < plot_.series.size(); ++i)
      for (std::size_t k = 0; k < plot_.series[i].points.size(); ++k) {
        const ImVec2 p = at(plot_.series[i].points[k].x, plot_.series[i].points[k].y);
        const float away = std::hypot(p.x - mouse.x, p.y - mouse.y);
        if (away >= least) continue;
        least = away;
        found = {static_cast<int>(i), static_cast<int>(k)};
      }
    return found;
  }

  ImVec2 at(double x, double y) const {
    return {from_.x + (to_.x - from_.x) * static_cast<float>(plot_.along_x(x)),
            to_.y - (to_.y - from_.y) * static_cast<float>(plot_.along_y(y))};
  }

 private:
  static ImU32 faded(ImU32 color, bool lit) {
    return lit ? color : (color & ~IM_COL32_A_MASK) | (70u << IM_COL32_A_SHIFT);
  }
  ImU32 color_of(const LogPlot::Series& series) const {
    if (!series.op) return ui_.theme.text;
    const unsigned hex = op_color(*series.op, ui_.theme.dark);
    return IM_COL32((hex >> 16) & 255u, (hex >> 8) & 255u, hex & 255u, 255);
  }
  float width_of(const std::string& words) const { return ui::measure(ui_, ui::Type::small, words).x; }
  void words(ImVec2 where, ImU32 color, const std::string& text) const {
    ui::draw_text(ui_, ui::Type::small, where, color, text);
  }

  void draw_axes() const {
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float small = ui_.fonts.size(ui::Type::small);
    words({from_.x, from_.y - small - ui_.px(6)}, ui_.theme.soft, plot_.title);
    float below = to_.y + small;
    for (const double tick : log_ticks(plot_.y_low, plot_.y_high)) {
      const float y = std::floor(at(plot_.x_low, tick).y);
      list.AddLine({from_.x, y}, {to_.x, y}, ui_.theme.line);
      if (y + small / 2 > below) continue;
      below = y - small / 2;
      const std::string text = tick_text(tick);
      words({from_.x - ui_.px(6) - width_of(text), y - small / 2}, ui_.theme.soft, text);
    }
    float taken = -1e9f;
    for (const double tick : plot_.x_ticks.empty() ? log_ticks(plot_.x_low, plot_.x_high) : plot_.x_ticks) {
      const float x = std::floor(at(tick, plot_.y_low).x);
      const bool marked = plot_.marked_x && tick == *plot_.marked_x;
      list.AddLine({x, from_.y}, {x, to_.y}, marked ? ui_.theme.track : ui_.theme.line);
      const std::string text = tick_text(tick);
      const float half = width_of(text) / 2;
      if (x - half < taken) continue;
      taken = x + half + ui_.px(6);
      words({x - half, to_.y + ui_.px(3)}, marked ? ui_.theme.accent : ui_.theme.soft, text);
    }
    list.AddLine({from_.x, to_.y}, {to_.x, to_.y}, ui_.theme.track);
    words({std::floor((from_.x + to_.x - width_of(plot_.x_title)) / 2), to_.y + small + ui_.px(4)}, ui_.theme.soft,
          plot_.x_title);
  }

  void draw_limit(const LogPlot::Limit& limit) {
    ImDrawList& list = *ImGui::GetWindowDrawList();
    std::vector<ImVec2> line;
    line.reserve(limit.points.size());
    for (const auto& [x, y] : limit.points) line.push_back(at(x, y));
    for (std::size_t i = 0; i + 1 < line.size(); ++i) list.AddLine(line[i], line[i + 1], ui_.theme.soft, ui_.px(1.4f));
    const float small = ui_.fonts.size(ui::Type::small), width = width_of(limit.name), gap = ui_.px(4);
    const bool level = line.front().y == line.back().y;
    const ImVec2 from = line.front(), to = line.back();
    // A level one over its end, a rising one below it: beside its foot, or farther along where something else stands.
    std::vector<ImVec2> places;
    for (int step = 0; step < 19; ++step) {
      const float along = 0.05f * static_cast<float>(step);
      const ImVec2 on{from.x + along * (to.x - from.x), from.y + along * (to.y - from.y)};
      if (level) {
        const float x = to.x - width - along * std::max(0.f, to.x - from.x - width);
        places.push_back({x, to.y - small - gap});
        places.push_back({x, to.y + gap});
      } else {
        const float slope = std::abs((to.y - from.y) / std::max(1.f, to.x - from.x));
        places.push_back({on.x + (small + gap) / std::max(slope, 0.2f) + gap, on.y - small});
        places.push_back({on.x - width - gap, on.y - small - gap});
      }
    }
    if (const auto where = free_place(places, width, true)) words(*where, ui_.theme.soft, limit.name);
  }

  /// Takes the first place within the axes where words of that width meet no others and no ceiling, and returns it.
  /// Unless `strictly`, a place that only a ceiling crosses is better than none.
  std::optional<ImVec2> free_place(std::span<const ImVec2> places, float width, bool strictly) {
    const float small = ui_.fonts.size(ui::Type::small);
    for (const bool crossed : {false, true}) {
      if (crossed && strictly) break;
      for (const ImVec2 place : places) {
        const Box box{place, {place.x + width, place.y + small}};
        const bool inside = box.from.x >= from_.x && box.to.x <= to_.x && box.from.y >= from_.y && box.to.y <= to_.y;
        const auto meets = [&](const Box& other) { return box.meets(other); };
        const auto cut = [&](const auto& line) { return box.is_crossed(line.first, line.second); };
        if (!inside || std::any_of(taken_.begin(), taken_.end(), meets)) continue;
        if (!crossed && std::any_of(lines_.begin(), lines_.end(), cut)) continue;
        taken_.push_back(box);
        return place;
      }
    }
    return std::nullopt;
  }

  void draw_series(const LogPlot::Series& series, bool lit) const {
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const ImU32 color = faded(color_of(series), lit);
    for (std::size_t i = 0; i + 1 < series.predicted.size(); ++i)
      dashed(at(series.predicted[i].first, series.predicted[i].second),
             at(series.predicted[i + 1].first, series.predicted[i + 1].second), color);
    for (std::size_t i = 0; i < series.points.size(); ++i) {
      const LogPlot::Point& point = series.points[i];
      const ImVec2 p = at(point.x, point.y);
      if (series.joined && i > 0)
        list.AddLine(at(series.points[i - 1].x, series.points[i - 1].y), p, color, ui_.px(series.op ? 1.3f : 2.2f));
      if (point.high > point.low) whisker(at(point.x, point.low), at(point.x, point.high), color);
      mark(p, series, color);
    }
  }

  void dashed(ImVec2 a, ImVec2 b, ImU32 color) const {
    const float length = std::hypot(b.x - a.x, b.y - a.y), dash = ui_.px(4);
    for (float t = 0; t < length; t += 2 * dash) {
      const auto mix = [&](float s) { return ImVec2{a.x + (b.x - a.x) * s / length, a.y + (b.y - a.y) * s / length}; };
      ImGui::GetWindowDrawList()->AddLine(mix(t), mix(std::min(t + dash, length)), color, ui_.px(1));
    }
  }

  /// From the quickest to the slowest pass.
  void whisker(ImVec2 low, ImVec2 high, ImU32 color) const {
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float cap = ui_.px(2.5f);
    list.AddLine(low, high, color, ui_.px(1));
    for (const ImVec2 end : {low, high}) list.AddLine({end.x - cap, end.y}, {end.x + cap, end.y}, color, ui_.px(1));
  }

  void mark(ImVec2 p, const LogPlot::Series& series, ImU32 color) const {
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float half = ui_.px(series.joined ? 3 : 5);
    switch (series.op ? op_mark(*series.op) : PlotMark::circle) {
      case PlotMark::circle:
        return list.AddCircleFilled(p, half, color);
      case PlotMark::square:
        return list.AddRectFilled({p.x - half * 0.9f, p.y - half * 0.9f}, {p.x + half * 0.9f, p.y + half * 0.9f},
                                  color);
      case PlotMark::diamond:
        return list.AddQuadFilled({p.x, p.y - half * 1.3f}, {p.x + half * 1.3f, p.y}, {p.x, p.y + half * 1.3f},
                                  {p.x - half * 1.3f, p.y}, color);
    }
  }

  /// Behind the last value, each name as near to its line's end as the others let it.
  void draw_line_names() const {
    std::vector<const LogPlot::Series*> lines;
    for (const LogPlot::Series& series : plot_.series)
      if (series.joined && !series.points.empty()) lines.push_back(&series);
    std::sort(lines.begin(), lines.end(), [](const LogPlot::Series* a, const LogPlot::Series* b) {
      return a->points.back().y > b->points.back().y;
    });
    const float high = ui_.fonts.size(ui::Type::small) + ui_.px(1);
    float next = from_.y - high / 2;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const float last = to_.y - high * static_cast<float>(lines.size() - 1 - i) - high / 2;
      const float own = at(lines[i]->points.back().x, lines[i]->points.back().y).y - high / 2;
      const float y = std::floor(std::max(next, std::min(own, last)));
      words({to_.x + ui_.px(7), y}, color_of(*lines[i]), lines[i]->name);
      next = y + high;
    }
  }

  /// Beside each point, where there is room.
  void draw_point_names() {
    const float small = ui_.fonts.size(ui::Type::small), beside = ui_.px(9);
    for (const LogPlot::Series& series : plot_.series) {
      if (series.joined || series.points.empty()) continue;
      const ImVec2 p = at(series.points.front().x, series.points.front().y);
      const float width = width_of(series.name);
      const ImVec2 places[] = {{p.x + beside, p.y - small / 2},
                               {p.x - beside - width, p.y - small / 2},
                               {p.x - width / 2, p.y - small - beside},
                               {p.x - width / 2, p.y + beside},
                               {p.x + beside, p.y - small - beside / 2},
                               {p.x + beside, p.y + beside / 2},
                               {p.x - beside - width, p.y - small - beside / 2},
                               {p.x - beside - width, p.y + beside / 2}};
      if (const auto place = free_place(places, width, false)) words(*place, color_of(series), series.name);
    }
  }

  const ui::Ui& ui_;
  const LogPlot& plot_;
  ImVec2 from_, to_;
  std::vector<Box> taken_;                        // by marks and names
  std::vector<std::pair<ImVec2, ImVec2>> lines_;  // the ceilings, which names stay clear of
};

}  // namespace

int draw_log_plot(Bench& bench, const LogPlot& plot, const std::string& id, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  PlotView view(ui, plot, from, size);
  if (!view.has_room()) return -1;
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton(id.c_str(), size);
  const bool over = ImGui::IsItemHovered();
  const auto [series, point] = over ? view.nearest(ImGui::GetIO().MousePos) : std::pair{-1, -1};
  view.draw(series);
  if (series >= 0) {
    const LogPlot::Point& found = plot.series[static_cast<std::size_t>(series)].points[static_cast<std::size_t>(point)];
    ImGui::GetWindowDrawList()->AddCircle(view.at(found.x, found.y), ui.px(7), ui.theme.text, 0, ui.px(1));
    ui::hint(ui, found.words);
  }
  ui::describe(ui, {.id = id, .label = {}}, from, {from.x + size.x, from.y + size.y}, over,
               std::to_string(plot.series.size()));
  return series;
}

}  // namespace headlight
