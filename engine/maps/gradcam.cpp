// Grad-CAM (Selvaraju et al. 2017) on the tokens that a block's attention reads, the output of norm1: each channel
// weighs as much as its gradient, the mean over the patches; the weighted sum of a token's channels, negative ones cut.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/maps/for_class.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

constexpr std::array kParameters = {kClassParameter, kComparedParameter, kOtherPatchParameter};

double work(const Trace& trace, const Question&) {
  return backward_work(trace, 0);
}

/// (N) of one block.
std::vector<float> cam(const TokenGrid& grid, MatrixView tokens, MatrixView gradient) {
  const auto channels = static_cast<std::size_t>(tokens.cols);
  std::vector<double> weights(channels, 0);
  for (int t = grid.prefix; t < tokens.rows; ++t)
    for (std::size_t c = 0; c < channels; ++c) weights[c] += gradient.row(t)[c];
  std::vector<float> map(static_cast<std::size_t>(tokens.rows));
  for (int t = 0; t < tokens.rows; ++t) {
    double sum = 0;
    for (std::size_t c = 0; c < channels; ++c) sum += weights[c] * tokens.row(t)[c];
    map[static_cast<std::size_t>(t)] = static_cast<float>(std::max(0.0, sum / (tokens.rows - grid.prefix)));
  }
  return map;
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const int depth = static_cast<int>(trace.blocks.size());
  std::vector<std::vector<float>> maps(static_cast<std::size_t>(depth));
  const BackwardHooks hooks{.tokens = [&](int block, MatrixView tokens, MatrixView gradient) {
    maps[static_cast<std::size_t>(block)] = cam(trace.grid, tokens, gradient);
  }};
  const Target target = target_of(subject, *analysis_by_id(question.analysis), question);
  const BackwardRun run = run_backward(trace, target, hooks, means);
  MapSetBuilder set(subject, question);
  set.took_backward(run);
  set.have_unit("");
  for (int block = 0; block < depth; ++block)
    set.add({"gradcam_block" + padded(block, depth - 1), "block " + std::to_string(block), block},
            maps[static_cast<std::size_t>(block)].data());
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  return strength_sentence(
      set, index, fmt::format("Grad-CAM of block {}'s tokens", set.labels[static_cast<std::size_t>(index)].block));
}

std::string caption(const MapSet& set, int) {
  return "Grad-CAM for " + target_title(set);
}

std::string quantity(const MapSet&) {
  return "Grad-CAM: the token's channels weighted with their gradients, summed, negative sums as 0";
}

}  // namespace

extern const Analysis kGradcam;
const Analysis kGradcam = {.id = "gradcam",
                           .name = "Grad-CAM",
                           .group = "flow",
                           .sentence =
                               "Which patches' tokens, as the chosen block's attention reads them, raise a "
                               "class: channels weighted with their gradients.",
                           .reference = "Selvaraju et al. 2017",
                           .asks_block = false,
                           .asks_direction = false,
                           .reads_output = true,
                           .parameters = kParameters,
                           .refusal = refused_backward,
                           .work = work,
                           .answer = answer,
                           .about = about,
                           .caption = caption,
                           .quantity = quantity,
                           .heeds_query = compares_with_query};

}  // namespace vit
