#include "app/cost/lab_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/cost/lab_plots.h"
#include "app/files/csv_text.h"
#include "app/files/json_text.h"
#include "app/words/quantity.h"
#include "app/words/text_table.h"
#include "engine/lab/lab_verdicts.h"

namespace headlight {
namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::string>;

/// The first column is of words, the others of numbers.
std::vector<bool> left_first(std::size_t columns) {
  std::vector<bool> left(columns, false);
  left.front() = true;
  return left;
}

std::string sweep_table(const vit::LabSweep& sweep) {
  Cells head = {vit::choice_of(sweep.axis).name};
  for (const vit::LabLine& line : sweep.lines) head.push_back(line.name);
  std::vector<Cells> lines = {head, {}};
  for (std::size_t i = 0; i < sweep.values.size(); ++i) {
    Cells cells = {std::to_string(sweep.values[i]) + (i == sweep.base ? " *" : "")};
    for (const vit::LabLine& line : sweep.lines)
      cells.push_back(line.measured.empty() ? count_text(line.work[i]) : ms_text(line.measured[i].median_ms));
    lines.push_back(cells);
  }
  Cells work = {"operations"}, time = {"time"};
  bool measured = false;
  for (const vit::LabLine& line : sweep.lines) {
    work.push_back(exponent_text(line.work_fit, false));
    time.push_back(exponent_text(line.time_fit, true));
    measured = measured || line.time_fit.known();
  }
  lines.insert(lines.end(), {{}, work});
  if (measured) lines.push_back(time);
  return text_table(lines, left_first(head.size()));
}

Json fit_json(const vit::PowerFit& fit) {
  if (!fit.known()) return nullptr;
  return {{"exponent", fit.exponent}, {"spread", fit.spread}, {"factor", fit.factor}, {"points", fit.points}};
}

Json line_json(const vit::LabLine& line) {
  Json json = {{"op", line.op ? vit::id_of(*line.op) : "module"},
               {"name", line.name},
               {"work_is", line.counts_bytes ? "bytes" : "operations"},
               {"work", line.work},
               {"work_fit", fit_json(line.work_fit)}};
  if (line.measured.empty()) return json;
  for (const vit::RowTime& time : line.measured) {
    json["ms_median"].push_back(time.median_ms);
    json["ms_min"].push_back(time.min_ms);
    json["ms_max"].push_back(time.max_ms);
  }
  json["predicted_ms"] = line.predicted_ms;
  json["time_fit"] = fit_json(line.time_fit);
  return json;
}

Json spec_json(const vit::ModuleSpec& spec) {
  return {{"B", spec.batch},
          {"N", spec.tokens},
          {"C", spec.channels},
          {"heads", spec.heads},
          {"qkv_bias", spec.qkv_bias},
          {"attn_drop", spec.attn_drop},
          {"proj_drop", spec.proj_drop},
          {"kernel", vit::id_of(spec.kernel)},
          {"threads", spec.pass_threads()}};
}

std::string or_empty(double value) {
  return value > 0 ? fmt::format("{:.6g}", value) : "";
}

}  // namespace

std::string lab_text(const vit::ModuleSpec& base, const vit::LabResult* result) {
  std::string text = "Attention(dim, num_heads, qkv_bias, attn_drop, proj_drop) alone: " + vit::words_of(base) + "\n";
  if (result != nullptr)
    text += fmt::format("{} rounds, each point once a round, medians in ms; {}; * is the base{}\n", result->rounds,
                        result->instruction_set,
                        result->spread() > vit::kNoisySpread
                            ? fmt::format("; noisy machine: its times spread by {}", percent_text(result->spread()))
                            : "");
  else
    text += "Nothing was measured: the counted operations alone; * is the base\n";
  for (const auto& axis : vit::choices(vit::LabAxis{})) {
    const vit::LabSweep sweep = vit::lab_sweep(base, axis.value, result);
    text += "\n" + std::string(axis.sentence) + " The last lines: fitted exponents" +
            (result != nullptr ? ", with the standard error of the measured one" : "") + ".\n" + sweep_table(sweep);
  }
  text += std::string("\n") + kStudentsNote + "\n";
  for (const vit::Verdict& verdict : vit::lab_verdicts(base, result)) {
    text += "• “" + verdict.claim + "”\n";
    text += fmt::format("    by operations, {}: {}\n", vit::word_of(verdict.by_operations), verdict.operations);
    if (!verdict.time.empty())
      text += fmt::format("    by time here, {}: {}\n", vit::word_of(verdict.by_time), verdict.time);
  }
  text += "\nThe note’s formulas, corrected\n";
  const std::vector<vit::NoteSlip> found = vit::note_slips(base);
  std::vector<Cells> slips;
  slips.reserve(found.size());
  for (const vit::NoteSlip& slip : found) slips.push_back({slip.what, slip.note, "→ " + slip.formula, slip.sentence});
  return text + text_table(slips, {true, true, true, true});
}

std::string lab_json(const vit::ModuleSpec& base, const vit::LabResult* result) {
  Json json = {{"module", spec_json(base)}};
  if (result != nullptr) {
    json["instruction_set"] = result->instruction_set;
    json["rounds"] = result->rounds;
    json["spread"] = result->spread();
  }
  for (const auto& axis : vit::choices(vit::LabAxis{})) {
    const vit::LabSweep sweep = vit::lab_sweep(base, axis.value, result);
    Json lines = Json::array();
    for (const vit::LabLine& line : sweep.lines) lines.push_back(line_json(line));
    json["sweeps"].push_back({{"axis", axis.id}, {"values", sweep.values}, {"lines", std::move(lines)}});
  }
  for (const vit::Verdict& verdict : vit::lab_verdicts(base, result))
    json["verdicts"].push_back({{"id", verdict.id},
                                {"claim", verdict.claim},
                                {"by_operations", vit::word_of(verdict.by_operations)},
                                {"operations", verdict.operations},
                                {"by_time", vit::word_of(verdict.by_time)},
                                {"time", verdict.time}});
  for (const vit::NoteSlip& slip : vit::note_slips(base))
    json["slips"].push_back(
        {{"what", slip.what}, {"note", slip.note}, {"formula", slip.formula}, {"sentence", slip.sentence}});
  return json_text(json, 2) + "\n";
}

std::string lab_csv(const vit::ModuleSpec& base, const vit::LabResult* result) {
  std::string text = "axis,value,op,work_is,work,predicted_ms,ms_median,ms_min,ms_max,passes\n";
  for (const auto& axis : vit::choices(vit::LabAxis{})) {
    const vit::LabSweep sweep = vit::lab_sweep(base, axis.value, result);
    for (const vit::LabLine& line : sweep.lines)
      for (std::size_t i = 0; i < sweep.values.size(); ++i) {
        const vit::RowTime time = line.measured.empty() ? vit::RowTime{} : line.measured[i];
        text += fmt::format("{},{},{},{},{:.0f},{},{},{},{},{}\n", axis.id, sweep.values[i],
                            line.op ? vit::id_of(*line.op) : "module", line.counts_bytes ? "bytes" : "operations",
                            line.work[i], i < line.predicted_ms.size() ? or_empty(line.predicted_ms[i]) : "",
                            or_empty(time.median_ms), or_empty(time.min_ms), or_empty(time.max_ms), time.calls);
      }
  }
  return text;
}

std::string ceilings_words(const vit::Ceilings& ceilings) {
  return fmt::format("{}, {}, {} {}: {} GFLOP/s, {} GB/s from the level-2 cache, {} GB/s from memory",
                     ceilings.processor, ceilings.instruction_set, ceilings.threads,
                     ceilings.threads == 1 ? "thread" : "threads", rate_text(ceilings.gflops),
                     rate_text(ceilings.cache_gbytes), rate_text(ceilings.memory_gbytes));
}

std::string roofline_text(const std::vector<vit::RooflinePoint>& points, const vit::Ceilings& ceilings) {
  std::vector<Cells> lines = {{"operator", "operations", "bytes", "per byte", "ms", "GFLOP/s", "possible", "share"},
                              {}};
  for (const vit::RooflinePoint& point : points) {
    const double roof = ceilings.roof(point.intensity());
    lines.push_back({point.name, count_text(point.operations), bytes_text(point.bytes),
                     vit::three_digits(point.intensity()), ms_text(point.ms), rate_text(point.gflops()),
                     rate_text(roof), percent_text(point.gflops() / roof)});
  }
  return ceilings_words(ceilings) + "\n" + text_table(lines, left_first(lines.front().size()));
}

std::string roofline_csv(const std::vector<vit::RooflinePoint>& points, const vit::Ceilings& ceilings) {
  std::string text = "op,operations,bytes,operations_per_byte,ms,gflops,roof_gflops,memory_roof_gflops\n";
  for (const vit::RooflinePoint& point : points)
    text += fmt::format("{},{:.0f},{:.0f},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g}\n", vit::id_of(point.op), point.operations,
                        point.bytes, point.intensity(), point.ms, point.gflops(), ceilings.roof(point.intensity()),
                        ceilings.memory_roof(point.intensity()));
  return text;
}

}  // namespace headlight
