#include "app/analysis/features.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

namespace headlight {
namespace {

using Vector = std::vector<double>;

Vector row_of(const vit::Matrix& features, int token) {
  return {features.row(token), features.row(token) + features.cols()};
}

/// The class token's features, or the mean of the patches' where there is none.
Vector subject_of(const vit::Trace& trace) {
  if (trace.model->config.class_token) return row_of(trace.features, 0);
  Vector mean(static_cast<std::size_t>(trace.features.cols()), 0.0);
  for (int t = trace.grid.prefix; t < trace.grid.tokens(); ++t)
    for (std::size_t c = 0; c < mean.size(); ++c) mean[c] += trace.features.row(t)[c];
  return mean;  // its length does not matter to a cosine
}

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double cosine(const Vector& a, const Vector& b) {
  const double lengths = std::sqrt(dot(a, a) * dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths : 0;
}

FeatureChange change_of(const vit::Trace& trace, const vit::Trace& trained) {
  double moved = 0, whole = 0;
  for (int t = 0; t < trace.grid.tokens(); ++t)
    for (int c = 0; c < trace.features.cols(); ++c) {
      const double before = trained.features(t, c), difference = trace.features(t, c) - before;
      moved += difference * difference;
      whole += before * before;
    }
  return {cosine(subject_of(trace), subject_of(trained)), whole > 0 ? std::sqrt(moved / whole) : 0};
}

}  // namespace

FeatureFacts feature_facts(const vit::Trace& trace, const vit::Trace* trained, std::size_t patches) {
  FeatureFacts facts{.channels = trace.features.cols(),
                     .class_token = trace.model->config.class_token,
                     .departs = !vit::as_trained(trace.settings, trace.model->config)};
  const Vector subject = subject_of(trace);
  for (int t = trace.grid.prefix; t < trace.grid.tokens(); ++t)
    facts.alike.push_back({t, cosine(row_of(trace.features, t), subject)});
  const auto kept = std::min(patches, facts.alike.size());
  std::partial_sort(facts.alike.begin(), facts.alike.begin() + static_cast<std::ptrdiff_t>(kept), facts.alike.end(),
                    [](const AlikePatch& a, const AlikePatch& b) {
                      return a.cosine != b.cosine ? a.cosine > b.cosine : a.token < b.token;
                    });
  facts.alike.resize(kept);
  if (facts.departs && trained != nullptr && trained->pixels == trace.pixels) facts.change = change_of(trace, *trained);
  return facts;
}

std::string feature_sentence(const FeatureFacts& facts) {
  const std::string subject = facts.class_token ? "the class token" : "the mean of the patches";
  if (facts.change)
    return fmt::format(
        "These settings leave {} a cosine of {:.2f} with its features as trained; the features of all "
        "tokens moved by {:.0f} % of their length.",
        subject, facts.change->cosine, 100 * facts.change->moved);
  if (facts.departs) return "Not as trained; the pass to compare these features with is still to come.";
  return fmt::format(
      "This network has no classes: it gives each token {} features. Change the heads to see how far "
      "they move.",
      facts.channels);
}

}  // namespace headlight
