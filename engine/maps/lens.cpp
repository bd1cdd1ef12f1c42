// The logit lens: what the network would answer if it ended after each block, for the token that it pools and for every
// patch (nostalgebraist 2020; for Vision Transformers Vilas et al. 2023, "Analyzing Vision Transformers for Image
// Classification in Class Embedding Space"). Without a head: how near each block's class token is to the last one's.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/block_tokens.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/readout.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

constexpr int kCurves = 5;
constexpr std::array kParameters = {
    Parameter{.id = "class",
              .label = "Class",
              .sentence = "The class whose logit every patch shows; -1: the one that the network finds most probable.",
              .low = -1,
              .high = -1,
              .initial = -1,
              .counts = Counts::classes},
};

std::string refusal(const Trace& trace) {
  const ModelConfig& config = trace.model->config;
  if (config.classes > 0 && config.pool == ModelConfig::Pool::attention)
    return "The classes of this network are read from a pool with an attention of its own over all tokens, so that no "
           "block's "
           "token says them.";
  return refused_without_tokens(trace);
}

double work(const Trace& trace, const Question&) {
  const double channels = trace.model->config.channels, classes = trace.model->config.classes;
  return static_cast<double>(trace.blocks.size()) * channels * (6.0 * trace.grid.tokens() + classes);
}

int likeliest(const std::vector<float>& logits) {
  return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

MapLabel label_of(int block, int depth) {
  return {"lens_block" + padded(block, depth - 1), fmt::format("block {}", block), block};
}

std::shared_ptr<const MapSet> answer_of_head(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const Model& model = *trace.model;
  const int depth = static_cast<int>(trace.blocks.size());
  const Readout readout(trace);
  const auto asked = static_cast<int>(analysis_by_id("lens")->value(question, "class"));
  const int chosen = asked < 0 ? likeliest(trace.logits) : asked;
  MapSetBuilder set(subject, question);
  set.have_unit("");
  std::vector<std::vector<double>> probabilities;  // (L, K)
  probabilities.reserve(static_cast<std::size_t>(depth));
  std::vector<double> facts = {static_cast<double>(chosen)};
  facts.reserve(static_cast<std::size_t>(depth) + 1);
  for (int block = 0; block < depth; ++block) {
    means.step(static_cast<double>(block) / depth);
    Matrix normed = readout.normed(block);
    const std::vector<float> tokens = readout.token_logits(normed, chosen);
    const std::vector<float> logits = readout.logits(std::move(normed));
    probabilities.push_back(softmax_of(logits));
    facts.push_back(likeliest(logits));
    MapLabel label = label_of(block, depth);
    label.note = percent_text(static_cast<float>(probabilities.back()[static_cast<std::size_t>(chosen)]));
    set.add(std::move(label), tokens.data());
  }
  // The classes that are likeliest at the end, and the chosen one.
  std::vector<int> order(probabilities.back().size());
  std::iota(order.begin(), order.end(), 0);
  const auto count = std::min<std::size_t>(kCurves, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), [&](int a, int b) {
    const double left = probabilities.back()[static_cast<std::size_t>(a)],
                 right = probabilities.back()[static_cast<std::size_t>(b)];
    return left != right ? left > right : a < b;
  });
  order.resize(count);
  if (std::find(order.begin(), order.end(), chosen) == order.end()) order.back() = chosen;
  BlockCurves curves{.title = "probability", .low = 0, .high = 1, .percent = true};
  for (const int which : order) {
    BlockCurves::Curve curve{class_name_of(model, which), {}, which == chosen};
    curve.values.reserve(probabilities.size());
    for (const auto& block : probabilities)
      curve.values.push_back(static_cast<float>(block[static_cast<std::size_t>(which)]));
    curves.curves.push_back(std::move(curve));
  }
  float most = 0;
  for (const BlockCurves::Curve& curve : curves.curves)
    most = std::max(most, *std::max_element(curve.values.begin(), curve.values.end()));
  const float step = most > 0.12f ? 0.2f : 0.04f;  // so that a quarter of the axis is a whole number of per cent
  curves.high = std::clamp(std::ceil(most / step) * step, step, 1.f);
  int settled = depth - 1;
  while (settled > 0 && facts[static_cast<std::size_t>(settled)] == facts.back()) --settled;
  curves.mark = settled;
  curves.mark_words = fmt::format("settles in block {}", settled);
  set.have_curves(std::move(curves));
  set.have_facts(std::move(facts));
  return set.finish();
}

/// (C) the class token, or the mean of the patches where there is none.
std::vector<float> subject_of(const Matrix& features, const Trace& trace) {
  if (trace.model->config.class_token) return {features.row(0), features.row(0) + features.cols()};
  std::vector<double> sum(static_cast<std::size_t>(features.cols()), 0.0);
  const int patches = features.rows() - trace.grid.prefix;
  for (int t = trace.grid.prefix; t < features.rows(); ++t)
    for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += features.row(t)[c];
  std::vector<float> mean;
  mean.reserve(sum.size());
  for (const double one : sum) mean.push_back(static_cast<float>(one / patches));
  return mean;
}

std::string subject_phrase(const ModelConfig& config) {
  return config.class_token ? "class token" : "mean of the patches";
}

std::shared_ptr<const MapSet> answer_of_features(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const int depth = static_cast<int>(trace.blocks.size());
  const Readout readout(trace);
  const std::vector<float> last = subject_of(readout.normed(depth - 1), trace);
  const int channels = static_cast<int>(last.size());
  MapSetBuilder set(subject, question);
  set.have_unit("");
  BlockCurves curves{.title = "cosine with the last block's", .low = 0, .high = 1};
  curves.curves.push_back({subject_phrase(trace.model->config), {}, true});
  std::vector<float>& curve = curves.curves.front().values;
  curve.reserve(static_cast<std::size_t>(depth));
  for (int block = 0; block < depth; ++block) {
    means.step(static_cast<double>(block) / depth);
    const Matrix normed = readout.normed(block);
    curve.push_back(static_cast<float>(cosine(subject_of(normed, trace).data(), last.data(), channels)));
    std::vector<float> row;
    row.reserve(static_cast<std::size_t>(normed.rows()));
    for (int t = 0; t < normed.rows(); ++t)
      row.push_back(static_cast<float>(cosine(normed.row(t), last.data(), channels)));
    MapLabel label = label_of(block, depth);
    label.note = fmt::format("{:.2f}", curve.back());
    set.add(std::move(label), row.data());
  }
  curves.low = std::min(0.f, *std::min_element(curve.begin(), curve.end()));
  constexpr float kNear = 0.9f;
  int settled = depth - 1;
  while (settled > 0 && curve[static_cast<std::size_t>(settled) - 1] >= kNear) --settled;
  curves.mark = settled;
  curves.mark_words = fmt::format("≥ {:g} from block {}", kNear, settled);
  set.have_curves(std::move(curves));
  return set.finish();
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  means.step(0);
  return subject.trace->model->head ? answer_of_head(subject, question, means)
                                    : answer_of_features(subject, question, means);
}

std::string place_of_most(const MapSet& set, int index) {
  const std::span<const float> map = set.map(index);
  return place_text(static_cast<int>(std::max_element(map.begin(), map.end()) - map.begin()), set.cols);
}

std::string about_features(const MapSet& set, int index) {
  const ModelConfig& config = set.trace->model->config;
  const int block = set.labels[static_cast<std::size_t>(index)].block;
  const std::string subject = subject_phrase(config);
  const int depth = set.count(), near = set.curves->mark;
  const std::string when = near == depth - 1 ? "no block before that comes near (0.9)"
                                             : fmt::format("from block {} on it is near (0.9)", near);
  return fmt::format(
      "This network has no classes. After block {} its {} has a cosine of {:.2f} with the last block's; {}. "
      "The map: cosine of each patch with the last block's {}, {:.2f} at most, in {}.",
      block, subject, set.curves->curves.front().values[static_cast<std::size_t>(index)], when, subject,
      set.own[static_cast<std::size_t>(index)].high, place_of_most(set, index));
}

std::string about(const MapSet& set, int index) {
  const Model& model = *set.trace->model;
  if (!model.head) return about_features(set, index);
  const int block = set.labels[static_cast<std::size_t>(index)].block;
  const int chosen = static_cast<int>(set.facts.front());
  const int here = static_cast<int>(set.facts[static_cast<std::size_t>(index) + 1]);
  const int last = static_cast<int>(set.facts.back());
  const Range& range = set.own[static_cast<std::size_t>(index)];
  std::string text =
      fmt::format("If the network ended after block {}, it would say “{}”", block, class_name_of(model, here));
  const int mark = set.curves->mark;
  if (mark <= block)
    text += mark == block ? ", and from here on." : fmt::format(", as it does from block {} on.", mark);
  else
    text += here == last ? fmt::format(", but for good only from block {} on.", mark)
                         : fmt::format("; from block {} on it says “{}”.", mark, class_name_of(model, last));
  return text + fmt::format(
                    " The map: each patch's logit of “{}”, read as if it were what the head reads: {:.1f} to {:.1f}, "
                    "the most in {}.",
                    class_name_of(model, chosen), range.low, range.high, place_of_most(set, index));
}

std::string caption(const MapSet& set, int) {
  const Model& model = *set.trace->model;
  if (!model.head)
    return "cosine of each patch's features with those of the last block's " + subject_phrase(model.config);
  return "logit of " + class_phrase(model, static_cast<int>(set.facts.front())) +
         (analysis_by_id("lens")->value(set.question, "class") < 0 ? ", the most probable, " : " ") +
         "read from each patch";
}

std::string quantity(const MapSet& set) {
  return set.trace->model->head ? "logit" : "cosine";
}

std::string caption_of_curves(const MapSet& set) {
  return set.trace->model->head
             ? "what the network would answer if it ended after each block"
             : "each block's " + subject_phrase(set.trace->model->config) + " beside the last block's";
}

}  // namespace

extern const Analysis kLens;
const Analysis kLens = {
    .id = "lens",
    .name = "Logit lens",
    .group = "tokens",
    .sentence = "What the network would answer if it ended after each block, and which patches say so.",
    .reference = "nostalgebraist 2020; Vilas et al. 2023",
    .asks_block = false,
    .asks_direction = false,
    .asks_query = false,
    .reads_output = true,
    .has_curves = true,
    .parameters = kParameters,
    .refusal = refusal,
    .work = work,
    .answer = answer,
    .about = about,
    .caption = caption,
    .quantity = quantity,
    .caption_of_curves = caption_of_curves};

}  // namespace vit
