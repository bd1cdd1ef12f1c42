#include "engine/maps/for_class.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/pool.h"
#include "engine/base/quantity.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

/// What a network without classes is known by.
int known_by(const ModelConfig& config) {
  return config.class_token ? 0 : kMeanOfPatches;
}

/// The mean of the features of some tokens. (C)
std::vector<float> features_of(const Trace& trace, int token) {
  const int first = token == kMeanOfPatches ? trace.grid.prefix : token;
  const int last = token == kMeanOfPatches ? trace.grid.tokens() : token + 1;
  std::vector<double> sum(static_cast<std::size_t>(trace.features.cols()), 0);
  for (int t = first; t < last; ++t)
    for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += trace.features.row(t)[c];
  std::vector<float> mean(sum.size());
  for (std::size_t c = 0; c < sum.size(); ++c) mean[c] = static_cast<float>(sum[c] / (last - first));
  return mean;
}

enum Compared : std::uint8_t { itself, query, second, query_with_second };

/// The token of the second photo: a patch, or what the network is known by.
int token_of_second(const Subject& subject, const Analysis& analysis, const Question& question) {
  const int patch = static_cast<int>(analysis.value(question, kOtherPatchParameter.id));
  return patch >= 0 ? subject.other->grid.prefix + patch : known_by(subject.other->model->config);
}

std::string token_words(int token, const Trace& trace) {
  return token == kMeanOfPatches ? "the mean patch" : query_phrase(token, trace.grid, trace.model->config);
}

}  // namespace

Target target_of(const Subject& subject, const Analysis& analysis, const Question& question) {
  const Trace& trace = *subject.trace;
  const ModelConfig& config = trace.model->config;
  if (config.classes > 0) {
    const int chosen = static_cast<int>(analysis.value(question, kClassParameter.id));
    const auto top = std::max_element(trace.logits.begin(), trace.logits.end()) - trace.logits.begin();
    return {.logit = chosen >= 0 ? chosen : static_cast<int>(top)};
  }
  const int token = known_by(config);
  Target target{.token = token};
  const auto compared = static_cast<Compared>(analysis.value(question, kComparedParameter.id));
  if (compared == second || compared == query_with_second) {
    if (compared == query_with_second) target.token = question.query;
    target.direction = features_of(*subject.other, token_of_second(subject, analysis, question));
    target.cosine = true;
    return target;
  }
  // The cosine of features to themselves stays 1, whatever changes; their length along their direction does not.
  target.cosine = compared == query && question.query != token;
  target.direction = features_of(trace, target.cosine ? question.query : token);
  if (target.cosine) return target;
  double length = 0;
  for (const float value : target.direction) length += static_cast<double>(value) * value;
  for (float& value : target.direction) value = static_cast<float>(value / std::max(std::sqrt(length), 1e-30));
  return target;
}

std::string target_phrase(const MapSet& set) {
  const Trace& trace = *set.trace;
  const Analysis& analysis = *analysis_by_id(set.question.analysis);
  const Subject subject(set.trace, set.other);
  const Target target = target_of(subject, analysis, set.question);
  if (target.logit >= 0) {
    const auto index = static_cast<std::size_t>(target.logit);
    const std::vector<std::string>& labels = trace.model->labels;
    const std::string name =
        index < labels.size() ? "the class “" + labels[index] + "”" : "class " + std::to_string(target.logit);
    const double largest = *std::max_element(trace.logits.begin(), trace.logits.end());
    double sum = 0;
    for (const float logit : trace.logits) sum += std::exp(logit - largest);
    return fmt::format("{} (probability {:.3f})", name, std::exp(trace.logits[index] - largest) / sum);
  }
  const std::string whose = target.token == kMeanOfPatches ? "the mean patch's features" : "the class token's features";
  if (!target.cosine) return whose + ", along their own direction";
  if (set.other)
    return fmt::format("the likeness of the features of {} to those of {} on the second photo (cosine {:.3f})",
                       token_words(target.token, trace),
                       token_words(token_of_second(subject, analysis, set.question), *set.other),
                       value_of(target, trace));
  return fmt::format("the likeness of {} to those of {} (cosine {:.3f})", whose,
                     query_phrase(set.question.query, trace.grid, trace.model->config), value_of(target, trace));
}

std::string target_title(const MapSet& set) {
  const Trace& trace = *set.trace;
  const Analysis& analysis = *analysis_by_id(set.question.analysis);
  const Target target = target_of(Subject(set.trace, set.other), analysis, set.question);
  if (target.logit >= 0) {
    const bool asked = analysis.value(set.question, kClassParameter.id) >= 0;
    return class_phrase(*trace.model, target.logit) + (asked ? "" : ", the most probable");
  }
  std::string whose = "the features of " + token_words(target.token, trace);
  if (!target.cosine) return whose;
  return "the likeness of " + whose + " to those of " +
         (set.other ? token_words(token_of_second(Subject(set.trace, set.other), analysis, set.question), *set.other) +
                          " on the second photo"
                    : token_words(set.question.query, trace));
}

bool compares_with_query(const Question& question, const ModelConfig& config) {
  if (config.classes > 0) return false;
  const auto compared =
      static_cast<Compared>(analysis_by_id(question.analysis)->value(question, kComparedParameter.id));
  return compared == query || compared == query_with_second;
}

BackwardRun run_backward(const Trace& trace, const Target& target, const BackwardHooks& hooks, const Means& means) {
  Pool pool(std::max(1, trace.settings.threads));
  Meter meter(means.stop, means.progress);
  backward(trace, target, hooks, meter, pool);
  return {hooks.way(), meter.timings()};
}

double backward_work(const Trace& trace, int down_to) {
  const ModelConfig& config = trace.model->config;
  const double blocks = config.depth - down_to, tokens = trace.grid.tokens(), channels = config.channels;
  const double weights = channels * (4 * channels + config.hidden * (config.swiglu ? 3.0 : 2.0));
  const double macs = blocks * tokens * (1.5 * weights + 6 * tokens * channels);
  constexpr double kMacsOfFloat = 50;  // in the time that it takes to read one
  return macs / kMacsOfFloat;
}

std::string strength_sentence(const MapSet& set, int index, const std::string& who) {
  const auto map = set.map(index);
  double sum = 0;
  for (const float value : map) sum += value;
  if (sum <= 0) return fmt::format("For {}: no patch has any of {}.", target_phrase(set), who);
  const auto peak = std::max_element(map.begin(), map.end());
  const int half = half_mass_count(map);
  return fmt::format("For {}: {} is strongest at {}, {} of all patches' sum; {} of {} patches have half of it.",
                     target_phrase(set), who, place_text(static_cast<int>(peak - map.begin()), set.cols),
                     percent_text(*peak / static_cast<float>(sum)), half, set.patches());
}

}  // namespace vit
