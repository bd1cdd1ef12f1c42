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

/// Negative on average at the border, where the background is on most photos.
void turn_by_border(std::vector<float>& scores, const TokenGrid& grid) {
  double sum = 0;
  for (std::size_t p = 0; p < scores.size(); ++p)
    if (at_border(static_cast<int>(p), grid)) sum += scores[p];
  if (sum > 0)
    for (float& score : scores) score = -score;
}

Components fit_patches(const Trace& trace, int block, TokenKind kind, const Means& means) {
  const BlockTokens tokens = block_tokens(trace, block, kind, means.stop);
  const int prefix = trace.grid.prefix;
  const MatrixView patches{tokens.view.row(prefix), tokens.view.rows - prefix, tokens.view.cols, tokens.view.stride};
  Components found = principal_components(patches, [&](double fraction) { means.step(0.9 * fraction); });
  if (!found.scores.empty()) turn_by_border(found.scores.front(), trace.grid);
  return found;
}

/// The last fit is kept: while the threshold is dragged, nothing is fitted.
std::shared_ptr<const Components> fit_of(const Trace& trace, int block, TokenKind kind, const Means& means) {
  struct Known {
    std::uint64_t run = 0;
    int block = 0;
    TokenKind kind = TokenKind::output;
    std::shared_ptr<const Components> fit;
  };
  static std::mutex mutex;
  static Known known;
  {
    const std::lock_guard lock(mutex);
    if (known.fit && known.run == trace.run && known.block == block && known.kind == kind) return known.fit;
  }
  auto fit = std::make_shared<const Components>(fit_patches(trace, block, kind, means));
  const std::lock_guard lock(mutex);
  known = {trace.run, block, kind, fit};
  return fit;
}

/// Those patches alone: scores of all patches, zeros where one is none of them.
Components refit(const Trace& trace, const Question& question, const std::vector<int>& foreground, const Means& means) {
  const BlockTokens tokens = block_tokens(trace, question.block, kind_of(question), means.stop);
  Matrix chosen(static_cast<int>(foreground.size()), tokens.view.cols);
  for (std::size_t i = 0; i < foreground.size(); ++i) {
    const float* from = tokens.view.row(trace.grid.prefix + foreground[i]);
    std::copy(from, from + tokens.view.cols, chosen.row(static_cast<int>(i)));
  }
  Components inside = principal_components(chosen.view(), [&](double) { means.step(0.95); });
  const auto patches = static_cast<std::size_t>(trace.grid.rows) * static_cast<std::size_t>(trace.grid.cols);
  for (std::vector<float>& scores : inside.scores) {
    std::vector<float> all(patches, 0.f);
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

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const auto patches = static_cast<std::size_t>(trace.grid.rows) * static_cast<std::size_t>(trace.grid.cols);
  const auto prefix = static_cast<std::size_t>(trace.grid.prefix);
  means.step(0);
  Components fit = *fit_of(trace, question.block, kind_of(question), means);
  fit.scores.resize(3, std::vector<float>(patches, 0.f));
  fit.shares.resize(3, 0);

  double square = 0;
  for (const float score : fit.scores[0]) square += static_cast<double>(score) * score;
  const auto limit =
      static_cast<float>(value_of(question, "threshold") * std::sqrt(square / static_cast<double>(patches)));
  const auto foreground = static_cast<Foreground>(value_of(question, "foreground"));
  std::vector<int> beyond, shown;
  beyond.reserve(patches);
  shown.reserve(patches);
  std::vector<float> cover(patches, 1.f);
  for (std::size_t p = 0; p < patches; ++p) {
    const bool in_front = fit.scores[0][p] > limit;
    if (in_front) beyond.push_back(static_cast<int>(p));
    if (foreground != off && !in_front)
      cover[p] = 0;
    else
      shown.push_back(static_cast<int>(p));
  }
  const bool again = foreground == fits_again && beyond.size() > 3;
  Components drawn = fit;
  if (again) {
    drawn = refit(trace, question, beyond, means);
    drawn.scores.resize(3, std::vector<float>(patches, 0.f));
    drawn.shares.resize(3, 0);
  }

  MapSetBuilder set(subject, question);
  set.have_unit("");
  const std::string block = "components_block" + padded(question.block, static_cast<int>(trace.blocks.size()) - 1);
  std::array<std::vector<float>, 3> colors;
  for (std::size_t i = 0; i < 3; ++i) colors[i] = positions_of(drawn.scores[i], shown);
  const auto add = [&](MapLabel label, const std::vector<float>& scores) {
    std::vector<float> row(prefix, 0.f);
    row.insert(row.end(), scores.begin(), scores.end());
    set.add(std::move(label), row.data());
  };
  MapLabel all{block + "_rgb", "RGB", question.block, kNoHead};
  all.limit = limit;
  all.parameter = "show";
  all.parts = {1, 2, 3};
  all.paint = set.paint(std::array{colors[0], colors[1], colors[2], cover});
  // The numbers of the coloured map are those that decide what is foreground.
  add(std::move(all), fit.scores[0]);
  for (std::size_t i = 0; i < 3; ++i) {
    MapLabel one{block + "_pc" + std::to_string(i + 1), fmt::format("PC {}", i + 1), question.block, kNoHead};
    one.note = fmt::format("{:.0f} %", 100 * drawn.shares[i]);
    one.parameter = "show";
    one.value = static_cast<double>(i) + 1;
    one.paint = set.paint(std::array{colors[i], colors[i], colors[i], cover});
    add(std::move(one), drawn.scores[i]);
  }
  set.choose(static_cast<int>(value_of(question, "show")));
  set.have_facts(
      {drawn.shares[0], drawn.shares[1], drawn.shares[2], static_cast<double>(beyond.size()), again ? 1.0 : 0.0});
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const std::vector<double>& facts = set.facts;
  const auto foreground = static_cast<Foreground>(value_of(set.question, "foreground"));
  const int beyond = static_cast<int>(facts[3]);
  const std::string of = kind_phrase(kind_of(set.question), set.question.block);
  const std::string which =
      facts[4] > 0 ? fmt::format("the {} foreground patches", beyond) : fmt::format("all {} patches", set.patches());
  std::string text;
  if (index == 0)
    text = fmt::format(
        "Red, green and blue are the first three principal components of {}, fitted to {}: {:.0f} + {:.0f} + "
        "{:.0f} % of the variance.",
        of, which, 100 * facts[0], 100 * facts[1], 100 * facts[2]);
  else
    text = fmt::format("Principal component {} of {}, fitted to {}: {:.1f} % of the variance, black to white.", index,
                       of, which, 100 * facts[static_cast<std::size_t>(index) - 1]);
  if (foreground == off) return index == 0 ? text + " Patches of one colour hold much the same." : text;
  text += fmt::format(" {} of {} patches are foreground.", beyond, set.patches());
  if (foreground == fits_again && facts[4] == 0)
    text += " These are too few for components of their own; lower the threshold.";
  return text;
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
                              .about = about};

}  // namespace vit
