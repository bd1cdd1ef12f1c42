#include "engine/maps/ablation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/base/quantity.h"
#include "engine/maps/head_curves.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"
#include "engine/network/forward.h"

namespace vit {
namespace {

template <typename A, typename B>
double one_minus_cosine(const A* a, const B* b, int count) {
  double product = 0, of_a = 0, of_b = 0;
  for (int i = 0; i < count; ++i) {
    product += static_cast<double>(a[i]) * b[i];
    of_a += static_cast<double>(a[i]) * a[i];
    of_b += static_cast<double>(b[i]) * b[i];
  }
  if (of_a <= 0 || of_b <= 0) return of_a == of_b ? 0 : 1;
  return std::max(0.0, 1 - product / std::sqrt(of_a * of_b));
}

double probability_of(const std::vector<float>& logits, int klass) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  return std::exp(logits[static_cast<std::size_t>(klass)] - largest) / sum;
}

/// What one pass without a head says beside the pass with it.
HeadEffect compare(const Trace& with, const Trace& without, int klass) {
  HeadEffect effect;
  const int channels = with.features.cols();
  effect.tokens.reserve(static_cast<std::size_t>(with.features.rows()));
  for (int token = 0; token < with.features.rows(); ++token)
    effect.tokens.push_back(
        static_cast<float>(one_minus_cosine(with.features.row(token), without.features.row(token), channels)));
  effect.features = one_minus_cosine(subject_of(with).data(), subject_of(without).data(), channels);
  if (with.logits.empty()) return effect;
  const auto at = static_cast<std::size_t>(klass);
  effect.logit = static_cast<double>(without.logits[at]) - with.logits[at];
  effect.probability = probability_of(without.logits, klass) - probability_of(with.logits, klass);
  return effect;
}

}  // namespace

std::vector<double> subject_of(const Trace& trace) {
  const Matrix& features = trace.features;
  const auto channels = static_cast<std::size_t>(features.cols());
  if (trace.model->config.class_token) return {features.row(0), features.row(0) + channels};
  std::vector<double> mean(channels, 0);
  for (int token = trace.grid.prefix; token < features.rows(); ++token)
    for (std::size_t c = 0; c < channels; ++c) mean[c] += features.row(token)[c];
  for (double& value : mean) value /= features.rows() - trace.grid.prefix;
  return mean;
}

int likeliest_class(const Trace& trace) {
  return static_cast<int>(std::max_element(trace.logits.begin(), trace.logits.end()) - trace.logits.begin());
}

namespace {

/// Adds to `effects` the heads that are not among them yet; those that are stay where it is cancelled.
void measure(const Trace& trace, int klass, const Means& means, std::vector<HeadEffect>& effects) {
  const int depth = trace.settings.depth();
  PassInput input{.model = trace.model, .pixels = trace.pixels, .settings = trace.settings, .extent = {}};
  input.settings.keep = Keep::qk;
  Pool pool(input.settings.pass_threads());
  double all = 0, done = 0;  // blocks to run
  for (int block = 0; block < depth; ++block) all += static_cast<double>(trace.settings.heads(block)) * (depth - block);
  const std::size_t known = effects.size();
  std::size_t place = 0;
  for (int block = 0; block < depth; ++block)
    for (int head = 0; head < trace.settings.heads(block); ++head) {
      const bool is_known = place++ < known;
      if (!is_known) means.step(done / all);
      done += depth - block;
      if (is_known) continue;
      if (trace.settings.blocks[static_cast<std::size_t>(block)].is_off(head)) {
        effects.push_back({.block = block,
                           .head = head,
                           .was_off = true,
                           .tokens = std::vector<float>(static_cast<std::size_t>(trace.grid.tokens()), 0.f)});
        continue;
      }
      PassInput without = input;
      without.settings.switch_head(block, head, true);
      Meter meter(means.stop);
      HeadEffect effect = compare(trace, *forward(without, meter, pool, &trace), klass);
      effect.block = block;
      effect.head = head;
      effects.push_back(std::move(effect));
    }
}

/// Of which pass and which class.
struct Asked {
  std::uint64_t run = 0;
  int klass = 0;
  bool operator==(const Asked&) const = default;
};

/// The newest whole answer, and the newest one that was cancelled, so that it goes on where it was left.
struct Kept {
  std::mutex mutex;
  Asked whole_of, begun_of;
  std::shared_ptr<const std::vector<HeadEffect>> whole;
  std::vector<HeadEffect> begun;
};

}  // namespace

std::shared_ptr<const std::vector<HeadEffect>> head_effects(const Trace& trace, int klass, const Means& means) {
  static Kept kept;
  means.step(0);
  const Asked asked{trace.run, klass};
  std::vector<HeadEffect> effects;
  {
    const std::lock_guard lock(kept.mutex);
    if (kept.whole && kept.whole_of == asked) return kept.whole;
    if (kept.begun_of == asked) effects = std::exchange(kept.begun, {});
  }
  try {
    measure(trace, klass, means, effects);
  } catch (const Cancelled&) {
    const std::lock_guard lock(kept.mutex);
    kept.begun_of = asked;
    kept.begun = std::move(effects);
    throw;
  }
  auto made = std::make_shared<const std::vector<HeadEffect>>(std::move(effects));
  const std::lock_guard lock(kept.mutex);
  kept.whole_of = asked;
  kept.whole = made;
  return made;
}

namespace {

enum By : std::uint8_t { by_logit, by_features };
constexpr std::array kBy = {"logit", "features"};
constexpr std::array kParameters = {
    Parameter{.id = "by",
              .label = "By",
              .sentence =
                  "What a head's effect is measured by: the change of the class's logit, or how far the features "
                  "that tell of the network turn (1 − cosine). A network without classes has the second alone.",
              .low = 0,
              .high = kBy.size() - 1,
              .initial = 0,
              .names = kBy,
              .with_classes = true},
    Parameter{.id = "class",
              .label = "Class",
              .sentence =
                  "The class whose logit is measured; -1 is the most probable one. A click on a prediction chooses it.",
              .low = -1,
              .high = 0,
              .initial = -1,
              .counts = Counts::classes},
};

constexpr std::array<MapTable::Column, 5> kColumns = {{{"rank", "rank, 1 has most effect"},
                                                       {"effect", "effect"},
                                                       {"logit_change", "change of the logit"},
                                                       {"probability_change", "change of the probability"},
                                                       {"features_change", "1 − cosine of the features"}}};

std::string refusal(const Trace& trace) {
  if (trace.extent.whole()) return refused_without_attention(trace);
  return "The pass ended before the last block; run all of it.";
}

bool has_classes(const Trace& trace) {
  return !trace.logits.empty();
}

bool ranks_by_logit(const Trace& trace, const Question& question) {
  return has_classes(trace) && static_cast<By>(analysis_by_id("ablation")->value(question, "by")) == by_logit;
}

int class_of(const Trace& trace, const Question& question) {
  const int klass = static_cast<int>(analysis_by_id("ablation")->value(question, "class"));
  return klass >= 0 || !has_classes(trace) ? klass : likeliest_class(trace);
}

double work(const Trace& trace, const Question&) {
  const double tokens = trace.grid.tokens(), channels = trace.model->config.channels;
  double passes = 0;
  for (int block = 0; block < trace.settings.depth(); ++block)
    passes += trace.settings.heads(block) * static_cast<double>(trace.settings.depth() - block);
  // Passes of the network: however small it is, they are not for the thread that draws.
  return std::max(1e6, passes * tokens * channels * channels);
}

std::shared_ptr<const MapTable> table_of(const std::vector<HeadEffect>& effects, bool by_logit_, bool classes) {
  auto table = std::make_shared<MapTable>();
  table->columns.assign(kColumns.begin(), kColumns.end());
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  std::vector<int> order(effects.size());
  std::iota(order.begin(), order.end(), 0);
  const auto size_of = [&](int i) {
    const HeadEffect& effect = effects[static_cast<std::size_t>(i)];
    return std::abs(by_logit_ ? effect.logit : effect.features);
  };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return size_of(a) > size_of(b); });
  std::vector<float> rank(effects.size());
  for (std::size_t i = 0; i < order.size(); ++i) rank[static_cast<std::size_t>(order[i])] = static_cast<float>(i + 1);
  table->values.reserve(effects.size() * kColumns.size());
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const HeadEffect& effect = effects[i];
    table->values.push_back(rank[i]);
    table->values.push_back(static_cast<float>(by_logit_ ? effect.logit : effect.features));
    table->values.push_back(classes ? static_cast<float>(effect.logit) : kNone);
    table->values.push_back(classes ? static_cast<float>(effect.probability) : kNone);
    table->values.push_back(static_cast<float>(effect.features));
  }
  return table;
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const int klass = class_of(trace, question), last = trace.settings.depth() - 1;
  const auto effects = head_effects(trace, klass, means);
  MapSetBuilder set(subject, question);
  set.have_unit("");
  set.have_table(table_of(*effects, ranks_by_logit(trace, question), has_classes(trace)));
  const bool logit = ranks_by_logit(trace, question);
  std::vector<HeadNumber> numbers;
  numbers.reserve(effects->size());
  for (const HeadEffect& effect : *effects)
    numbers.push_back({effect.block, effect.head, static_cast<float>(logit ? effect.logit : effect.features)});
  set.have_curves(curves_of_heads(numbers, logit ? "change of the logit" : "1 − cosine of the features"));
  for (const HeadEffect& effect : *effects)
    set.add({"ablation_block" + padded(effect.block, last) + "_head" +
                 padded(effect.head, trace.settings.heads(effect.block) - 1),
             fmt::format("head {}", effect.head), effect.block, effect.head},
            effect.tokens.data());
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const Trace& trace = *set.trace;
  const float logit = set.table->at(index, 2), probability = set.table->at(index, 3),
              features = set.table->at(index, 4);
  if (trace.settings.blocks[static_cast<std::size_t>(label.block)].is_off(label.head))
    return fmt::format("Head {} of block {} is switched off already: without it nothing changes.", label.head,
                       label.block);
  std::string text =
      fmt::format("Without head {} of block {}, the features of {} turn by 1 − cosine = {:.2g}", label.head,
                  label.block, trace.model->config.class_token ? "the class token" : "the patches together", features);
  if (!std::isnan(logit)) {
    const int klass = class_of(trace, set.question);
    const std::string name = class_title(*trace.model, klass);
    const auto signed_text = [](float change, int digits) {
      return fmt::format("{}{:.{}g}", change < 0 ? "−" : "+", std::abs(change), digits);
    };
    text += fmt::format(", the logit of {} changes by {}, and its probability by {} points", name,
                        signed_text(logit, 3), signed_text(100 * probability, 2));
  }
  const std::span<const float> map = set.map(index);
  const auto most = std::max_element(map.begin(), map.end());
  text += fmt::format(". Rank {:.0f} of {} heads. The patch {} turns most: {:.2g}.", set.table->at(index, 0),
                      set.count(), place_text(static_cast<int>(most - map.begin()), set.cols), *most);
  return text;
}

std::string caption(const MapSet&, int index) {
  return std::string("how far each patch's features turn without ") + (index < 0 ? "each head" : "the head");
}

std::string caption_of_curves(const MapSet& set) {
  const Trace& trace = *set.trace;
  if (ranks_by_logit(trace, set.question))
    return "change of the logit of " + class_title(*trace.model, class_of(trace, set.question)) + " without each head";
  return std::string("how far the features of ") +
         (trace.model->config.class_token ? "the class token" : "the patches together") + " turn without each head";
}

std::string quantity(const MapSet&) {
  return "1 − cosine of the features with and without the head";
}

}  // namespace

extern const Analysis kAblation;
const Analysis kAblation = {
    .id = "ablation",
    .name = "Effect",
    .group = "grid",
    .sentence = "What the network loses without a head: all heads switched off one by one and ranked.",
    .reference = "",
    .asks_block = false,
    .asks_direction = false,
    .asks_query = false,
    .reads_output = true,
    .has_table = true,
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
