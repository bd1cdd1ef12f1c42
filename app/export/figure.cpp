#include "app/export/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "app/export/lettering.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

using Color = std::array<std::uint8_t, 3>;
constexpr Color kPaper = {255, 255, 255};
constexpr Color kInk = {24, 26, 32};
constexpr Color kFaintInk = {110, 114, 124};
constexpr int kLargestFigure = 4096;  // px wide
constexpr int kLargestTile = 256;     // px

/// Sizes in px, all derived from the tile.
struct Layout {
  int tile_width = 0, tile_height = 0;
  int text = 0;                // caption size
  int gap = 0;                 // between tiles
  int margin = 0;              // around the figure
  int header = 0;              // height of the title
  int labels = 0;              // width of the row labels
  int footer = 0;              // height of the colour scale
  std::vector<int> row_y;      // top of each row's captions
  std::vector<int> caption_h;  // of each row; 0 without captions
  int width = 0, height = 0;
};

Layout layout_for(const FigureContent& content, double aspect, int size_px, const Lettering& lettering) {
  Layout layout;
  const int longer = std::clamp(kLargestFigure / content.columns, 8, std::clamp(size_px, 8, kLargestTile));
  layout.tile_width = std::max(1, static_cast<int>(std::lround(aspect >= 1 ? longer : longer * aspect)));
  layout.tile_height = std::max(1, static_cast<int>(std::lround(aspect >= 1 ? longer / aspect : longer)));
  layout.text = std::clamp(longer / 12, 12, 20);
  layout.gap = std::max(2, longer / 20);
  layout.margin = layout.text * 3 / 2;
  layout.header = lettering.available() ? layout.text * 4 : 0;
  layout.footer = layout.text * 3;
  for (const std::string& label : content.row_labels)
    layout.labels = std::max(layout.labels, static_cast<int>(lettering.width(label, layout.text)) + layout.text);
  const bool captions_fit = lettering.available() && layout.tile_width >= 4 * layout.text;
  int y = layout.margin + layout.header;
  for (std::size_t first = 0; first < content.cells.size(); first += static_cast<std::size_t>(content.columns)) {
    const auto last = std::min(content.cells.size(), first + static_cast<std::size_t>(content.columns));
    bool captioned = false;
    for (std::size_t i = first; i < last; ++i) captioned = captioned || !content.cells[i].caption.empty();
    layout.row_y.push_back(y);
    layout.caption_h.push_back(captioned && captions_fit ? layout.text * 3 / 2 : 0);
    y += layout.caption_h.back() + layout.tile_height + layout.gap;
  }
  layout.width = 2 * layout.margin + layout.labels + content.columns * (layout.tile_width + layout.gap) - layout.gap;
  layout.height = y - layout.gap + layout.footer + layout.margin;
  return layout;
}

void paste(vit::Image& figure, const vit::Image& tile, int left, int top) {
  for (int y = 0; y < tile.height; ++y)
    std::copy_n(tile.pixel(0, y), 3 * tile.width,
                figure.rgb.begin() + 3 * (static_cast<std::ptrdiff_t>(top + y) * figure.width + left));
}

void set_pixel(vit::Image& image, int x, int y, const Color& color) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  std::copy(color.begin(), color.end(), image.rgb.begin() + 3 * (static_cast<std::ptrdiff_t>(y) * image.width + x));
}

void outline(vit::Image& image, int left, int top, int right, int bottom, const Color& color) {
  for (int x = left; x <= right; ++x) {
    set_pixel(image, x, top, color);
    set_pixel(image, x, bottom, color);
  }
  for (int y = top; y <= bottom; ++y) {
    set_pixel(image, left, y, color);
    set_pixel(image, right, y, color);
  }
}

/// The figure while it grows tile by tile.
class Figure {
 public:
  Figure(const FigureContent& content, const ExportSource& source, const ExportRequest& request)
      : content_(content), source_(source), request_(request) {
    const vit::TokenGrid& grid = source.trace->grid;
    const vit::Image* photo = request.style.overlay ? source.photo.get() : nullptr;
    const double aspect =
        photo ? static_cast<double>(photo->width) / photo->height : static_cast<double>(grid.cols) / grid.rows;
    layout_ = layout_for(content, aspect, request.style.size_px, lettering_);
    figure_.width = layout_.width;
    figure_.height = layout_.height;
    figure_.rgb.assign(std::size_t{3} * static_cast<std::size_t>(figure_.width) * figure_.height, kPaper[0]);
  }

  vit::Image draw(const std::stop_token& stop) {
    title();
    for (std::size_t row = 0; row < content_.row_labels.size() && row < layout_.row_y.size(); ++row)
      lettering_.draw(figure_, layout_.margin,
                      layout_.row_y[row] + layout_.caption_h[row] + 0.5 * (layout_.tile_height + 0.7 * text_px()),
                      content_.row_labels[row], text_px(), kInk);
    for (std::size_t i = 0; i < content_.cells.size(); ++i) {
      if (stop.stop_requested()) throw vit::Cancelled();
      if (content_.cells[i].shows != FigureCell::Shows::nothing) place(content_.cells[i], static_cast<int>(i));
    }
    color_scale();
    return std::move(figure_);
  }

 private:
  double text_px() const { return layout_.text; }

  /// Without its end where it is wider than `room`.
  std::string shortened(std::string text, double px, double room) const {
    if (lettering_.width(text, px) <= room) return text;
    while (!text.empty() && lettering_.width(text + "…", px) > room) {
      while (text.size() > 1 && (text.back() & 0xC0) == 0x80) text.pop_back();
      text.pop_back();
    }
    return text + "…";
  }

  void title() {
    const double room = layout_.width - 2.0 * layout_.margin, large = 1.25 * text_px();
    lettering_.draw(figure_, layout_.margin, layout_.margin + large, shortened(content_.title, large, room), large,
                    kInk);
    lettering_.draw(figure_, layout_.margin, layout_.margin + large + 1.6 * text_px(),
                    shortened(content_.subtitle, text_px(), room), text_px(), kFaintInk);
  }

  vit::Image tile_of(const FigureCell& cell) const {
    if (cell.shows == FigureCell::Shows::input) {
      const vit::Image& input = source_.trace->pixels->resized;
      const bool enlarged = input.width < layout_.tile_width;
      return vit::resize(input, layout_.tile_width, layout_.tile_height,
                         enlarged ? vit::Interpolation::nearest : vit::Interpolation::bicubic);
    }
    ExportStyle style = request_.style;
    style.size_px = std::max(layout_.tile_width, layout_.tile_height);
    vit::Image tile = map_picture(cell.map, cell.range, style, source_);
    if (tile.width == layout_.tile_width && tile.height == layout_.tile_height) return tile;
    return vit::resize(tile, layout_.tile_width, layout_.tile_height, vit::Interpolation::nearest);
  }

  void place(const FigureCell& cell, int index) {
    const auto row = static_cast<std::size_t>(index / content_.columns);
    const int left = layout_.margin + layout_.labels + index % content_.columns * (layout_.tile_width + layout_.gap);
    const int top = layout_.row_y[row], caption = layout_.caption_h[row];
    if (caption > 0) {
      const double baseline = top + text_px();
      lettering_.draw(figure_, left, baseline, cell.caption, text_px(), kInk);
      const double small = 0.85 * text_px(), width = lettering_.width(cell.remark, small);
      if (lettering_.width(cell.caption, text_px()) + width + text_px() <= layout_.tile_width)
        lettering_.draw(figure_, left + layout_.tile_width - width, baseline, cell.remark, small, kFaintInk);
    }
    paste(figure_, tile_of(cell), left, top + caption);
    mark_query(left, top + caption);
  }

  /// A frame around the query's patch, dark within light, so that it shows on every colour.
  void mark_query(int left, int top) {
    const vit::TokenGrid& grid = source_.trace->grid;
    if (request_.query < grid.prefix) return;
    const int patch = request_.query - grid.prefix;
    double scale_x = layout_.tile_width, scale_y = layout_.tile_height, start_x = 0, start_y = 0;
    if (request_.style.overlay) {  // the grid covers the box on the photo only
      const vit::Box& box = source_.trace->pixels->box;
      start_x = box.x / source_.photo->width * scale_x;
      start_y = box.y / source_.photo->height * scale_y;
      scale_x *= box.width / source_.photo->width;
      scale_y *= box.height / source_.photo->height;
    }
    const auto x = [&](int col) { return left + static_cast<int>(std::lround(start_x + scale_x * col / grid.cols)); };
    const auto y = [&](int row) { return top + static_cast<int>(std::lround(start_y + scale_y * row / grid.rows)); };
    const int row = patch / grid.cols, col = patch % grid.cols;
    outline(figure_, x(col), y(row), x(col + 1) - 1, y(row + 1) - 1, kPaper);
    outline(figure_, x(col) - 1, y(row) - 1, x(col + 1), y(row + 1), kInk);
  }

  void color_scale() {
    const vit::ColorTable& table = vit::color_table(request_.style.look.colormap);
    const int width = std::min(layout_.width - 2 * layout_.margin, 16 * layout_.text);
    const int top = layout_.height - layout_.margin - 2 * layout_.text, height = std::max(4, layout_.text * 2 / 3);
    for (int x = 0; x < width; ++x)
      for (int y = 0; y < height; ++y)
        set_pixel(figure_, layout_.margin + x, top + y,
                  table[static_cast<std::size_t>(x * 255 / std::max(1, width - 1))]);
    const double baseline = top + height + 1.1 * text_px(), px = 0.9 * text_px();
    lettering_.draw(figure_, layout_.margin, baseline, content_.low, px, kInk);
    const double right = layout_.margin + width - lettering_.width(content_.high, px);
    lettering_.draw(figure_, std::max(right, layout_.margin + lettering_.width(content_.low + "  ", px)), baseline,
                    content_.high, px, kInk);
    lettering_.draw(figure_, layout_.margin + width + text_px(), top + height, "attention probability", px, kFaintInk);
  }

  const FigureContent& content_;
  const ExportSource& source_;
  const ExportRequest& request_;
  Lettering lettering_;
  Layout layout_;
  vit::Image figure_;
};

}  // namespace

std::string figure_number(float value, float largest) {
  if (value > 0 && value < largest * 1e-3f) return "≈ 0";
  return fmt::format("{:.3g}", value);
}

vit::Image draw_figure(const FigureContent& content, const ExportSource& source, const ExportRequest& request,
                       const std::stop_token& stop) {
  return Figure(content, source, request).draw(stop);
}

}  // namespace headlight
