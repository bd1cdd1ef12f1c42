#include "app/export/plot_figure.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "app/cost/op_colors.h"
#include "app/export/export.h"
#include "app/export/figure_file.h"
#include "app/export/lettering.h"
#include "app/export/plot_sheet.h"
#include "app/files/write_file.h"

namespace headlight {
namespace {

class PlotFigure {
 public:
  PlotFigure(const LogPlot& plot, const std::string& title, const std::string& subtitle, const ExportStyle& style)
      : plot_(plot), dark_(style.ground == Ground::dark), sheet_(title, subtitle, style) {
    const double text = sheet_.text, room = sheet_.room();
    double left = 0, right = 0;
    for (const double tick : log_ticks(plot_.y_low, plot_.y_high))
      left = std::max(left, lettering().width(tick_text(tick), sheet_.small()));
    for (const LogPlot::Series& series : plot_.series)
      if (series.joined) right = std::max(right, lettering().width(series.name, sheet_.small()));
    right = std::min(right, 0.3 * room);
    area_ = {sheet_.margin() + left + 0.7 * text, sheet_.top() + 2 * text, 0, 0.58 * room};
    area_.width = std::max(4 * text, sheet_.width - sheet_.margin() - right - (right > 0 ? 1.2 * text : 0) - area_.x);
  }

  static Drawing drawing(const std::shared_ptr<const PlotFigure>& self) {
    return self->sheet_.drawing(self->area_.bottom() + 3.4 * self->sheet_.text + self->sheet_.margin(),
                                [self](Paper& paper) { self->draw(paper); });
  }

 private:
  using Place = std::pair<double, double>;

  Place at(double x, double y) const {
    return {area_.x + area_.width * plot_.along_x(x), area_.bottom() - area_.height * plot_.along_y(y)};
  }
  Color color_of(const LogPlot::Series& series) const {
    if (!series.op) return sheet_.inks.ink;
    const unsigned hex = op_color(*series.op, dark_);
    return {static_cast<std::uint8_t>(hex >> 16), static_cast<std::uint8_t>(hex >> 8), static_cast<std::uint8_t>(hex)};
  }

  void draw(Paper& paper) const {
    sheet_.draw_caption(paper);
    draw_axes(paper);
    for (const LogPlot::Limit& limit : plot_.limits) draw_limit(paper, limit);
    for (const LogPlot::Series& series : plot_.series) draw_series(paper, series);
    draw_names(paper);
  }

  void draw_axes(Paper& paper) const {
    const double thin = sheet_.text / 20;
    paper.text(area_.x, sheet_.top() + sheet_.text, plot_.title, sheet_.letters(sheet_.inks.faint));
    for (const double tick : log_ticks(plot_.y_low, plot_.y_high)) {
      const double y = at(plot_.x_low, tick).second;
      paper.line({{area_.x, y}, {area_.right(), y}}, sheet_.inks.line, thin);
      paper.text(area_.x - 0.6 * sheet_.text, y + 0.3 * sheet_.text, tick_text(tick),
                 sheet_.letters(sheet_.inks.faint, Align::right));
    }
    double taken = -1e9;
    for (const double tick : plot_.x_ticks.empty() ? log_ticks(plot_.x_low, plot_.x_high) : plot_.x_ticks) {
      const double x = at(tick, plot_.y_low).first, half = lettering().width(tick_text(tick), sheet_.small()) / 2;
      paper.line({{x, area_.y}, {x, area_.bottom()}}, sheet_.inks.line, thin);
      if (x - half < taken) continue;
      taken = x + half + 0.4 * sheet_.text;
      paper.text(x, area_.bottom() + 1.3 * sheet_.text, tick_text(tick),
                 sheet_.letters(sheet_.inks.faint, Align::center));
    }
    paper.line({{area_.x, area_.bottom()}, {area_.right(), area_.bottom()}}, sheet_.inks.faint, 2 * thin);
    paper.text(area_.x + area_.width / 2, area_.bottom() + 2.8 * sheet_.text, plot_.x_title,
               sheet_.letters(sheet_.inks.faint, Align::center));
  }

  void draw_limit(Paper& paper, const LogPlot::Limit& limit) const {
    std::vector<Place> line;
    line.reserve(limit.points.size());
    for (const auto& [x, y] : limit.points) line.push_back(at(x, y));
    paper.line(line, sheet_.inks.ink, sheet_.text / 9);
    if (line.front().second == line.back().second)  // a level one
      paper.text(line.back().first, line.back().second - 0.4 * sheet_.text, limit.name,
                 sheet_.letters(sheet_.inks.ink, Align::right));
    else
      paper.text(line.front().first + 0.8 * sheet_.text, line.front().second - 0.2 * sheet_.text, limit.name,
                 sheet_.letters(sheet_.inks.ink));
  }

  void dashed(Paper& paper, const std::vector<std::pair<double, double>>& points, Color color) const {
    const double dash = 0.5 * sheet_.text;
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
      const Place a = at(points[i].first, points[i].second), b = at(points[i + 1].first, points[i + 1].second);
      const double length = std::hypot(b.first - a.first, b.second - a.second);
      for (double t = 0; t < length; t += 2 * dash) {
        const auto mix = [&](double s) {
          return Place{a.first + (b.first - a.first) * s / length, a.second + (b.second - a.second) * s / length};
        };
        paper.line({mix(t), mix(std::min(t + dash, length))}, color, sheet_.text / 14);
      }
    }
  }

  void draw_series(Paper& paper, const LogPlot::Series& series) const {
    const Color color = color_of(series);
    dashed(paper, series.predicted, color);
    std::vector<Place> line;
    line.reserve(series.points.size());
    for (const LogPlot::Point& point : series.points) line.push_back(at(point.x, point.y));
    if (series.joined && line.size() > 1) paper.line(line, color, sheet_.text * (series.op ? 0.09 : 0.15));
    for (std::size_t i = 0; i < line.size(); ++i) {
      const LogPlot::Point& point = series.points[i];
      if (point.high > point.low)
        paper.line({at(point.x, point.low), at(point.x, point.high)}, color, sheet_.text / 14);
      draw_mark(paper, line[i], series, color);
    }
  }

  void draw_mark(Paper& paper, Place p, const LogPlot::Series& series, Color color) const {
    const double half = series.joined ? 0.22 * sheet_.text : 0.34 * sheet_.text;
    const PlotMark mark = series.op ? op_mark(*series.op) : PlotMark::circle;
    if (mark == PlotMark::circle) return paper.line({p, p}, color, 2 * half);
    if (mark == PlotMark::square) return paper.fill({p.first - half, p.second - half, 2 * half, 2 * half}, color);
    paper.line({{p.first, p.second - half},
                {p.first + half, p.second},
                {p.first, p.second + half},
                {p.first - half, p.second},
                {p.first, p.second - half}},
               color, half / 2);
  }

  /// Lines behind their ends, each as near as the others let it; points beside themselves.
  void draw_names(Paper& paper) const {
    std::vector<PlotSheet::EndName> lines;
    std::vector<Rect> taken;
    for (const LogPlot::Series& series : plot_.series) {
      if (series.points.empty()) continue;
      if (series.joined) {
        lines.push_back({at(series.points.back().x, series.points.back().y).second, series.name, color_of(series)});
        continue;
      }
      const Place p = at(series.points.front().x, series.points.front().y);
      const double width = lettering().width(series.name, sheet_.small());
      for (const double down : {0.3, -0.6, 1.2, -1.5, 2.1}) {
        const bool left = p.first + 0.6 * sheet_.text + width > area_.right();
        const Rect box{left ? p.first - 0.6 * sheet_.text - width : p.first + 0.6 * sheet_.text,
                       p.second + (down - 0.8) * sheet_.text, width, 0.9 * sheet_.text};
        const bool free = std::none_of(taken.begin(), taken.end(), [&](const Rect& other) {
          return box.x < other.right() && other.x < box.right() && box.y < other.bottom() && other.y < box.bottom();
        });
        if (!free && down != 2.1) continue;
        taken.push_back(box);
        paper.text(box.x, box.y + 0.8 * sheet_.text, series.name, sheet_.letters(color_of(series)));
        break;
      }
    }
    sheet_.draw_end_names(paper, area_, std::move(lines));
  }

  LogPlot plot_;
  bool dark_;
  PlotSheet sheet_;
  Rect area_;
};

}  // namespace

Drawing plot_drawing(const LogPlot& plot, const std::string& title, const std::string& subtitle,
                     const ExportStyle& style) {
  return PlotFigure::drawing(std::make_shared<const PlotFigure>(plot, title, subtitle, style));
}

void export_plot(const LogPlot& plot, const std::string& title, const std::string& subtitle, const ExportStyle& style,
                 const std::filesystem::path& file) {
  const TextChunks chunks = {{"Software", std::string("Headlight ") + HEADLIGHT_VERSION}, {"measured", subtitle}};
  const std::string bytes = file_of(plot_drawing(plot, title, subtitle, style), kind_of(file), title, chunks);
  make_folder_of(file);
  write_file(file, bytes);
}

}  // namespace headlight
