#include "app/export/curves_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include "app/export/figure_layout.h"
#include "app/export/lettering.h"
#include "app/files/csv_text.h"

namespace headlight {
namespace {

constexpr Color kChosen = {0xc8, 0x78, 0x00};
constexpr std::array<Color, 5> kOthers = {
    {{0x2f, 0x7a, 0xc2}, {0x2b, 0x8a, 0x63}, {0x6a, 0x52, 0xbd}, {0xa8, 0x4c, 0x84}, {0x7a, 0x81, 0x91}}};
constexpr int kTicks = 4;

/// Where everything stands, in the drawing's units.
class Plot {
 public:
  Plot(vit::BlockCurves curves, const std::string& title, const std::string& subtitle, const ExportStyle& style)
      : curves_(std::move(curves)), caption_(decorated(style, true).caption.value_or(true)) {
    const bool dark = style.ground == Ground::dark;
    ink_ = dark ? Color{232, 234, 238} : Color{24, 26, 32};
    faint_ = dark ? Color{172, 176, 186} : Color{90, 94, 104};
    paper_ = dark ? Color{24, 26, 32} : Color{255, 255, 255};
    const FigureWidth& wanted = style.width;
    const bool mm = wanted.unit == FigureWidth::Unit::mm;
    width_ = mm ? wanted.amount * 72 / 25.4 : wanted.unit == FigureWidth::Unit::px ? wanted.amount : 640;
    text_ = mm ? (wanted.amount < 60 ? 6 : wanted.amount < 120 ? 7 : 8) : std::clamp(width_ / 50, 10.0, 24.0);
    pixels_ = mm ? wanted.dpi / 72 : 1;
    points_ = mm ? 1 : 0.75;
    const double margin = 1.2 * text_, room = width_ - 2 * margin;
    double y = margin;
    if (caption_) {
      title_ = wrapped_lines(title, text_, Weight::strong, room);
      subtitle_ = wrapped_lines(subtitle, 0.9 * text_, Weight::regular, room);
      y += line() * static_cast<double>(title_.size() + subtitle_.size()) + 0.5 * text_;
    }
    axis_title_y_ = y + text_;
    double widest = 0, names = 0;
    for (int i = 0; i <= kTicks; ++i) widest = std::max(widest, lettering().width(tick(i), 0.9 * text_));
    for (const std::size_t i : named()) names = std::max(names, lettering().width(name_of(i), 0.9 * text_));
    names = std::min(names, 0.35 * room);
    area_ = {margin + widest + 0.6 * text_, y + 2 * text_, 0, 0.5 * room};
    area_.width = std::max(4 * text_, width_ - margin - names - 1.6 * text_ - area_.x);
    height_ = area_.bottom() + 3.2 * text_ + margin;
  }

  Drawing drawing(const ExportStyle& style, const std::shared_ptr<const Plot>& self) const {
    Drawing drawing{.width = width_,
                    .height = height_,
                    .pixels = pixels_,
                    .fine_pixels = style.width.dpi / 72 * points_,
                    .points = points_,
                    .has_size = style.width.unit == FigureWidth::Unit::mm,
                    .ground = paper_,
                    .draw = [self](Paper& paper) { self->draw(paper); }};
    if (style.ground == Ground::transparent) drawing.ground.reset();
    return drawing;
  }

 private:
  double line() const { return 1.3 * text_; }
  Letters letters(Color color, Align align = Align::left, double share = 0.9) const {
    return {.size = share * text_, .color = color, .weight = Weight::regular, .align = align};
  }
  std::string tick(int i) const {
    const double value = curves_.low + static_cast<double>(curves_.high - curves_.low) * i / kTicks;
    return curves_.percent ? fmt::format("{:.0f} %", 100 * value) : fmt::format("{:.4g}", value);
  }
  int blocks() const { return static_cast<int>(curves_.curves.front().values.size()); }
  double x_of(int block) const {
    return area_.x + area_.width * (blocks() > 1 ? static_cast<double>(block) / (blocks() - 1) : 0.5);
  }
  double y_of(double value) const {
    return area_.bottom() - area_.height * std::clamp((value - curves_.low) / (curves_.high - curves_.low), 0.0, 1.0);
  }
  Color color_of(std::size_t index) const {
    if (curves_.curves[index].dots) return kOthers.back();
    return curves_.curves[index].chosen ? kChosen : kOthers[index % kOthers.size()];
  }

  void draw(Paper& paper) const {
    const double margin = 1.2 * text_;
    double y = margin + 0.8 * text_;
    for (const std::string& words : title_) {
      paper.text(margin, y, words, {.size = text_, .color = ink_, .weight = Weight::strong});
      y += line();
    }
    for (const std::string& words : subtitle_) {
      paper.text(margin, y, words, letters(faint_));
      y += line();
    }
    draw_axes(paper);
    for (std::size_t i = curves_.curves.size(); i-- > 0;) draw_curve(paper, i);
    draw_names(paper);
  }

  void draw_axes(Paper& paper) const {
    const double thin = text_ / 20;
    paper.text(area_.x, axis_title_y_, curves_.title, letters(faint_));
    for (int i = 0; i <= kTicks; ++i) {
      const double y = area_.bottom() - area_.height * i / kTicks;
      paper.line({{area_.x, y}, {area_.right(), y}}, faint_, i == 0 ? 2 * thin : thin / 2);
      paper.text(area_.x - 0.6 * text_, y + 0.3 * text_, tick(i), letters(faint_, Align::right));
    }
    const double step = area_.width / std::max(1, blocks() - 1);
    const double widest = lettering().width(std::to_string(blocks() - 1), 0.9 * text_) + 0.6 * text_;
    const int every = std::max(1, static_cast<int>(std::ceil(widest / step)));
    for (int block = 0; block < blocks(); block += every)
      paper.text(x_of(block), area_.bottom() + 1.3 * text_, std::to_string(block), letters(faint_, Align::center));
    paper.text(area_.x + area_.width / 2, area_.bottom() + 2.7 * text_, curves_.along, letters(faint_, Align::center));
    if (curves_.mark < 0) return;
    const double x = x_of(curves_.mark), dash = 0.4 * text_;
    for (double y = area_.y; y < area_.bottom(); y += 2 * dash)
      paper.line({{x, y}, {x, std::min(y + dash, area_.bottom())}}, faint_, thin);
    const double half = lettering().width(curves_.mark_words, 0.9 * text_) / 2;
    paper.text(std::clamp(x, area_.x + half, area_.right() - half), area_.y - 0.3 * text_, curves_.mark_words,
               letters(ink_, Align::center));
  }

  void draw_curve(Paper& paper, std::size_t index) const {
    const vit::BlockCurves::Curve& curve = curves_.curves[index];
    std::vector<std::pair<double, double>> points;
    points.reserve(curve.values.size());
    for (int block = 0; block < blocks(); ++block)
      if (const float value = curve.values[static_cast<std::size_t>(block)]; !std::isnan(value))
        points.emplace_back(x_of(block), y_of(value));
    if (!curve.dots && points.size() > 1) paper.line(points, color_of(index), text_ * (curve.chosen ? 0.16 : 0.1));
    for (const auto& [x, y] : points)
      paper.line({{x, y}, {x, y}}, color_of(index), text_ * (curve.chosen ? 0.42 : 0.3));
  }

  /// What stands behind the last block: every line, and the dots once for all.
  std::vector<std::size_t> named() const {
    std::vector<std::size_t> list;
    bool dots = false;
    for (std::size_t i = 0; i < curves_.curves.size(); ++i) {
      if (!curves_.curves[i].dots || !dots) list.push_back(i);
      dots = dots || curves_.curves[i].dots;
    }
    return list;
  }
  std::string name_of(std::size_t index) const {
    return curves_.curves[index].dots ? "each head" : curves_.curves[index].name;
  }
  double end_of(std::size_t index) const {
    const float last = curves_.curves[index].values.back();
    return std::isnan(last) ? curves_.low : last;
  }

  /// Behind the last block, each as near to its curve's end as the others let it.
  void draw_names(Paper& paper) const {
    std::vector<std::size_t> order = named();
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return end_of(a) > end_of(b); });
    const double high = 1.15 * text_, room = width_ - 1.2 * text_ - area_.right() - text_;
    double next = area_.y;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const double last = area_.bottom() + 0.3 * text_ - high * static_cast<double>(order.size() - 1 - i);
      const double y = std::max(next, std::min(y_of(end_of(order[i])) + 0.3 * text_, last));
      const auto words = wrapped_lines(name_of(order[i]), 0.9 * text_, Weight::regular, room);
      if (!words.empty()) paper.text(area_.right() + text_, y, words.front(), letters(color_of(order[i])));
      next = y + high;
    }
  }

  vit::BlockCurves curves_;
  bool caption_;
  Color ink_{}, faint_{}, paper_{};
  double width_ = 0, height_ = 0, text_ = 0, pixels_ = 1, points_ = 0.75, axis_title_y_ = 0;
  std::vector<std::string> title_, subtitle_;
  Rect area_;
};

}  // namespace

Drawing curves_drawing(const vit::BlockCurves& plot, const std::string& title, const std::string& subtitle,
                       const ExportStyle& style) {
  const auto made = std::make_shared<const Plot>(plot, title, subtitle, style);
  return made->drawing(style, made);
}

std::string curves_csv(const vit::BlockCurves& plot) {
  std::string text = "block";
  for (const vit::BlockCurves::Curve& curve : plot.curves) text += "," + csv_text(curve.name);
  text += '\n';
  for (std::size_t block = 0; block < plot.curves.front().values.size(); ++block) {
    text += std::to_string(block);
    for (const vit::BlockCurves::Curve& curve : plot.curves)
      text += std::isnan(curve.values[block]) ? "," : fmt::format(",{:.9g}", curve.values[block]);
    text += '\n';
  }
  return text;
}

}  // namespace headlight
