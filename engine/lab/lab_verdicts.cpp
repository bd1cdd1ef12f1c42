#include "engine/lab/lab_verdicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/quantity.h"

namespace vit {
namespace {

bool grows_with_heads(const Operator& row) {
  return row.macs.contains(Symbol::h) || row.element_ops().contains(Symbol::h);
}

/// "scale and softmax", "q·kᵀ, softmax and attn·v"
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

std::string ratio_words(double ratio) {
  return "×" + (ratio >= 0.95 && ratio < 1.05 ? std::string("1") : three_digits(ratio));
}

/// How a row's time changes over the head counts.
struct Change {
  std::string name;
  bool expected = false;  // its operations grow with the heads
  double ratio = 1;       // the most heads over the fewest
  bool notable = false;
};

std::vector<Change> changes_over_heads(const ModuleSpec& base, const LabSweep& sweep) {
  std::vector<Change> changes;
  const CostTable table = cost_table(base);
  for (const LabLine& line : sweep.lines) {
    if (!line.op || line.measured.size() < 2 || line.measured.front().median_ms <= 0) continue;
    Change change{.name = line.name, .expected = grows_with_heads(*table.find(*line.op))};
    for (const Operator& row : table.operators())  // what is done and timed within it
      if (row.fused_into == line.op) change.expected = change.expected || grows_with_heads(row);
    change.ratio = line.measured.back().median_ms / line.measured.front().median_ms;
    change.notable = change.ratio > kNotableRatio || change.ratio < 1 / kNotableRatio;
    changes.push_back(change);
  }
  return changes;
}

/// The most heads up to which a row's time stays within kNotableRatio of that with the fewest; 0: all of them.
int heads_without_change(const LabSweep& sweep, Op op) {
  const LabLine* line = sweep.find(op);
  if (line == nullptr || line->measured.empty()) return 0;
  int last = sweep.values.front();
  for (std::size_t i = 0; i < line->measured.size(); ++i) {
    const double ratio = line->measured[i].median_ms / line->measured.front().median_ms;
    if (ratio > kNotableRatio || ratio < 1 / kNotableRatio) return last;
    last = sweep.values[i];
  }
  return 0;
}

std::string span_words(const LabSweep& sweep) {
  return fmt::format("From {} to {} heads", sweep.values.front(), sweep.values.back());
}

void set_softmax_time(Verdict& verdict, const std::vector<Change>& changes, const LabSweep& sweep) {
  std::vector<std::string> told;
  bool softmax = false, others = false;
  for (const Change& change : changes)
    if (change.notable || change.expected) told.push_back(change.name + " " + ratio_words(change.ratio));
  for (const Change& change : changes) {
    if (change.name == name_of(Op::softmax)) softmax = change.notable && change.ratio > 1;
    if (change.name != name_of(Op::softmax)) others = others || change.notable;
  }
  verdict.by_time = !softmax ? Says::fails : others ? Says::in_part : Says::holds;
  verdict.time = span_words(sweep) + ": " + listed(told) + "; nothing else changes by a quarter.";
  if (const LabLine* line = sweep.find(Op::softmax); line != nullptr && line->time_fit.known())
    verdict.time += fmt::format(" Softmax takes time as heads^{:.2f} ± {:.2f}; its operations are as heads^{:.2g}.",
                                line->time_fit.exponent, line->time_fit.spread, line->work_fit.exponent);
}

Verdict softmax_verdict(const ModuleSpec& base, const LabSweep* sweep) {
  Verdict verdict{.id = "softmax", .claim = "Softmax alone depends on the head count."};
  const CostTable table = cost_table(base);
  std::vector<std::string> names, told;
  double operations = 0;
  for (const Operator& row : table.operators()) {
    if (!belongs_to(row.op, Section::attention) || !grows_with_heads(row)) continue;
    names.emplace_back(name_of(row.op));
    told.push_back(std::string(name_of(row.op)) + " (" + formula(row.element_ops()) + ")");
    operations += table.cost(row.op, 0, Convention::elements).operations;
  }
  const bool alone = names.size() == 1 && names.front() == name_of(Op::softmax);
  verdict.by_operations = alone ? Says::holds : Says::in_part;
  const double all = table.total(Section::attention, 0, Convention::elements).operations;
  verdict.operations = "The operations of " + listed(told) +
                       fmt::format(" grow with the heads, no other row's; at {} heads they are {} of the module's.",
                                   base.heads, percent_text(operations / all));
  if (sweep != nullptr) set_softmax_time(verdict, changes_over_heads(base, *sweep), *sweep);
  return verdict;
}

Verdict products_verdict(const ModuleSpec& base, const LabSweep* sweep) {
  Verdict verdict{.id = "products", .claim = "q·kᵀ and attn·v do not depend on the head count."};
  const CostTable table = cost_table(base);
  const Operator &scores = *table.find(Op::scores), &attn_v = *table.find(Op::attn_v);
  const bool grow = grows_with_heads(scores) || grows_with_heads(attn_v);
  verdict.by_operations = grow ? Says::fails : Says::holds;
  verdict.operations = fmt::format("{} multiply-adds each ({}): the heads share the C channels.",
                                   count_text(table.cost(Op::scores, 0, Convention::mac).macs), formula(scores.macs));
  if (sweep == nullptr) return verdict;
  std::vector<std::string> told;
  bool change = false;
  int until = 0;
  for (const Op op : {Op::scores, Op::attn_v}) {
    const LabLine* line = sweep->find(op);
    if (line == nullptr || line->measured.size() < 2) return verdict;
    const double ratio = line->measured.back().median_ms / std::max(line->measured.front().median_ms, 1e-9);
    told.push_back(std::string(name_of(op)) + " " + ratio_words(ratio));
    const int same = heads_without_change(*sweep, op);
    change = change || same > 0;
    if (same > 0) until = until == 0 ? same : std::min(until, same);
  }
  verdict.by_time = !change ? Says::holds : until > sweep->values.front() ? Says::in_part : Says::fails;
  verdict.time = span_words(*sweep) + ": " + listed(told) + ".";
  if (change)
    verdict.time += fmt::format(" Up to {} {} of {} channels both stay within a quarter; narrower products are slower.",
                                until, until == 1 ? "head" : "heads", base.channels / until);
  return verdict;
}

double module_ms(const Timings& pass) {
  const OpTimes& times = pass.blocks.front();
  return std::accumulate(times.begin(), times.end(), 0.0);
}

Verdict bias_verdict(const ModuleSpec& base, const LabResult* result) {
  Verdict verdict{.id = "qkv_bias", .claim = "qkv_bias costs nothing to speak of."};
  ModuleSpec with = base, without = base;
  with.qkv_bias = true;
  without.qkv_bias = false;
  const CostTable table = cost_table(with);
  const double added = table.cost(Op::qkv, 0, Convention::elements).element_ops;
  const double share = added / table.total(Section::attention, 0, Convention::elements).operations;
  verdict.by_operations = share < kNegligibleShare ? Says::holds : Says::fails;
  verdict.operations = fmt::format("It adds {} additions ({}), {} of the module's operations.", count_text(added),
                                   formula(table.find(Op::qkv)->element_ops()), percent_text(share));
  const LabPoint* one = result == nullptr ? nullptr : result->find(with);
  const LabPoint* other = result == nullptr ? nullptr : result->find(without);
  if (one == nullptr || other == nullptr) return verdict;
  std::vector<double> differences, times;  // of each round, as parts of the time without it
  for (std::size_t i = 0; i < std::min(one->passes.size(), other->passes.size()); ++i) {
    const double ms = module_ms(other->passes[i]);
    if (ms <= 0) continue;
    differences.push_back(module_ms(one->passes[i]) / ms - 1);
    times.push_back(ms);
  }
  if (differences.empty()) return verdict;
  std::sort(differences.begin(), differences.end());
  const double median = quantile(differences, 0.5), low = quantile(differences, 0.25),
               high = quantile(differences, 0.75);
  const bool nothing = std::abs(median) < kNegligibleShare || (low <= 0 && high >= 0);
  verdict.by_time = nothing ? Says::holds : Says::fails;
  const auto signed_percent = [](double part) {
    return fmt::format("{}{:.1f}", part < 0 ? "−" : "+", std::abs(100 * part));
  };
  verdict.time = fmt::format(
      "With it the module takes {:.1f} % {} than {} ms, {} scatter: half of the rounds lie from {} to {} %.",
      std::abs(100 * median), median < 0 ? "less" : "more", three_digits(summarise(times).median_ms),
      nothing ? "within the" : "beyond the", signed_percent(low), signed_percent(high));
  return verdict;
}

}  // namespace

const char* word_of(Says says) {
  switch (says) {
    case Says::holds:
      return "holds";
    case Says::in_part:
      return "in part";
    case Says::fails:
      return "does not hold";
    case Says::unclear:
      return "not clear";
    case Says::unknown:
      break;
  }
  return "not measured";
}

std::vector<Verdict> lab_verdicts(const ModuleSpec& base, const LabResult* result) {
  const LabResult* own = result != nullptr && result->plan.base == base ? result : nullptr;
  LabSweep sweep;
  if (own != nullptr) sweep = lab_sweep(base, LabAxis::heads, own);
  const LabSweep* measured = own == nullptr || sweep.lines.front().measured.empty() ? nullptr : &sweep;
  std::vector<Verdict> verdicts = {softmax_verdict(base, measured), products_verdict(base, measured),
                                   bias_verdict(base, own)};
  if (own != nullptr && own->spread() > kNoisySpread)
    for (Verdict& verdict : verdicts)
      if (verdict.by_time != Says::unknown) verdict.by_time = Says::unclear;
  return verdicts;
}

std::vector<NoteSlip> note_slips(const ModuleSpec& base) {
  const CostTable table = cost_table(base);
  const Sizes at = table.sizes(0);
  const auto macs = [&](Op op) { return table.cost(op, 0, Convention::mac).macs; };
  const auto formula_of = [&](Op op) { return formula(table.find(op)->macs); };
  const double all = table.total(Section::attention, 0, Convention::mac).macs;
  return {
      {"qkv", "3C²", formula_of(Op::qkv),
       fmt::format("Every token of every image is projected: B·N = {} times as many, {} MAC.", count_text(at.B * at.N),
                   count_text(macs(Op::qkv)))},
      {"attn·v", "B·N²", formula_of(Op::attn_v),
       fmt::format("Each of a token's C = {} channels is summed: {} MAC, as many as q·kᵀ.", base.channels,
                   count_text(macs(Op::attn_v)))},
      {"proj", "left out", formula_of(Op::proj),
       fmt::format("It mixes the heads: {} MAC, {} of the module's.", count_text(macs(Op::proj)),
                   percent_text(macs(Op::proj) / all))},
  };
}

std::string words_of(const ModuleSpec& spec) {
  std::string words = fmt::format("B {} × N {} × C {}, {} {} × {} channels, {}", spec.batch, spec.tokens, spec.channels,
                                  spec.heads, spec.heads == 1 ? "head" : "heads", spec.channels / spec.heads,
                                  spec.qkv_bias ? "qkv bias" : "no qkv bias");
  if (spec.attn_drop > 0) words += fmt::format(", attn_drop {:.4g}", spec.attn_drop);
  if (spec.proj_drop > 0) words += fmt::format(", proj_drop {:.4g}", spec.proj_drop);
  return words + fmt::format(", {} kernel, {} {}", id_of(spec.kernel), spec.pass_threads(),
                             spec.pass_threads() == 1 ? "thread" : "threads");
}

}  // namespace vit
