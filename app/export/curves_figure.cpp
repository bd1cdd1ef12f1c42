#include "app/export/curves_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include "app/export/figure.h"
#include "app/export/lettering.h"
#include "app/export/plot_sheet.h"
#include "app/files/csv_text.h"
#include "engine/base/error.h"
#include "engine/base/quantity.h"

namespace headlight {
namespace {

constexpr Color kChosen = {0xc8, 0x78, 0x00};
constexpr std::array<Color, 5> kOthers = {
    {{0x2f, 0x7a, 0xc2}, {0x2b, 0x8a, 0x63}, {0x6a, 0x52, 0xbd}, {0xa8, 0x4c, 0x84}, {0x7a, 0x81, 0x91}}};
constexpr int kTicks = 4;

class Plot {
 public:
  Plot(vit::BlockCurves curves, const std::string& title, const std::string& subtitle, const ExportStyle& style)
      : curves_(std::move(curves)), sheet_(title, subtitle, style) {
    const double text = sheet_.text, room = sheet_.room();
    double widest = 0, names = 0;
    for (int i = 0; i <= kTicks; ++i) widest = std::max(widest, lettering().width(tick(i), sheet_.small()));
    for (const std::size_t i : named()) names = std::max(names, lettering().width(name_of(i), sheet_.small()));
    names = std::min(names, 0.35 * room);
    area_ = {sheet_.margin() + widest + 0.6 * text, sheet_.top() + 2 * text, 0, 0.5 * room};
    area_.width = sheet_.width - sheet_.margin() - names - 1.6 * text - area_.x;
  }

  /// Whether axes and words are whole at this width.
  bool fits() const {
    const auto wide = [&](const std::string& words) { return lettering().width(words, sheet_.small()); };
    return area_.width >= std::max({10 * sheet_.text, wide(curves_.mark_words), wide(curves_.along)}) &&
           area_.x + wide(curves_.title) <= sheet_.width - sheet_.margin();
  }

  static Drawing drawing(const std::shared_ptr<const Plot>& self) {
    const double text = self->sheet_.text;
    return self->sheet_.drawing(self->area_.bottom() + 3.2 * text + self->sheet_.margin(),
                                [self](Paper& paper) { self->draw(paper); });
  }

 private:
  double value_at(int tick) const {
    return curves_.low + static_cast<double>(curves_.high - curves_.low) * tick / kTicks;
  }
  std::string tick(int i) const {
    const double value = value_at(i);
    return curves_.percent ? vit::percent_mark(value, (curves_.high - curves_.low) / kTicks)
                           : figure_number(static_cast<float>(value), 0);
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
    sheet_.draw_caption(paper);
    draw_axes(paper);
    for (std::size_t i = curves_.curves.size(); i-- > 0;) draw_curve(paper, i);
    draw_names(paper);
  }

  void draw_axes(Paper& paper) const {
    const double text = sheet_.text, thin = text / 20;
    paper.text(area_.x, sheet_.top() + text, curves_.title, sheet_.letters(sheet_.inks.faint));
    for (int i = 0; i <= kTicks; ++i) {
      const double y = area_.bottom() - area_.height * i / kTicks;
      const bool zero = std::abs(value_at(i)) < 1e-6 * (curves_.high - curves_.low);
      const bool strong = zero || (i == 0 && curves_.low > 0);
      paper.line({{area_.x, y}, {area_.right(), y}}, sheet_.inks.faint, strong ? 2 * thin : thin / 2);
      paper.text(area_.x - 0.6 * text, y + 0.3 * text, tick(i), sheet_.letters(sheet_.inks.faint, Align::right));
    }
    const double step = area_.width / std::max(1, blocks() - 1);
    const double widest = lettering().width(std::to_string(blocks() - 1), sheet_.small()) + 0.6 * text;
    const int every = std::max(1, static_cast<int>(std::ceil(widest / step)));
    for (int block = 0; block < blocks(); block += every)
      paper.text(x_of(block), area_.bottom() + 1.3 * text, std::to_string(block),
                 sheet_.letters(sheet_.inks.faint, Align::center));
    paper.text(area_.x + area_.width / 2, area_.bottom() + 2.7 * text, curves_.along,
               sheet_.letters(sheet_.inks.faint, Align::center));
    if (curves_.mark < 0) return;
    const double x = x_of(curves_.mark), dash = 0.4 * text;
    for (double y = area_.y; y < area_.bottom(); y += 2 * dash)
      paper.line({{x, y}, {x, std::min(y + dash, area_.bottom())}}, sheet_.inks.faint, thin);
    const double half = lettering().width(curves_.mark_words, sheet_.small()) / 2;
    paper.text(std::clamp(x, area_.x + half, area_.right() - half), area_.y - 0.3 * text, curves_.mark_words,
               sheet_.letters(sheet_.inks.ink, Align::center));
  }

  void draw_curve(Paper& paper, std::size_t index) const {
    const vit::BlockCurves::Curve& curve = curves_.curves[index];
    const double text = sheet_.text;
    std::vector<std::pair<double, double>> points;
    points.reserve(curve.values.size());
    for (int block = 0; block < blocks(); ++block)
      if (const float value = curve.values[static_cast<std::size_t>(block)]; !std::isnan(value))
        points.emplace_back(x_of(block), y_of(value));
    if (!curve.dots && points.size() > 1) paper.line(points, color_of(index), text * (curve.chosen ? 0.16 : 0.1));
    for (const auto& [x, y] : points) paper.line({{x, y}, {x, y}}, color_of(index), text * (curve.chosen ? 0.42 : 0.3));
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

  void draw_names(Paper& paper) const {
    std::vector<PlotSheet::EndName> names;
    for (const std::size_t i : named()) names.push_back({y_of(end_of(i)), name_of(i), color_of(i)});
    sheet_.draw_end_names(paper, area_, std::move(names));
  }

  vit::BlockCurves curves_;
  PlotSheet sheet_;
  Rect area_;
};

}  // namespace

Drawing curves_drawing(const vit::BlockCurves& plot, const std::string& title, const std::string& subtitle,
                       const ExportStyle& style) {
  const auto figure = std::make_shared<const Plot>(plot, title, subtitle, style);
  if (figure->fits() || style.width.unit == FigureWidth::Unit::natural) return Plot::drawing(figure);
  const auto least =
      wider_that_fits(style, [&](const ExportStyle& wider) { return Plot(plot, title, subtitle, wider).fits(); });
  throw vit::Error(fmt::format("{} leaves the curves no room{}.", width_text(style.width),
                               least ? "; choose at least " + width_text(*least) : ", nor does any other width"));
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
