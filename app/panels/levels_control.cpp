#include "app/panels/levels_control.h"

#include <algorithm>
#include <bit>
#include <vector>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {
namespace {

using Rule = vit::Levels::Rule;

constexpr double kOutside = 0.5;  // percent that the third choice leaves out at each end

/// What the photo shows now, or would show.
vit::ValueSpan span_of(const vit::Levels& levels, const vit::Image& image) {
  if (levels.rule == Rule::fixed) return {levels.low, levels.high};
  if (image.levels) return *image.levels;
  return {0, image.stored ? image.stored->most : 255};
}

void choose(Session& session, const vit::Levels& levels) {
  vit::ImageReading reading = session.reading();
  reading.levels = levels;
  session.read_photo(reading);
}

/// Where the sliders end: as many bits as the values need, so that those of a 12-bit picture can be told apart.
std::uint32_t slider_end(const vit::ValueRange& range, const vit::ValueSpan& span) {
  const std::uint32_t bits = std::bit_ceil(std::max(range.greatest, std::uint32_t{254}) + 1) - 1;
  return std::max(std::min(bits, range.most), span.high);
}

}  // namespace

void choose_levels(Bench& bench, const std::string& id) {
  const vit::Image& image = *bench.session.image();
  const vit::Levels levels = bench.session.reading().levels;
  const double outside = levels.outside > 0 ? levels.outside : kOutside;
  const std::string without = fmt::format("without {:g} % ends", outside);
  const std::vector<const char*> names = {"as stored", "least to greatest", without.c_str(), "fixed"};
  const vit::ValueSpan span = span_of(levels, image);
  const std::vector<vit::Levels> choices = {{},
                                            {.rule = Rule::automatic},
                                            {.rule = Rule::automatic, .outside = outside},
                                            {.rule = Rule::fixed, .low = span.low, .high = span.high}};
  const auto now = std::find(choices.begin(), choices.end(), levels);
  int chosen = now == choices.end() ? 3 : static_cast<int>(now - choices.begin());
  if (ui::choice(
          bench.ui,
          {.id = id,
           .label = "Levels",
           .tooltip = "Which of the file's values are black and white. As stored: 0 and the largest possible "
                      "one, as the pipelines have it that networks are trained and tested with. Else each photo's "
                      "own least and greatest value, without the rarest at both ends, or the two numbers "
                      "below. On the command line: --levels " +
                      vit::text_of(levels)},
          chosen, names))
    choose(bench.session, choices[static_cast<std::size_t>(chosen)]);
}

void draw_levels(Bench& bench) {
  const vit::Image& image = *bench.session.image();
  const vit::Levels levels = bench.session.reading().levels;
  if (!image.stored && levels.rule == Rule::as_stored) return;
  choose_levels(bench, "image.levels");
  if (levels.rule == Rule::as_stored) return;
  const vit::ValueSpan span = span_of(levels, image);
  const vit::ValueRange range = image.stored.value_or(vit::ValueRange{});
  const int end = static_cast<int>(slider_end(range, span));
  int low = static_cast<int>(span.low), high = static_cast<int>(span.high);
  const std::string values =
      fmt::format(" The file's values lie between {} and {} of {}.", vit::value_text(range.least),
                  vit::value_text(range.greatest), vit::value_text(range.most));
  const bool lower = ui::slider(
      bench.ui,
      {.id = "image.levels.low", .label = "Black", .tooltip = "This value, and all below it, is black." + values}, low,
      0, end - 1, vit::value_text(span.low));
  const bool upper = ui::slider(
      bench.ui,
      {.id = "image.levels.high", .label = "White", .tooltip = "This value, and all above it, is white." + values},
      high, 1, end, vit::value_text(span.high));
  if (!lower && !upper) return;
  if (lower) high = std::max(high, low + 1);
  if (upper) low = std::min(low, high - 1);
  choose(bench.session,
         {.rule = Rule::fixed, .low = static_cast<std::uint32_t>(low), .high = static_cast<std::uint32_t>(high)});
}

}  // namespace headlight
