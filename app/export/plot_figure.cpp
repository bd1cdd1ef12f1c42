#include "app/export/plot_figure.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "app/cost/op_colors.h"
#include "app/export/export.h"
#include "app/export/figure_file.h"
#include "app/export/figure_layout.h"
#include "app/export/lettering.h"
#include "app/files/write_file.h"

namespace headlight {
namespace {

/// Where everything stands, in the drawing's units.
class PlotFigure {
 public:
  PlotFigure(const LogPlot& plot, const std::string& title, const std::string& subtitle, const ExportStyle& style)
      : plot_(plot), dark_(style.ground == Ground::dark), caption_(decorated(style, true).caption.value_or(true)) {
    ink_ = dark_ ? Color{232, 234, 238} : Color{24, 26, 32};
    faint_ = dark_ ? Color{172, 176, 186} : Color{90, 94, 104};
    line_ = dark_ ? Color{52, 56, 66} : Color{222, 224, 230};
    paper_ = dark_ ? Color{24, 26, 32} : Color{255, 255, 255};
    const FigureWidth& wanted = style.width;
    const bool mm = wanted.unit == FigureWidth::Unit::mm;
    width_ = mm ? wanted.amount * 72 / 25.4 : wanted.unit == FigureWidth::Unit::px ? wanted.amount : 720;
    text_ = mm ? (wanted.amount < 60 ? 6 : wanted.amount < 120 ? 7 : 8) : std::clamp(width_ / 55, 10.0, 24.0);
    pixels_ = mm ? wanted.dpi / 72 : 1;
    points_ = mm ? 1 : 0.75;
    const double margin = 1.2 * text_, room = width_ - 2 * margin;
    double y = margin;
    if (caption_) {
      title_ = wrapped_lines(title, text_, Weight::strong, room);
      subtitle_ = wrapped_lines(subtitle, small(), Weight::regular, room);
      y += 1.3 * text_ * static_cast<double>(title_.size() + subtitle_.size()) + 0.5 * text_;
    }
    axis_title_y_ = y + text_;
    double left = 0, right = 0;
    for (const double tick : log_ticks(plot_.y_low, plot_.y_high))
      left = std::max(left, lettering().width(tick_text(tick), small()));
    for (const LogPlot::Series& series : plot_.series)
      if (series.joined) right = std::max(right, lettering().width(series.name, small()));
    right = std::min(right, 0.3 * room);
    area_ = {margin + left + 0.7 * text_, y + 2 * text_, 0, 0.58 * room};
    area_.width = std::max(4 * text_, width_ - margin - right - (right > 0 ? 1.2 * text_ : 0) - area_.x);
    height_ = area_.bottom() + 3.4 * text_ + margin;
  }

  static Drawing drawing(const std::shared_ptr<const PlotFigure>& self, const ExportStyle& style) {
    Drawing drawing{.width = self->width_,
                    .height = self->height_,
                    .pixels = self->pixels_,
                    .fine_pixels = style.width.dpi / 72 * self->points_,
                    .points = self->points_,
                    .has_size = style.width.unit == FigureWidth::Unit::mm,
                    .ground = self->paper_,
                    .draw = [self](Paper& paper) { self->draw(paper); }};
    if (style.ground == Ground::transparent) drawing.ground.reset();
    return drawing;
  }

 private:
  using Place = std::pair<double, double>;

  double small() const { return 0.9 * text_; }
  Letters letters(Color color, Align align = Align::left) const {
    return {.size = small(), .color = color, .weight = Weight::regular, .align = align};
  }
  Place at(double x, double y) const {
    return {area_.x + area_.width * plot_.along_x(x), area_.bottom() - area_.height * plot_.along_y(y)};
  }
  Color color_of(const LogPlot::Series& series) const {
    if (!series.op) return ink_;
    const unsigned hex = op_color(*series.op, dark_);
    return {static_cast<std::uint8_t>(hex >> 16), static_cast<std::uint8_t>(hex >> 8), static_cast<std::uint8_t>(hex)};
  }

  void draw(Paper& paper) const {
    double y = 1.2 * text_ + 0.8 * text_;
    for (const std::string& words : title_) {
      paper.text(1.2 * text_, y, words, {.size = text_, .color = ink_, .weight = Weight::strong});
      y += 1.3 * text_;
    }
    for (const std::string& words : subtitle_) {
      paper.text(1.2 * text_, y, words, letters(faint_));
      y += 1.3 * text_;
    }
    draw_axes(paper);
    for (const LogPlot::Limit& limit : plot_.limits) draw_limit(paper, limit);
    for (const LogPlot::Series& series : plot_.series) draw_series(paper, series);
    draw_names(paper);
  }

  void draw_axes(Paper& paper) const {
    const double thin = text_ / 20;
    paper.text(area_.x, axis_title_y_, plot_.title, letters(faint_));
    for (const double tick : log_ticks(plot_.y_low, plot_.y_high)) {
      const double y = at(plot_.x_low, tick).second;
      paper.line({{area_.x, y}, {area_.right(), y}}, line_, thin);
      paper.text(area_.x - 0.6 * text_, y + 0.3 * text_, tick_text(tick), letters(faint_, Align::right));
    }
    double taken = -1e9;
    for (const double tick : plot_.x_ticks.empty() ? log_ticks(plot_.x_low, plot_.x_high) : plot_.x_ticks) {
      const double x = at(tick, plot_.y_low).first, half = lettering().width(tick_text(tick), small()) / 2;
      paper.line({{x, area_.y}, {x, area_.bottom()}}, line_, thin);
      if (x - half < taken) continue;
      taken = x + half + 0.4 * text_;
      paper.text(x, area_.bottom() + 1.3 * text_, tick_text(tick), letters(faint_, Align::center));
    }
    paper.line({{area_.x, area_.bottom()}, {area_.right(), area_.bottom()}}, faint_, 2 * thin);
    paper.text(area_.x + area_.width / 2, area_.bottom() + 2.8 * text_, plot_.x_title, letters(faint_, Align::center));
  }

  void draw_limit(Paper& paper, const LogPlot::Limit& limit) const {
    std::vector<Place> line;
    line.reserve(limit.points.size());
    for (const auto& [x, y] : limit.points) line.push_back(at(x, y));
    paper.line(line, ink_, text_ / 9);
    if (line.front().second == line.back().second)  // a level one
      paper.text(line.back().first, line.back().second - 0.4 * text_, limit.name, letters(ink_, Align::right));
    else
      paper.text(line.front().first + 0.8 * text_, line.front().second - 0.2 * text_, limit.name, letters(ink_));
  }

  void dashed(Paper& paper, const std::vector<std::pair<double, double>>& points, Color color) const {
    const double dash = 0.5 * text_;
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
      const Place a = at(points[i].first, points[i].second), b = at(points[i + 1].first, points[i + 1].second);
      const double length = std::hypot(b.first - a.first, b.second - a.second);
      for (double t = 0; t < length; t += 2 * dash) {
        const auto mix = [&](double s) {
          return Place{a.first + (b.first - a.first) * s / length, a.second + (b.second - a.second) * s / length};
        };
        paper.line({mix(t), mix(std::min(t + dash, length))}, color, text_ / 14);
      }
    }
  }

  void draw_series(Paper& paper, const LogPlot::Series& series) const {
    const Color color = color_of(series);
    dashed(paper, series.predicted, color);
    std::vector<Place> line;
    line.reserve(series.points.size());
    for (const LogPlot::Point& point : series.points) line.push_back(at(point.x, point.y));
    if (series.joined && line.size() > 1) paper.line(line, color, text_ * (series.op ? 0.09 : 0.15));
    for (std::size_t i = 0; i < line.size(); ++i) {
      const LogPlot::Point& point = series.points[i];
      if (point.high > point.low) paper.line({at(point.x, point.low), at(point.x, point.high)}, color, text_ / 14);
      draw_mark(paper, line[i], series, color);
    }
  }

  void draw_mark(Paper& paper, Place p, const LogPlot::Series& series, Color color) const {
    const double half = series.joined ? 0.22 * text_ : 0.34 * text_;
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
    std::vector<const LogPlot::Series*> lines;
    std::vector<Rect> taken;
    for (const LogPlot::Series& series : plot_.series) {
      if (series.points.empty()) continue;
      if (series.joined) {
        lines.push_back(&series);
        continue;
      }
      const Place p = at(series.points.front().x, series.points.front().y);
      const double width = lettering().width(series.name, small());
      for (const double down : {0.3, -0.6, 1.2, -1.5, 2.1}) {
        const bool left = p.first + 0.6 * text_ + width > area_.right();
        const Rect box{left ? p.first - 0.6 * text_ - width : p.first + 0.6 * text_, p.second + (down - 0.8) * text_,
                       width, 0.9 * text_};
        const bool free = std::none_of(taken.begin(), taken.end(), [&](const Rect& other) {
          return box.x < other.right() && other.x < box.right() && box.y < other.bottom() && other.y < box.bottom();
        });
        if (!free && down != 2.1) continue;
        taken.push_back(box);
        paper.text(box.x, box.y + 0.8 * text_, series.name, letters(color_of(series)));
        break;
      }
    }
    std::sort(lines.begin(), lines.end(), [](const LogPlot::Series* a, const LogPlot::Series* b) {
      return a->points.back().y > b->points.back().y;
    });
    const double high = 1.15 * text_, room = width_ - 1.2 * text_ - area_.right() - text_;
    double next = area_.y;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const double last = area_.bottom() + 0.3 * text_ - high * static_cast<double>(lines.size() - 1 - i);
      const double own = at(lines[i]->points.back().x, lines[i]->points.back().y).second + 0.3 * text_;
      const double y = std::max(next, std::min(own, last));
      const auto words = wrapped_lines(lines[i]->name, small(), Weight::regular, room);
      if (!words.empty()) paper.text(area_.right() + 0.9 * text_, y, words.front(), letters(color_of(*lines[i])));
      next = y + high;
    }
  }

  LogPlot plot_;
  bool dark_, caption_;
  Color ink_{}, faint_{}, line_{}, paper_{};
  double width_ = 0, height_ = 0, text_ = 0, pixels_ = 1, points_ = 0.75, axis_title_y_ = 0;
  std::vector<std::string> title_, subtitle_;
  Rect area_;
};

}  // namespace

Drawing plot_drawing(const LogPlot& plot, const std::string& title, const std::string& subtitle,
                     const ExportStyle& style) {
  return PlotFigure::drawing(std::make_shared<const PlotFigure>(plot, title, subtitle, style), style);
}

void export_plot(const LogPlot& plot, const std::string& title, const std::string& subtitle, const ExportStyle& style,
                 const std::filesystem::path& file) {
  const TextChunks chunks = {{"Software", std::string("Headlight ") + HEADLIGHT_VERSION}, {"measured", subtitle}};
  const std::string bytes = file_of(plot_drawing(plot, title, subtitle, style), kind_of(file), title, chunks);
  make_folder_of(file);
  write_file(file, bytes);
}

}  // namespace headlight
