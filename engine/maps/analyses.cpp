// The registry: each analysis is declared and listed here once.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/error.h"
#include "engine/maps/analysis.h"

namespace vit {

extern const Analysis kHeads, kValueWeighted, kMask, kBiasAlone, kPoolAttention, kGrid, kStatisticsOfHeads, kMatrix,
    kRollout, kClassRollout, kGradient, kGradcam, kComponents, kSimilarity, kPositions, kNorms, kLens, kAblation,
    kDifference;

std::span<const Analysis* const> analyses() {
  static constexpr std::array kAll = {
      &kHeads,     &kValueWeighted, &kMask,         &kBiasAlone, &kPoolAttention, &kGrid,       &kStatisticsOfHeads,
      &kMatrix,    &kRollout,       &kClassRollout, &kGradient,  &kGradcam,       &kComponents, &kSimilarity,
      &kPositions, &kNorms,         &kLens,         &kAblation,  &kDifference};
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

namespace {

/// Whether what the question asks for comes behind that number. A block's attention itself is there once its softmax
/// is.
bool comes_behind(const Analysis& analysis, const Question& question, const NotFinite& where) {
  if (where.behind_blocks()) return analysis.reads_output;
  if (where.before_blocks() || !analysis.asks_block || analysis.reads_output) return true;
  const bool attention_is_there = where.op > Op::attn_drop || where.op == Op::mid_position;
  return question.block > where.block || (question.block == where.block && !(analysis.is_plain && attention_is_there));
}

}  // namespace

std::string refused_as_not_finite(const Analysis& analysis, const Subject& subject, const Question& question) {
  const auto& where = subject.trace->not_finite;
  if (where && comes_behind(analysis, question, *where)) return sentence_of(*where);
  if (!subject.other || !asks_other(analysis, question)) return "";
  const auto& there = subject.other->not_finite;
  return there && comes_behind(analysis, question, *there) ? "Side B: " + sentence_of(*there) : "";
}

void Means::step(double fraction) const {
  if (stop.stop_requested()) throw Cancelled();
  if (progress) progress(fraction);
}

std::string refused_beside(const Subject& subject) {
  if (!subject.other) return "There is no second photo; choose one for side B.";
  if (subject.other->model != subject.trace->model)
    return "Side B runs another network, whose tokens say nothing beside these; let it run side A's network.";
  return subject.other->blocks.size() == subject.trace->blocks.size() &&
                 subject.other->output.rows() == subject.other->grid.tokens()
             ? ""
             : "The pass of side B ended before the last block's output; run all of it.";
}

bool asks_other(const Analysis& analysis, const Question& question) {
  return analysis.compares ||
         std::any_of(analysis.parameters.begin(), analysis.parameters.end(), [&](const Parameter& parameter) {
           return parameter.names_alone > 0 && analysis.value(question, parameter.id) >= parameter.names_alone;
         });
}

bool asks_query(const Analysis& analysis, const Question& question, const ModelConfig& config) {
  return analysis.asks_query && depends_on_query(analysis, question, config);
}

bool depends_on_query(const Analysis& analysis, const Question& question, const ModelConfig& config) {
  return analysis.heeds_query != nullptr ? analysis.heeds_query(question, config) : analysis.asks_query;
}

Subject asked_of(const Analysis& analysis, const Subject& subject, const Question& question) {
  return asks_other(analysis, question) ? subject : Subject(subject.trace);
}

double highest(const Parameter& parameter, const Subject& subject, int block) {
  const Trace& trace = *subject.trace;
  if (parameter.names_alone > 0 && !refused_beside(subject).empty()) return parameter.names_alone - 1;
  switch (parameter.counts) {
    case Counts::blocks:
      return static_cast<double>(trace.blocks.size()) - 1;
    case Counts::heads:
      return trace.settings.heads(block) - 1;
    case Counts::classes:
      return trace.model->config.classes - 1;
    case Counts::other_blocks:
      return subject.other ? static_cast<double>(subject.other->blocks.size()) - 1 : -1;
    case Counts::other_patches:
      return refused_beside(subject).empty() ? subject.other->grid.rows * subject.other->grid.cols - 1 : -1;
    case Counts::numbers:
      break;
  }
  return parameter.high;
}

bool applies(const Parameter& parameter, const ModelConfig& config) {
  const bool of_classes = parameter.counts == Counts::classes || parameter.with_classes;
  return config.classes > 0 ? !parameter.without_classes : !of_classes;
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

namespace {

std::string named(const Parameter& parameter, double value) {
  const auto index = static_cast<std::size_t>(value);
  return index < parameter.names.size() ? fmt::format("\"{}\"", parameter.names[index]) : fmt::format("{:g}", value);
}

/// Of one that compares.
void validate_pair(const Analysis& analysis, const Subject& subject, const Question& question) {
  if (!subject.other)
    throw Error(std::string(analysis.name) + " needs a side B: choose a second network or a second photo.");
  if (const std::string why = analysis.refusal(*subject.other); !why.empty()) throw Error("Side B: " + why);
  if (analysis.refusal_of_pair != nullptr)
    if (const std::string why = analysis.refusal_of_pair(subject, question); !why.empty()) throw Error(why);
}

}  // namespace

void validate(const Analysis& analysis, const Subject& subject, const Question& question) {
  const Trace& trace = *subject.trace;
  const int last = static_cast<int>(trace.blocks.size()) - 1;
  if (const std::string why = analysis.refusal(trace); !why.empty()) throw Error(why);
  if (question.block < 0 || question.block > last)
    throw Error("There is no block " + std::to_string(question.block) + "; the network has blocks 0 to " +
                std::to_string(last) + ".");
  if (const std::string why = refused_as_not_finite(analysis, subject, question); !why.empty()) throw Error(why);
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
                              trace.model->config.classes > 0 ? "" : "no "));
    const bool beside =
        known->counts == Counts::other_patches ? value >= 0 : known->names_alone > 0 && value >= known->names_alone;
    if (beside)
      if (const std::string why = refused_beside(subject); !why.empty())
        throw Error(fmt::format("{} cannot be {}: {}", known->label, named(*known, value), why));
    const double high = highest(*known, subject, question.block);
    const bool whole = known->counts != Counts::numbers || !known->names.empty();
    if (value >= known->low && value <= high && (!whole || value == std::floor(value))) continue;
    throw Error(fmt::format("{} {:g} is not possible; choose a {}number from {:g} to {:g}.", known->label, value,
                            whole ? "whole " : "", known->low, high));
  }
  if (analysis.compares) validate_pair(analysis, subject, question);
}

}  // namespace vit
