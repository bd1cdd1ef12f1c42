// The registry: each analysis is declared and listed here once.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "engine/base/error.h"
#include "engine/maps/analysis.h"

namespace vit {

extern const Analysis kHeads, kValueWeighted, kMask, kGrid, kStatisticsOfHeads, kMatrix, kRollout, kClassRollout,
    kGradient, kGradcam, kComponents, kSimilarity, kPositions, kNorms, kLens, kAblation;

std::span<const Analysis* const> analyses() {
  static constexpr std::array kAll = {
      &kHeads,    &kValueWeighted, &kMask,       &kGrid,       &kStatisticsOfHeads, &kMatrix, &kRollout, &kClassRollout,
      &kGradient, &kGradcam,       &kComponents, &kSimilarity, &kPositions,         &kNorms,  &kLens,    &kAblation};
  return kAll;
}

const Analysis* analysis_by_id(std::string_view id) {
  for (const Analysis* analysis : analyses())
    if (id == analysis->id) return analysis;
  return nullptr;
}

std::string refused_without_attention(const Trace& trace) {
  return trace.blocks.empty() ? "The pass kept no maps; run it again with queries and keys kept." : "";
}

void Means::step(double fraction) const {
  if (stop.stop_requested()) throw Cancelled();
  if (progress) progress(fraction);
}

double highest(const Parameter& parameter, const Trace& trace, int block) {
  if (parameter.is_block) return static_cast<double>(trace.blocks.size()) - 1;
  if (parameter.is_head) return trace.settings.heads(block) - 1;
  return parameter.is_class ? trace.model->config.classes - 1 : parameter.high;
}

bool applies(const Parameter& parameter, const ModelConfig& config) {
  return config.classes > 0 ? !parameter.without_classes : !parameter.is_class && !parameter.with_classes;
}

const Parameter* Analysis::parameter(std::string_view parameter_id) const {
  for (const Parameter& one : parameters)
    if (parameter_id == one.id) return &one;
  return nullptr;
}

double Analysis::value(const Question& question, std::string_view parameter_id) const {
  const auto found = question.values.find(std::string(parameter_id));
  if (found != question.values.end()) return found->second;
  const Parameter* known = parameter(parameter_id);
  return known == nullptr ? 0 : known->initial;
}

void validate(const Analysis& analysis, const Trace& trace, const Question& question) {
  const int last = static_cast<int>(trace.blocks.size()) - 1;
  if (const std::string why = analysis.refusal(trace); !why.empty()) throw Error(why);
  if (question.block < 0 || question.block > last)
    throw Error("There is no block " + std::to_string(question.block) + "; the network has blocks 0 to " +
                std::to_string(last) + ".");
  if (question.query < 0 || question.query >= trace.grid.tokens())
    throw Error("There is no token " + std::to_string(question.query) + "; the network has tokens 0 to " +
                std::to_string(trace.grid.tokens() - 1) + ".");
  if (question.direction != Direction::looks_at && !analysis.asks_direction)
    throw Error(std::string(analysis.name) + " cannot tell who looks at the query; ask the heads or the grid.");
  for (const auto& [id, value] : question.values) {
    const Parameter* known = analysis.parameter(id);
    if (known == nullptr) throw Error(std::string(analysis.name) + " has no parameter \"" + id + "\".");
    if (!applies(*known, trace.model->config) && value != known->initial)
      throw Error(fmt::format("{} means nothing here: this network has {}classes.", known->label,
                              known->is_class || known->with_classes ? "no " : ""));
    const double high = highest(*known, trace, question.block);
    const bool whole = known->is_block || known->is_class || known->is_head || !known->names.empty();
    if (value >= known->low && value <= high && (!whole || value == std::floor(value))) continue;
    throw Error(fmt::format("{} {:g} is not possible; choose a {}number from {:g} to {:g}.", known->label, value,
                            whole ? "whole " : "", known->low, high));
  }
}

}  // namespace vit
