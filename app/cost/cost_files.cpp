#include "app/cost/cost_files.h"

#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "app/cost/cost_view.h"
#include "app/files/csv_text.h"
#include "app/files/json_text.h"
#include "engine/cost/cost_notes.h"

namespace headlight {
namespace {

using Json = nlohmann::ordered_json;

/// Every row of every block, then a line with the time that belongs to no row, so that all medians add up to the pass.
std::vector<CostLine> all_lines(const vit::CostTable& table, std::span<const vit::Timings> passes,
                                vit::Convention convention) {
  std::vector<CostLine> lines, tail;
  const CostView whole = make_cost_view(table, passes, -1, convention);
  double rows_ms = 0;
  const auto add = [&rows_ms](std::vector<CostLine>& to, const CostLine& line) {
    rows_ms += line.ms_median.value_or(0);
    to.push_back(line);
  };
  CostLine waiting;
  for (const CostLine& line : whole.lines) {
    if (line.kind == CostLine::Kind::waiting) {
      waiting = line;
    } else if (!vit::is_block_op(*line.op)) {
      add(*line.op < vit::Op::norm1 ? lines : tail, line);
    }
  }
  for (int block = 0; block < table.depth(); ++block)
    for (const CostLine& line : make_cost_view(table, passes, block, convention).lines)
      if (line.kind == CostLine::Kind::row) add(lines, line);
  lines.insert(lines.end(), tail.begin(), tail.end());
  if (whole.wall_ms) waiting.ms_median = *whole.wall_ms - rows_ms;
  lines.push_back(waiting);
  return lines;
}

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json figures(const CostLine& line) {
  return {
      {"macs", line.macs},          {"element_ops", line.element_ops},     {"operations", line.operations},
      {"bytes", line.bytes},        {"ms_median", number(line.ms_median)}, {"ms_min", number(line.ms_min)},
      {"calls", line.calls},        {"gflops", number(line.gflops)},       {"gbytes_per_second", number(line.gbytes)},
      {"share", number(line.share)}};
}

Json row(const CostLine& line) {
  Json json = {{"name", line.name},
               {"op", line.id},
               {"block", line.block >= 0 ? Json(line.block) : Json(nullptr)},
               {"shape", line.shape},
               {"formula", line.formula}};
  json.update(figures(line));
  json["element_formula"] = line.element_formula;
  json["bytes_formula"] = line.bytes_formula;
  json["instead_of_time"] = line.instead_of_time;
  return json;
}

Json settings_json(const vit::Settings& s) {
  const vit::Numbers own = vit::effective(s);
  Json json = {{"num_heads", s.head_counts()},         {"qkv_bias", s.qkv_bias},     {"training", s.training},
               {"attn_drop", own.attn_drop},           {"proj_drop", own.proj_drop}, {"kernel", vit::id_of(s.kernel)},
               {"precision", vit::id_of(s.precision)}, {"threads", s.pass_threads()}};
  if (s.any_off()) json["heads_off"] = s.heads_off();
  if (s.any_scaled()) json["head_factors"] = s.head_factors();
  return json;
}

std::string csv_number(std::optional<double> value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : "";
}

}  // namespace

std::string cost_json(const vit::CostTable& table, std::span<const vit::Timings> passes,
                      const CostFileContext& context) {
  const CostView whole = make_cost_view(table, passes, -1, context.convention);
  const vit::TokenGrid& grid = table.grid();
  Json json = {{"model", context.model},
               {"image", context.image},
               {"tokens", grid.tokens()},
               {"grid", {grid.rows, grid.cols}},
               {"settings", settings_json(table.settings())},
               {"instruction_set", context.instruction_set},
               {"convention", vit::column_of(context.convention).id},
               {"unit", vit::column_of(context.convention).unit},
               {"direction", context.backward ? "backward" : "forward"},
               {"passes", whole.passes}};
  json["rows"] = Json::array();
  for (const CostLine& line : all_lines(table, passes, context.convention)) json["rows"].push_back(row(line));
  json["total"] = figures(whole.totals.back());
  for (const CostLine& line : whole.totals) {
    Json total = {{"name", line.name}, {"blocks", line.blocks}};
    total.update(figures(line));
    json["totals"].push_back(total);
  }
  json["findings"] = Json::array();
  for (const vit::Finding& finding : context.backward ? std::vector<vit::Finding>() : vit::note_findings(table))
    json["findings"].push_back({{"id", finding.id}, {"sentence", finding.sentence}, {"share", finding.share}});
  if (!context.sweep.empty()) {
    for (const SweepPoint& point : context.sweep)
      json["sweep"].push_back({{"num_heads", point.heads},
                               {"predicted_ms", point.predicted_ms},
                               {"ms_median", point.measured.median_ms},
                               {"ms_min", point.measured.min_ms},
                               {"calls", point.measured.calls}});
  }
  return json_text(json, 2) + "\n";
}

std::string cost_csv(const vit::CostTable& table, std::span<const vit::Timings> passes, vit::Convention convention) {
  std::string text =
      "name,op,block,shape,formula,macs,element_ops,operations,bytes,ms_median,ms_min,calls,gflops,gbytes_per_second,"
      "share,instead_of_time\n";
  for (const CostLine& line : all_lines(table, passes, convention)) {
    const std::vector<std::string> cells = {csv_text(line.name),
                                            line.id,
                                            line.block >= 0 ? std::to_string(line.block) : "",
                                            csv_text(line.shape),
                                            csv_text(line.formula),
                                            csv_number(line.macs, 0),
                                            csv_number(line.element_ops, 0),
                                            csv_number(line.operations, 0),
                                            csv_number(line.bytes, 0),
                                            csv_number(line.ms_median, 6),
                                            csv_number(line.ms_min, 6),
                                            std::to_string(line.calls),
                                            csv_number(line.gflops, 3),
                                            csv_number(line.gbytes, 3),
                                            csv_number(line.share, 6),
                                            csv_text(line.instead_of_time)};
    for (std::size_t c = 0; c < cells.size(); ++c) text += (c == 0 ? "" : ",") + cells[c];
    text += "\n";
  }
  return text;
}

}  // namespace headlight
