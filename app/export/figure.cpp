#include "app/export/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "app/export/figure_layout.h"
#include "app/export/lettering.h"
#include "app/export/plot_sheet.h"
#include "engine/base/error.h"
#include "engine/maps/mask.h"
#include "engine/maps/scale_ends.h"

namespace headlight {
namespace {

constexpr Color kMarked = {255, 180, 84};  // patches that stand out: the window's mark

/// The part of the photo that a figure shows, in pixels: of the network's part the nearest whole ones, at most half a
/// pixel off.
struct Part {
  int left = 0, top = 0, width = 0, height = 0;
};

Part part_of(const vit::Trace& trace, const vit::Image& photo, const ExportStyle& style) {
  if (style.whole_photo) return {0, 0, photo.width, photo.height};
  const vit::Box& box = trace.pixels->box;
  const auto clamped = [](double at, int most) { return std::clamp(static_cast<int>(std::lround(at)), 0, most); };
  const int left = clamped(box.x, photo.width - 1), top = clamped(box.y, photo.height - 1);
  return {left, top, std::max(1, clamped(box.x + box.width, photo.width) - left),
          std::max(1, clamped(box.y + box.height, photo.height) - top)};
}

vit::Image photo_part(const ExportSource& source, const ExportStyle& style) {
  const vit::Image& photo = *source.photo;
  if (style.whole_photo) return photo;
  const Part which = part_of(*source.trace, photo, style);
  vit::Image part;
  part.width = which.width;
  part.height = which.height;
  part.rgb.reserve(std::size_t{3} * static_cast<std::size_t>(part.width) * part.height);
  for (int y = 0; y < part.height; ++y) {
    const std::uint8_t* row = photo.pixel(which.left, which.top + y);
    part.rgb.insert(part.rgb.end(), row, row + std::ptrdiff_t{3} * part.width);
  }
  return part;
}

/// What a figure is drawn from, and the photo once for each size of a tile.
class Figure {
 public:
  Figure(FigureContent content, const ExportSource& source, const ExportRequest& request, std::stop_token stop)
      : content_(std::move(content)),
        trace_(source.trace),
        style_(decorated(request.style, true)),
        query_(content_.marks_query ? request.query : -1),
        colors_(inks_of(style_.ground)),
        stop_(std::move(stop)) {
    if (style_.overlay) {
      part_ = std::make_shared<const vit::Image>(photo_part(source, style_));
      box_ = trace_->pixels->box;
      if (!style_.whole_photo) box_ = {0, 0, static_cast<double>(part_->width), static_cast<double>(part_->height)};
    }
    if (content_.bands.tokens > 0 && content_.cells.size() == 1 && (*style_.bar || *style_.caption)) {
      content_.cells.front().caption = content_.bands.above;
      content_.cells.front().brief = "keys →";
      content_.row_labels = {content_.bands.queries};
    }
    layout_ = layout_of(content_, tile_aspect(*trace_, source.photo.get(), request), style_);
  }

  const FigureLayout& layout() const { return layout_; }
  Color paper_color() const { return colors_.paper; }

  void draw(Paper& paper) const {
    if (*style_.caption) draw_title(paper);
    for (std::size_t row = 0; row < content_.row_labels.size() && row < layout_.row_y.size(); ++row)
      paper.text(layout_.margin,
                 layout_.tile_y(static_cast<int>(row)) + 0.5 * layout_.tile_height + 0.35 * layout_.text,
                 content_.row_labels[row], letters(1, colors_.ink));
    Photos photos;
    for (std::size_t i = 0; i < content_.cells.size(); ++i) {
      if (stop_.stop_requested()) throw vit::Cancelled();
      if (content_.cells[i].shows != FigureCell::Shows::nothing) draw_cell(paper, static_cast<int>(i), photos);
    }
    if (*style_.bar) draw_bar(paper);
  }

 private:
  using Photos = std::map<std::pair<int, int>, vit::Image>;  // of each size

  Letters letters(double share, Color color, Align align = Align::left) const {
    return {.size = share * layout_.text, .color = color, .align = align};
  }

  void draw_title(Paper& paper) const {
    double y = layout_.margin + 0.8 * layout_.text;
    Letters strong = letters(1, colors_.ink);
    strong.weight = Weight::strong;
    for (const std::string& line : layout_.title) {
      paper.text(layout_.margin, y, line, strong);
      y += layout_.line();
    }
    for (const std::string& line : layout_.subtitle) {
      paper.text(layout_.margin, y, line, letters(0.9, colors_.faint));
      y += layout_.line();
    }
  }

  void draw_cell(Paper& paper, int index, Photos& photos) const {
    const FigureCell& cell = content_.cells[static_cast<std::size_t>(index)];
    const int row = index / content_.columns;
    const Rect tile = paper.snapped(
        {layout_.tile_x(index % content_.columns), layout_.tile_y(row), layout_.tile_width, layout_.tile_height});
    if (layout_.caption_height[static_cast<std::size_t>(row)] > 0) draw_caption(paper, cell, tile);
    if (layout_.heading_height[static_cast<std::size_t>(row)] > 0)
      paper.text(tile.x, tile.y - layout_.caption_height[static_cast<std::size_t>(row)] - 0.42 * layout_.text,
                 cell.heading, letters(1, colors_.ink));
    const bool patches = !style_.overlay && !style_.look.smooth && cell.shows == FigureCell::Shows::map;
    paper.picture(tile, patches ? cell.map.cols : 0, patches ? cell.map.rows : 0,
                  [&](int width, int height) { return picture_of(cell, width, height, photos); });
    const bool bare = content_.cells.size() == 1 && !*style_.bar && !*style_.caption;
    if (cell.is_mask && style_.overlay) outline(paper, cell, tile);
    if (bare) return;
    draw_bands(paper, tile);
    if (cell.window) mark(paper, tile, *cell.window, kMarked);
    for (const int patch : cell.marked) mark_patch(paper, tile, patch, kMarked);
    if (query_ >= trace_->grid.prefix) mark_patch(paper, tile, query_ - trace_->grid.prefix, {255, 255, 255});
  }

  /// Rules between the prefix tokens and the patches, dark beside light, so that they show on every colour.
  void draw_bands(Paper& paper, const Rect& tile) const {
    const FigureBands& bands = content_.bands;
    if (bands.prefix <= 0) return;
    const double line = std::max(1 / layout_.pixels, layout_.text / 14);
    const double x = tile.x + tile.width * bands.prefix / bands.tokens;
    const double y = tile.y + tile.height * bands.prefix / bands.tokens;
    for (const auto& [color, offset] : {std::pair{Color{24, 26, 32}, line}, {Color{255, 255, 255}, 0.0}}) {
      paper.fill({x + offset - line / 2, tile.y, line, tile.height}, color);
      paper.fill({tile.x, y + offset - line / 2, tile.width, line}, color);
    }
    if (!content_.row_labels.empty() && content_.cells.size() == 1)
      paper.text(tile.x - 0.4 * layout_.text, tile.y + 0.5 * (y - tile.y) + 0.35 * layout_.text, bands.first,
                 letters(0.9, colors_.faint, Align::right));
  }

  void draw_caption(Paper& paper, const FigureCell& cell, const Rect& tile) const {
    const double baseline = tile.y - 0.42 * layout_.text;
    const std::string caption = layout_.short_captions ? cell.short_caption() : cell.caption;
    paper.text(tile.x, baseline, caption, letters(1, colors_.ink));
    const double room = tile.width - lettering().width(caption, layout_.text) - layout_.text;
    if (lettering().width(cell.remark, 0.85 * layout_.text) <= room)
      paper.text(tile.right(), baseline, cell.remark, letters(0.85, colors_.faint, Align::right));
  }

  vit::Image picture_of(const FigureCell& cell, int width, int height, Photos& photos) const {
    if (cell.shows == FigureCell::Shows::input)
      return vit::resize(trace_->pixels->resized, width, height, vit::Interpolation::nearest);
    if (!style_.overlay) return vit::render(cell.map, style_.look, cell.range, width, height, stop_);
    vit::Image& photo = photos[{width, height}];
    if (photo.rgb.empty()) photo = vit::resize(*part_, width, height, vit::Interpolation::bilinear);
    const double x = static_cast<double>(width) / part_->width, y = static_cast<double>(height) / part_->height;
    vit::Look look = style_.look;
    if (cell.is_mask) look.opacity *= vit::kMaskOpacity;
    return vit::render_overlay(cell.map, look, cell.range, photo,
                               {box_.x * x, box_.y * y, box_.width * x, box_.height * y}, width, height, stop_);
  }

  /// Where the patches lie in a tile.
  Rect area_of(const Rect& tile) const {
    if (!style_.overlay || !style_.whole_photo) return tile;
    return {tile.x + box_.x / part_->width * tile.width, tile.y + box_.y / part_->height * tile.height,
            box_.width / part_->width * tile.width, box_.height / part_->height * tile.height};
  }

  void outline(Paper& paper, const FigureCell& cell, const Rect& tile) const {
    const Rect area = area_of(tile);
    const double line = std::max(1 / layout_.pixels, layout_.text / 10);
    const double width = area.width / cell.map.cols, height = area.height / cell.map.rows;
    for (const vit::EdgeLine& edge : vit::outline_of(cell.map.values, cell.map.rows, cell.map.cols))
      paper.fill({area.x + edge.x0 * width - line / 2, area.y + edge.y0 * height - line / 2,
                  (edge.x1 - edge.x0) * width + line, (edge.y1 - edge.y0) * height + line},
                 {255, 255, 255});
  }

  void mark_patch(Paper& paper, const Rect& tile, int patch, Color light) const {
    mark(paper, tile, {patch / trace_->grid.cols, patch % trace_->grid.cols, 1, 1}, light);
  }

  /// A frame around patches, dark around light, so that it shows on every colour.
  void mark(Paper& paper, const Rect& tile, const vit::Window& patches, Color light) const {
    const vit::TokenGrid& grid = trace_->grid;
    const Rect area = area_of(tile);
    const double width = area.width / grid.cols, height = area.height / grid.rows;
    const Rect around = paper.snapped(
        {area.x + patches.left * width, area.y + patches.top * height, patches.cols * width, patches.rows * height});
    const double line = std::max(1 / layout_.pixels, layout_.text / 14);
    constexpr Color kDark = {24, 26, 32};
    paper.frame({around.x - line, around.y - line, around.width + 2 * line, around.height + 2 * line}, kDark, line);
    paper.frame(around, light, line);
  }

  void draw_bar(Paper& paper) const {
    if (!content_.has_scale) {
      double y = layout_.bar_y + 0.8 * layout_.text;
      for (const std::string& line : layout_.legend) {
        paper.text(layout_.margin, y, line, letters(0.9, colors_.faint));
        y += layout_.line();
      }
      return;
    }
    const vit::ColorTable& table =
        vit::color_table(content_.about_zero ? vit::Colormap::blue_red : style_.look.colormap);
    const double left = layout_.margin + layout_.labels, height = layout_.bar_height;
    const Rect bar = paper.snapped({left, layout_.bar_y, layout_.bar_width, height});
    paper.picture(bar, static_cast<int>(table.size()), 1, [&](int wide, int high) {
      vit::Image image;
      image.width = wide;
      image.height = high;
      for (int y = 0; y < high; ++y)
        for (int x = 0; x < wide; ++x) {
          const int last = std::max(1, wide - 1);  // so that both ends are there
          const auto& color = table[static_cast<std::size_t>((255 * x + last / 2) / last)];
          image.rgb.insert(image.rgb.end(), color.begin(), color.end());
        }
      return image;
    });
    const double baseline = bar.bottom() + 1.15 * layout_.text, size = 0.9 * layout_.text;
    paper.text(bar.x, baseline, content_.low, letters(0.9, colors_.ink));
    paper.text(bar.right(), baseline, content_.high, letters(0.9, colors_.ink, Align::right));
    mark_even_share(paper, bar, baseline);
    if (layout_.unit.empty())
      paper.text(bar.right() + 1.2 * layout_.text, bar.y + 0.5 * height + 0.33 * size, content_.unit,
                 letters(0.9, colors_.faint));
    for (std::size_t i = 0; i < layout_.unit.size(); ++i)
      paper.text(bar.x, baseline + 1.2 * layout_.text * static_cast<double>(i + 1), layout_.unit[i],
                 letters(0.9, colors_.faint));
  }

  /// A stroke through the scale where every token would stand if all got the same, and its name where there is room.
  void mark_even_share(Paper& paper, const Rect& bar, double baseline) const {
    if (!content_.even_share) return;
    const double line = std::max(1 / layout_.pixels, layout_.text / 12);
    const double x = bar.x + *content_.even_share * bar.width;
    paper.fill({x - line / 2, bar.y - 0.2 * layout_.text, line, bar.height + 0.4 * layout_.text}, colors_.ink);
    const double size = 0.9 * layout_.text, half = lettering().width("1/N", size) / 2;
    const double from = bar.x + lettering().width(content_.low, size) + layout_.text;
    const double to = bar.right() - lettering().width(content_.high, size) - layout_.text;
    if (x - half >= from && x + half <= to) paper.text(x, baseline, "1/N", letters(0.9, colors_.faint, Align::center));
  }

  FigureContent content_;
  std::shared_ptr<const vit::Trace> trace_;
  ExportStyle style_;
  int query_;
  Inks colors_;
  std::stop_token stop_;
  std::shared_ptr<const vit::Image> part_;  // of the photo; none without an overlay
  vit::Box box_{};                          // of the network's view in that part, in its pixels
  FigureLayout layout_;
};

}  // namespace

std::string figure_number(float value, float largest) {
  if (vit::is_next_to_nothing(value, largest)) return "≈ 0";
  const std::string sign = value < 0 ? "−" : "";
  const double size = std::abs(static_cast<double>(value));
  if (size == 0 || (size >= 1e-4 && size < 1e6))
    return sign + (size < 1000 ? fmt::format("{:.3g}", size) : fmt::format("{:.0f}", size));
  constexpr std::array kRaised = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  const std::string number = fmt::format("{:.2e}", size);  // "8.88e-05"
  const std::size_t e = number.find('e');
  std::string raised = number[e + 1] == '-' ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(std::stoi(number.substr(e + 1)))))
    raised += kRaised[static_cast<std::size_t>(digit - '0')];
  return sign + number.substr(0, e) + "·10" + raised;
}

double tile_aspect(const vit::Trace& trace, const vit::Image* photo, const ExportRequest& request) {
  if (request.style.overlay) {
    const Part part = part_of(trace, *photo, request.style);
    return static_cast<double>(part.width) / part.height;
  }
  return request.analysis->is_matrix ? 1 : static_cast<double>(trace.grid.cols) / trace.grid.rows;
}

Drawing figure_drawing(FigureContent content, const ExportSource& source, const ExportRequest& request,
                       const std::stop_token& stop) {
  const auto figure = std::make_shared<const Figure>(std::move(content), source, request, stop);
  const FigureLayout& layout = figure->layout();
  Drawing drawing{.width = layout.width,
                  .height = layout.height,
                  .pixels = layout.pixels,
                  .fine_pixels = layout.fine_pixels,
                  .points = layout.points,
                  .has_size = request.style.width.unit == FigureWidth::Unit::mm,
                  .ground = figure->paper_color(),
                  .draw = [figure](Paper& paper) { figure->draw(paper); }};
  if (request.style.ground == Ground::transparent) drawing.ground.reset();
  return drawing;
}

}  // namespace headlight
