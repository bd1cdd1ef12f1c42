#include "app/export/plot_sheet.h"

#include <algorithm>
#include <utility>

#include "app/export/figure_layout.h"

namespace headlight {
namespace {

constexpr double kNaturalWidth = 720;  // px

}  // namespace

Inks inks_of(Ground ground) {
  if (ground == Ground::dark) return {{24, 26, 32}, {232, 234, 238}, {172, 176, 186}, {52, 56, 66}};
  return {{255, 255, 255}, {24, 26, 32}, {90, 94, 104}, {222, 224, 230}};
}

PlotSheet::PlotSheet(const std::string& title, const std::string& subtitle, const ExportStyle& style)
    : inks(inks_of(style.ground)),
      has_size_(style.width.unit == FigureWidth::Unit::mm),
      has_ground_(style.ground != Ground::transparent) {
  const FigureWidth& wanted = style.width;
  if (has_size_) {
    width = wanted.amount * 72 / 25.4;
    text = wanted.amount < 60 ? 6 : wanted.amount < 120 ? 7 : 8;  // what journals ask for
    pixels_ = wanted.dpi / 72;
    points_ = 1;
  } else {
    width = wanted.unit == FigureWidth::Unit::px ? wanted.amount : kNaturalWidth;
    text = std::clamp(width / 55, 10.0, 24.0);
  }
  fine_pixels_ = wanted.dpi / 72 * points_;
  if (!decorated(style, true).caption.value_or(true)) return;
  title_ = wrapped_lines(title, text, Weight::strong, room());
  subtitle_ = wrapped_lines(subtitle, small(), Weight::regular, room());
}

double PlotSheet::top() const {
  const std::size_t lines = title_.size() + subtitle_.size();
  return margin() + (lines > 0 ? line() * static_cast<double>(lines) + 0.5 * text : 0);
}

Letters PlotSheet::letters(Color color, Align align) const {
  return {.size = small(), .color = color, .weight = Weight::regular, .align = align};
}

void PlotSheet::draw_caption(Paper& paper) const {
  double y = margin() + 0.8 * text;
  for (const std::string& words : title_) {
    paper.text(margin(), y, words, {.size = text, .color = inks.ink, .weight = Weight::strong});
    y += line();
  }
  for (const std::string& words : subtitle_) {
    paper.text(margin(), y, words, letters(inks.faint));
    y += line();
  }
}

void PlotSheet::draw_end_names(Paper& paper, const Rect& area, std::vector<EndName> names) const {
  std::stable_sort(names.begin(), names.end(), [](const EndName& a, const EndName& b) { return a.y < b.y; });
  const double high = 1.15 * text, room = width - margin() - area.right() - text;
  double next = area.y;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double last = area.bottom() + 0.3 * text - high * static_cast<double>(names.size() - 1 - i);
    const double y = std::max(next, std::min(names[i].y + 0.3 * text, last));
    paper.text(area.right() + text, y, cut_line(names[i].name, small(), Weight::regular, room),
               letters(names[i].color));
    next = y + high;
  }
}

Drawing PlotSheet::drawing(double height, std::function<void(Paper&)> draw) const {
  Drawing drawing{.width = width,
                  .height = height,
                  .pixels = pixels_,
                  .fine_pixels = fine_pixels_,
                  .points = points_,
                  .has_size = has_size_,
                  .ground = inks.paper,
                  .draw = std::move(draw)};
  if (!has_ground_) drawing.ground.reset();
  return drawing;
}

}  // namespace headlight
