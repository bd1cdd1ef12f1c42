#include "app/export_overview.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/export_captions.h"
#include "app/lettering.h"
#include "app/view.h"

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
  int columns = 1, rows = 1;
  int tile_width = 0, tile_height = 0;
  int text = 0;     // caption size
  int gap = 0;      // between tiles
  int margin = 0;   // around the figure
  int caption = 0;  // height of a tile's caption, 0 without one
  int header = 0;   // height of the title
  int footer = 0;   // height of the colour scale
  int width = 0, height = 0;
};

/// Three significant digits; what is next to nothing beside `largest` is said to be so.
std::string figure_number(float value, float largest) {
  if (value > 0 && value < largest * 1e-3f) return "≈ 0";
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3g", static_cast<double>(value));
  return text.data();
}

/// Columns that leave few cells empty, for a figure somewhat wider than high.
int columns_for(int tiles) {
  const int narrowest = std::max(1, static_cast<int>(std::ceil(std::sqrt(tiles))));
  const int widest = std::max(narrowest, static_cast<int>(std::ceil(std::sqrt(1.8 * tiles))));
  int best = narrowest;
  const auto empty_cells = [&](int columns) { return (tiles + columns - 1) / columns * columns - tiles; };
  for (int columns = narrowest; columns <= widest; ++columns)
    if (empty_cells(columns) < empty_cells(best)) best = columns;
  return best;
}

Layout layout_for(int tiles, double aspect, int size_px, bool lettered) {
  Layout layout;
  layout.columns = columns_for(tiles);
  layout.rows = (tiles + layout.columns - 1) / layout.columns;
  const int longer = std::clamp(kLargestFigure / layout.columns, 8, std::clamp(size_px, 8, kLargestTile));
  layout.tile_width = std::max(1, static_cast<int>(std::lround(aspect >= 1 ? longer : longer * aspect)));
  layout.tile_height = std::max(1, static_cast<int>(std::lround(aspect >= 1 ? longer / aspect : longer)));
  layout.text = std::clamp(longer / 12, 12, 20);
  layout.gap = std::max(2, longer / 20);
  layout.margin = layout.text * 3 / 2;
  const bool captions_fit = lettered && layout.tile_width >= 4 * layout.text;
  layout.caption = captions_fit ? layout.text * 3 / 2 : 0;
  layout.header = lettered ? layout.text * 4 : 0;
  layout.footer = layout.text * 3;
  layout.width = 2 * layout.margin + layout.columns * (layout.tile_width + layout.gap) - layout.gap;
  layout.height = 2 * layout.margin + layout.header + layout.footer +
                  layout.rows * (layout.tile_height + layout.caption + layout.gap) - layout.gap;
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
  Figure(const ExportSource& source, const ExportRequest& request, const BlockMaps& maps)
      : source_(source), request_(request), maps_(maps) {
    const vit::PatchMap& map = maps.maps.front().map;
    const vit::Image* photo = request.style.overlay ? source.photo.get() : nullptr;
    const double aspect =
        photo ? static_cast<double>(photo->width) / photo->height : static_cast<double>(map.cols) / map.rows;
    shows_input_ = !photo && !source.trace->pixels->resized.rgb.empty();
    const int tiles = static_cast<int>(maps.maps.size()) + (shows_input_ ? 1 : 0);
    layout_ = layout_for(tiles, aspect, request.style.size_px, lettering_.available());
    figure_.width = layout_.width;
    figure_.height = layout_.height;
    figure_.rgb.assign(std::size_t{3} * static_cast<std::size_t>(figure_.width) * figure_.height, kPaper[0]);
  }

  vit::Image draw() {
    title();
    if (shows_input_) {
      const vit::Image& input = source_.trace->pixels->resized;
      const bool enlarged = input.width < layout_.tile_width;
      place(vit::resize(input, layout_.tile_width, layout_.tile_height,
                        enlarged ? vit::Interpolation::nearest : vit::Interpolation::bicubic),
            "input", "");
    }
    ExportStyle style = request_.style;
    style.size_px = std::max(layout_.tile_width, layout_.tile_height);
    for (const NamedMap& map : maps_.maps) {
      const vit::Range range = range_for(maps_, map, style.range_rule, style.fixed_range);
      const float peak = *std::max_element(map.map.values.begin(), map.map.values.end());
      vit::Image tile = map_picture(map.map, range, style, source_);
      place(tile.width == layout_.tile_width && tile.height == layout_.tile_height
                ? tile
                : vit::resize(tile, layout_.tile_width, layout_.tile_height, vit::Interpolation::nearest),
            map.title, "max " + figure_number(peak, 0));
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
    const double room = layout_.width - 2.0 * layout_.margin;
    const vit::Trace& trace = *source_.trace;
    const vit::ModelConfig& config = trace.model->config;
    const std::string first = source_.image + ", block " + std::to_string(maps_.block) + ": attention from the " +
                              query_title(request_.query, trace.grid, config);
    const std::string stage = request_.stage == vit::Stage::softmax ? "" : ", after dropout";
    const std::string second = source_.model + ", " + settings_words(trace.settings, config) + stage;
    const double large = 1.25 * text_px();
    lettering_.draw(figure_, layout_.margin, layout_.margin + large, shortened(first, large, room), large, kInk);
    lettering_.draw(figure_, layout_.margin, layout_.margin + large + 1.6 * text_px(),
                    shortened(second, text_px(), room), text_px(), kFaintInk);
  }

  void place(const vit::Image& tile, const std::string& caption, const std::string& remark) {
    const int left = layout_.margin + placed_ % layout_.columns * (layout_.tile_width + layout_.gap);
    const int top = layout_.margin + layout_.header +
                    placed_ / layout_.columns * (layout_.tile_height + layout_.caption + layout_.gap);
    ++placed_;
    if (layout_.caption > 0) {
      const double baseline = top + text_px();
      lettering_.draw(figure_, left, baseline, caption, text_px(), kInk);
      const double small = 0.85 * text_px(), width = lettering_.width(remark, small);
      if (lettering_.width(caption, text_px()) + width + text_px() <= layout_.tile_width)
        lettering_.draw(figure_, left + layout_.tile_width - width, baseline, remark, small, kFaintInk);
    }
    paste(figure_, tile, left, top + layout_.caption);
    mark_query(left, top + layout_.caption);
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
    const ExportStyle& style = request_.style;
    const vit::ColorTable& table = vit::color_table(style.colormap);
    const int width = std::min(layout_.width - 2 * layout_.margin, 16 * layout_.text);
    const int top = layout_.height - layout_.margin - 2 * layout_.text, height = std::max(4, layout_.text * 2 / 3);
    for (int x = 0; x < width; ++x)
      for (int y = 0; y < height; ++y)
        set_pixel(figure_, layout_.margin + x, top + y,
                  table[static_cast<std::size_t>(x * 255 / std::max(1, width - 1))]);
    const bool own = style.range_rule == vit::RangeRule::per_head;
    const vit::Range range = range_for(maps_, maps_.maps.front(), style.range_rule, style.fixed_range);
    const std::string low = own ? "smallest" : figure_number(range.low, range.high);
    const std::string high = own ? "largest of each map" : figure_number(range.high, 0);
    const double baseline = top + height + 1.1 * text_px(), px = 0.9 * text_px();
    lettering_.draw(figure_, layout_.margin, baseline, low, px, kInk);
    const double right = layout_.margin + width - lettering_.width(high, px);
    lettering_.draw(figure_, std::max(right, layout_.margin + lettering_.width(low + "  ", px)), baseline, high, px,
                    kInk);
    lettering_.draw(figure_, layout_.margin + width + text_px(), top + height, "attention probability", px, kFaintInk);
  }

  const ExportSource& source_;
  const ExportRequest& request_;
  const BlockMaps& maps_;
  Lettering lettering_;
  Layout layout_;
  vit::Image figure_;
  bool shows_input_ = false;
  int placed_ = 0;
};

}  // namespace

vit::Image overview_picture(const ExportSource& source, const ExportRequest& request, const BlockMaps& maps) {
  return Figure(source, request, maps).draw();
}

}  // namespace headlight
