// The three directions in which the patches of a block differ most, as red, green and blue and one by one in grey
// (Oquab et al. 2023, "DINOv2", figure 1).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <mutex>

#include "engine/maps/analysis.h"
#include "engine/maps/block_tokens.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/principal.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

enum Foreground : std::uint8_t { off, hides_rest, fits_again };
constexpr std::array kForegrounds = {"off", "hide", "refit"};
constexpr std::array kShown = {"rgb", "pc1", "pc2", "pc3"};
enum Photos : std::uint8_t { this_one, both, second_of_both };
constexpr std::array kPhotos = {"this", "both", "second"};
constexpr std::array kParameters = {
    Parameter{.id = "show",
              .label = "Show",
              .sentence =
                  "All three components as red, green and blue, or one of them in grey; a click on a tile chooses it, "
                  "too.",
              .low = 0,
              .high = 3,
              .initial = 0,
              .names = kShown},
    Parameter{.id = "of",
              .label = "Of",
              .sentence =
                  "Whose components: of the patches' tokens as they leave the block, or of the queries, keys or "
                  "values that the block makes of them, all heads together.",
              .low = 0,
              .high = 3,
              .initial = 0,
              .names = kTokenKindNames},
    Parameter{.id = "foreground",
              .label = "Foreground",
              .sentence =
                  "Patches whose first component is beyond the threshold are foreground. hide: the others have no "
                  "colour. refit: the three colours are the components of the foreground alone.",
              .low = 0,
              .high = 2,
              .initial = 0,
              .names = kForegrounds},
    Parameter{.id = "threshold",
              .label = "Threshold",
              .sentence =
                  "Where the foreground begins: so many standard deviations of the first component above the mean "
                  "patch. At 0 its sign decides; it is negative on average at the photo's border.",
              .low = -3,
              .high = 3,
              .initial = 0},
    Parameter{.id = "photos",
              .label = "Photos",
              .sentence = "this: the components of this photo's patches. both: of this photo's and the second one's "
                          "together (side B's on the page Compare), so that parts of one colour correspond; second: "
                          "likewise, and the large picture is the second photo.",
              .low = 0,
              .high = 2,
              .initial = 0,
              .names = kPhotos,
              .names_alone = 1},
};

double value_of(const Question& question, const char* id) {
  return analysis_by_id("components")->value(question, id);
}

TokenKind kind_of(const Question& question) {
  return static_cast<TokenKind>(value_of(question, "of"));
}

double work(const Trace& trace, const Question& question) {
  const double patches = trace.grid.rows * trace.grid.cols, channels = trace.model->config.channels;
  const double order = std::min(patches, channels);
  return token_floats(trace, kind_of(question)) + patches * channels * order / 10 + order * order * order;
}

bool at_border(int patch, const TokenGrid& grid) {
  const int row = patch / grid.cols, col = patch % grid.cols;
  return row == 0 || col == 0 || row == grid.rows - 1 || col == grid.cols - 1;
}

Photos photos_of(const Question& question) {
  return static_cast<Photos>(value_of(question, "photos"));
}

/// The passes whose patches are fitted together.
using Passes = std::vector<const Trace*>;

Passes passes_of(const Subject& subject, const Question& question) {
  if (photos_of(question) == this_one) return {subject.trace.get()};
  return {subject.trace.get(), subject.other.get()};
}

std::size_t patches_of(const Trace& trace) {
  return static_cast<std::size_t>(trace.grid.rows) * static_cast<std::size_t>(trace.grid.cols);
}

std::size_t patches_of(const Passes& passes) {
  std::size_t patches = 0;
  for (const Trace* trace : passes) patches += patches_of(*trace);
  return patches;
}

/// (patches of all passes, C), those of the first one first.
Matrix patch_rows(const Passes& passes, int block, TokenKind kind, const std::stop_token& stop) {
  Matrix rows(static_cast<int>(patches_of(passes)), passes.front()->model->config.channels);
  int to = 0;
  for (const Trace* trace : passes) {
    const BlockTokens tokens = block_tokens(*trace, block, kind, stop);
    for (int row = trace->grid.prefix; row < tokens.view.rows; ++row, ++to)
      std::copy_n(tokens.view.row(row), tokens.view.cols, rows.row(to));
  }
  return rows;
}

/// Negative on average at the border, where the background is on most photos.
void turn_by_border(std::vector<float>& scores, const Passes& passes) {
  double sum = 0;
  auto score = scores.begin();
  for (const Trace* trace : passes)
    for (std::size_t p = 0; p < patches_of(*trace); ++p, ++score)
      if (at_border(static_cast<int>(p), trace->grid)) sum += *score;
  if (sum > 0)
    for (float& each : scores) each = -each;
}

Components fit_patches(const Passes& passes, int block, TokenKind kind, const Means& means) {
  const Matrix patches = patch_rows(passes, block, kind, means.stop);
  Components found = principal_components(patches.view(), [&](double fraction) { means.step(0.9 * fraction); });
  if (!found.scores.empty()) turn_by_border(found.scores.front(), passes);
  return found;
}

/// The last fit is kept: while the threshold is dragged, nothing is fitted.
std::shared_ptr<const Components> fit_of(const Passes& passes, int block, TokenKind kind, const Means& means) {
  struct Known {
    std::vector<std::uint64_t> runs = {};
    int block = 0;
    TokenKind kind = TokenKind::output;
    std::shared_ptr<const Components> fit;
  };
  static std::mutex mutex;
  static Known known;
  std::vector<std::uint64_t> runs;
  for (const Trace* trace : passes) runs.push_back(trace->run);
  {
    const std::lock_guard lock(mutex);
    if (known.fit && known.runs == runs && known.block == block && known.kind == kind) return known.fit;
  }
  auto fit = std::make_shared<const Components>(fit_patches(passes, block, kind, means));
  const std::lock_guard lock(mutex);
  known = {std::move(runs), block, kind, fit};
  return fit;
}

/// Those patches alone: scores of all patches, zeros where one is none of them.
Components refit(const Passes& passes, const Question& question, const std::vector<int>& foreground,
                 const Means& means) {
  const Matrix patches = patch_rows(passes, question.block, kind_of(question), means.stop);
  Matrix chosen(static_cast<int>(foreground.size()), patches.cols());
  for (std::size_t i = 0; i < foreground.size(); ++i)
    std::copy_n(patches.row(foreground[i]), patches.cols(), chosen.row(static_cast<int>(i)));
  Components inside = principal_components(chosen.view(), [&](double) { means.step(0.95); });
  for (std::vector<float>& scores : inside.scores) {
    std::vector<float> all(patches_of(passes), 0.f);
    for (std::size_t i = 0; i < foreground.size(); ++i) all[static_cast<std::size_t>(foreground[i])] = scores[i];
    scores = std::move(all);
  }
  return inside;
}

/// 0 at the first, 1 at the 99th percentile of the shown patches' scores: not cut off.
std::vector<float> positions_of(const std::vector<float>& scores, const std::vector<int>& shown) {
  std::vector<float> sorted;
  sorted.reserve(shown.size());
  for (const int patch : shown) sorted.push_back(scores[static_cast<std::size_t>(patch)]);
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double share) {
    return sorted.empty()
               ? 0.f
               : sorted[static_cast<std::size_t>(std::lround(share * static_cast<double>(sorted.size() - 1)))];
  };
  const float low = at(0.01), high = at(0.99);
  std::vector<float> positions(scores.size(), 0.5f);
  if (high > low)
    for (std::size_t p = 0; p < scores.size(); ++p) positions[p] = (scores[p] - low) / (high - low);
  return positions;
}

/// What is drawn of all fitted patches, side A's first.
struct Drawn {
  Components fit, drawn;  // whose scores decide what is foreground, and those that are shown
  std::array<std::vector<float>, 3> colors;
  std::vector<float> cover;
  float limit = 0;  // of the first component, where the foreground begins
};

/// The maps of one of the photos: `first` is the index of its first patch.
std::shared_ptr<const MapSet> maps_of(const Drawn& all, const Subject& subject, const Question& question, bool second,
                                      std::size_t first, std::vector<double> facts,
                                      std::shared_ptr<const MapSet> beside) {
  MapSetBuilder set(subject, question, second);
  set.have_unit("");
  const Trace& trace = second ? *subject.other : *subject.trace;
  const auto prefix = static_cast<std::size_t>(trace.grid.prefix);
  const auto part = [&](const std::vector<float>& values) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(patches_of(trace)));
  };
  const auto add = [&](MapLabel label, const std::vector<float>& scores) {
    std::vector<float> row(prefix, 0.f);
    const std::vector<float> own = part(scores);
    row.insert(row.end(), own.begin(), own.end());
    set.add(std::move(label), row.data());
  };
  const auto paint = [&](std::size_t red, std::size_t green, std::size_t blue) {
    return set.paint(
        std::array{part(all.colors[red]), part(all.colors[green]), part(all.colors[blue]), part(all.cover)});
  };
  const std::string block = "components_block" + padded(question.block, static_cast<int>(trace.blocks.size()) - 1);
  MapLabel rgb{block + "_rgb", "RGB", question.block, kNoHead};
  rgb.limit = all.limit;
  rgb.parameter = "show";
  rgb.parts = {1, 2, 3};
  rgb.paint = paint(0, 1, 2);
  // The numbers of the coloured map are those that decide what is foreground.
  add(std::move(rgb), all.fit.scores[0]);
  for (std::size_t i = 0; i < 3; ++i) {
    MapLabel one{block + "_pc" + std::to_string(i + 1), fmt::format("PC {}", i + 1), question.block, kNoHead};
    one.note = fmt::format("{:.0f} %", 100 * all.drawn.shares[i]);
    one.parameter = "show";
    one.value = static_cast<double>(i) + 1;
    one.paint = paint(i, i, i);
    add(std::move(one), all.drawn.scores[i]);
  }
  set.choose(static_cast<int>(value_of(question, "show")));
  set.have_facts(std::move(facts));
  set.have_beside(std::move(beside));
  return set.finish();
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Passes passes = passes_of(subject, question);
  const std::size_t patches = patches_of(passes);
  means.step(0);
  Drawn all;
  all.fit = *fit_of(passes, question.block, kind_of(question), means);
  const auto complete = [patches](Components& components) {
    components.scores.resize(3, std::vector<float>(patches, 0.f));
    components.shares.resize(3, 0);
  };
  complete(all.fit);
  double square = 0;
  for (const float score : all.fit.scores[0]) square += static_cast<double>(score) * score;
  all.limit = static_cast<float>(value_of(question, "threshold") * std::sqrt(square / static_cast<double>(patches)));
  const auto foreground = static_cast<Foreground>(value_of(question, "foreground"));
  std::vector<int> beyond, shown;
  beyond.reserve(patches);
  shown.reserve(patches);
  all.cover.assign(patches, 1.f);
  for (std::size_t p = 0; p < patches; ++p) {
    const bool in_front = all.fit.scores[0][p] > all.limit;
    if (in_front) beyond.push_back(static_cast<int>(p));
    if (foreground != off && !in_front)
      all.cover[p] = 0;
    else
      shown.push_back(static_cast<int>(p));
  }
  const bool again = foreground == fits_again && beyond.size() > 3;
  all.drawn = again ? refit(passes, question, beyond, means) : all.fit;
  complete(all.drawn);
  for (std::size_t i = 0; i < 3; ++i) all.colors[i] = positions_of(all.drawn.scores[i], shown);
  const std::vector<double> facts = {all.drawn.shares[0], all.drawn.shares[1],
                                     all.drawn.shares[2], static_cast<double>(beyond.size()),
                                     again ? 1.0 : 0.0,   static_cast<double>(patches)};
  if (passes.size() == 1) return maps_of(all, subject, question, false, 0, facts, nullptr);
  const bool second = photos_of(question) == second_of_both;
  const auto first_of = [&](bool of_second) { return of_second ? patches_of(*passes.front()) : 0; };
  const auto beside = maps_of(all, subject, question, !second, first_of(!second), facts, nullptr);
  return maps_of(all, subject, question, second, first_of(second), facts, beside);
}

std::string about(const MapSet& set, int index) {
  const std::vector<double>& facts = set.facts;
  const auto foreground = static_cast<Foreground>(value_of(set.question, "foreground"));
  const int beyond = static_cast<int>(facts[3]), patches = static_cast<int>(facts[5]);
  const std::string of = kind_phrase(kind_of(set.question), set.question.block);
  const std::string which =
      facts[4] > 0 ? fmt::format("the {} foreground patches", beyond) : fmt::format("all {} patches", patches);
  std::string text;
  const char* const photos = set.other ? " of both photos" : "";
  if (index == 0)
    text = fmt::format(
        "Red, green and blue are the first three principal components of {}, fitted to {}{}: {:.0f} + {:.0f} + "
        "{:.0f} % of the variance.",
        of, which, photos, 100 * facts[0], 100 * facts[1], 100 * facts[2]);
  else
    text = fmt::format("Principal component {} of {}, fitted to {}{}: {:.1f} % of the variance, black to white.", index,
                       of, which, photos, 100 * facts[static_cast<std::size_t>(index) - 1]);
  if (foreground == off) return index == 0 ? text + " Patches of one colour hold much the same." : text;
  text += fmt::format(" {} of {} patches are foreground.", beyond, patches);
  if (foreground == fits_again && facts[4] == 0)
    text += " These are too few for components of their own; lower the threshold.";
  return text;
}

std::string caption(const MapSet& set, int) {
  constexpr std::array kKinds = {"outputs", "queries", "keys", "values"};
  const auto value = [&](const char* id) { return value_of(set.question, id); };
  const int show = static_cast<int>(value("show"));
  std::string text = fmt::format(
      "{} of the patches' {}",
      show == 0 ? std::string("first three principal components") : fmt::format("principal component {}", show),
      kKinds[static_cast<std::size_t>(value("of"))]);
  if (set.other) text += ", fitted to both photos";
  const auto foreground = static_cast<Foreground>(value("foreground"));
  if (foreground == off) return text;
  text += foreground == fits_again ? ", of the foreground alone" : ", foreground alone";
  return value("threshold") == 0
             ? text
             : text + fmt::format(" (first component over {:g} standard deviations)", value("threshold"));
}

std::string quantity(const MapSet& set) {
  const auto show = static_cast<int>(value_of(set.question, "show"));
  return show == 0 ? "Red, green and blue: the patch's scores on components 1, 2 and 3"
                   : fmt::format("Black to white: the patch's score on component {}", show);
}

}  // namespace

extern const Analysis kComponents;
const Analysis kComponents = {.id = "components",
                              .name = "Components",
                              .group = "tokens",
                              .sentence =
                                  "What the patches' tokens hold, as colours: their first three principal "
                                  "components are red, green and blue.",
                              .reference = "Oquab et al. 2023, figure 1",
                              .asks_block = true,
                              .asks_direction = false,
                              .asks_query = false,
                              .reads_output = true,
                              .parameters = kParameters,
                              .refusal = refused_without_tokens,
                              .work = work,
                              .answer = answer,
                              .about = about,
                              .caption = caption,
                              .quantity = quantity};

}  // namespace vit
