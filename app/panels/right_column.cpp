#include "app/panels/right_column.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "app/cost/op_colors.h"
#include "app/cost/pass_words.h"
#include "app/panels/badge.h"
#include "app/panels/bench.h"
#include "app/ui/choose.h"
#include "app/ui/widgets.h"

namespace headlight {
namespace {

constexpr int kWholeModel = -1;
constexpr double kLeastShare = 0.05;  // of a pass or block, for a line of its own
constexpr float kLeastCurve = 104;    // points; where not even that is left the column scrolls
constexpr std::span<const vit::Timings> kNoPasses{};

std::span<const vit::Timings> passes_of(const MeasuredSetting* measured) {
  return measured == nullptr ? kNoPasses : std::span<const vit::Timings>(measured->timings);
}

/// The set of the page in the centre if it took a backward pass through the shown pass.
const vit::MapSet* set_with_way_back(const Bench& bench) {
  if (bench.maps.empty()) return nullptr;
  const vit::MapSet& set = bench.maps.set();
  return set.backward && set.trace == bench.session.trace() ? &set : nullptr;
}

/// What the rows of a backward pass are.
std::string backward_words(const vit::BackwardRun& run, const vit::Trace& trace) {
  const int last = trace.settings.depth() - 1, first = run.way.down_to;
  const std::string blocks = first == 0      ? "all blocks"
                             : first == last ? fmt::format("block {}", last)
                                             : fmt::format("blocks {} to {}", last, first);
  return fmt::format(
      "The backward pass that this page took, through {}; each row holds what is computed again for it.{}", blocks,
      run.way.tokens ? "" : fmt::format(" In block {} it ends at the attention probabilities.", first));
}

}  // namespace

ImU32 color_of(vit::Op op, bool dark) {
  const unsigned hex = op_color(op, dark);
  return IM_COL32((hex >> 16) & 255u, (hex >> 8) & 255u, hex & 255u, 255);
}

void CostColumn::update(const Bench& bench) {
  const Session& session = bench.session;
  const int block = std::clamp(session.view.block, 0, session.trace()->settings.depth() - 1);
  const View& view = session.view;
  const vit::MapSet* way_back = asks_back_ ? set_with_way_back(bench) : nullptr;
  const auto back = way_back != nullptr ? way_back->backward : nullptr;
  if (known_ && back_ == back && trace_ == session.trace() && times_version_ == session.times().version() &&
      block_ == block && convention_ == view.convention && whole_ == view.cost_of_model &&
      all_blocks_ == session.sweeps_all_blocks())
    return;
  known_ = true;
  back_ = back;
  trace_ = session.trace();
  times_version_ = session.times().version();
  block_ = block;
  convention_ = view.convention;
  whole_ = view.cost_of_model;
  all_blocks_ = session.sweeps_all_blocks();
  const vit::Model& model = *trace_->model;
  const vit::CostTable table(model.config, trace_->grid, trace_->settings);
  view_ = make_cost_view(table, passes_of(session.times().find(model, trace_->grid, trace_->settings)),
                         whole_ ? kWholeModel : block, convention_);
  update_times(bench, table);
  curve_ = make_curve(bench);
  if (way_back != nullptr) update_backward(*way_back);
}

/// In place of the forward pass's rows.
void CostColumn::update_backward(const vit::MapSet& set) {
  const vit::Trace& trace = *set.trace;
  vit::Settings settings = trace.settings;
  const bool keeps_maps = !trace.blocks.empty() && trace.blocks.front()->map_heads > 0;
  settings.keep = keeps_maps ? vit::Keep::maps : vit::Keep::qk;
  const vit::CostTable table(trace.model->config, trace.grid, settings, back_->way);
  const std::span<const vit::Timings> passes(&back_->timings, 1);
  view_ = make_cost_view(table, passes, kWholeModel, convention_);
  double computing = 0, waiting = 0;
  for (const CostLine& line : view_.lines) (line.op ? computing : waiting) += std::max(line.ms_median.value_or(0), 0.0);
  total_ms_ = computing + waiting;
  times_ = pass_words(computing, waiting, settings.pass_threads());
  wall_ = vit::Measurements(table, passes).wall();
  one_thread_.clear();
  change_.reset();
}

void CostColumn::update_times(const Bench& bench, const vit::CostTable& table) {
  const PassTimes& times = bench.session.times();
  const vit::Model& model = *trace_->model;
  const auto passes = [&](const vit::Settings& settings) {
    return passes_of(times.find(model, trace_->grid, settings));
  };
  double computing = 0, waiting = 0;
  for (const CostLine& line : view_.lines) (line.op ? computing : waiting) += std::max(line.ms_median.value_or(0), 0.0);
  total_ms_ = computing + waiting;
  times_ = pass_words(computing, waiting, trace_->settings.pass_threads());

  vit::Settings alone = trace_->settings;
  alone.threads = 1;
  const vit::CostTable same(model.config, trace_->grid, alone);
  wall_ = vit::Measurements(table, passes(trace_->settings)).wall();
  one_thread_ = one_thread_words(wall_, vit::Measurements(same, passes(alone)).wall());

  const vit::Settings trained = vit::with_heads(trace_->settings, model.config.num_heads, kWholeModel);
  const vit::CostTable trained_table(model.config, trace_->grid, trained);
  change_ =
      head_change({table, passes(trace_->settings)}, {trained_table, passes(trained)}, whole_ ? kWholeModel : block_);
}

CostCurve CostColumn::make_curve(const Bench& bench) const {
  const PassTimes& times = bench.session.times();
  const vit::Model& model = *trace_->model;
  const int scope = whole_ ? kWholeModel : block_;
  const vit::Settings trained = vit::with_heads(trace_->settings, model.config.num_heads, kWholeModel);
  const vit::CostTable trained_table(model.config, trace_->grid, trained);
  const vit::Measurements rates(trained_table, passes_of(times.find(model, trace_->grid, trained)));
  const vit::Predictor predictor(trained_table, rates, scope);
  CostCurve curve;
  for (const int heads : vit::possible_heads(model.config)) {
    const vit::Settings settings = vit::with_heads(trace_->settings, heads, all_blocks_ ? kWholeModel : block_);
    const vit::CostTable table(model.config, trace_->grid, settings);
    if (rates.wall().calls > 0) curve.predicted.push_back({heads, predictor.ms(table)});
    const vit::Measurements measured(table, passes_of(times.find(model, trace_->grid, settings)));
    const vit::RowTime time = whole_ ? measured.wall() : measured.section(vit::Section::block, scope);
    if (time.calls == 0) continue;
    const bool shown = settings == trace_->settings;
    curve.measured.push_back({heads, time, shown});
    curve.noisy = curve.noisy || time.spread > vit::kNoisySpread;
    for (const vit::Operator& row : table.operators()) {
      const vit::RowTime part = vit::is_block_op(row.op) ? measured.row(row.op, scope) : vit::RowTime{};
      if (part.median_ms <= 0) continue;
      auto line = std::find_if(curve.operators.begin(), curve.operators.end(),
                               [&](const CostCurve::Line& known) { return known.op == row.op; });
      if (line == curve.operators.end()) line = curve.operators.insert(line, {row.op, {}});
      line->dots.push_back({heads, part, shown});
    }
  }
  std::erase_if(curve.operators, [&](const CostCurve::Line& line) {
    return std::none_of(line.dots.begin(), line.dots.end(), [&](const CostCurve::Dot& dot) {
      const auto whole = std::find_if(curve.measured.begin(), curve.measured.end(),
                                      [&](const CostCurve::Dot& all) { return all.heads == dot.heads; });
      return dot.time.median_ms > kLeastShare * whole->time.median_ms;
    });
  });
  return curve;
}

void CostColumn::draw_header(Bench& bench) {
  ui::Ui& ui = bench.ui;
  ui::heading(ui, "COST", view_.passes == 0 ? "not measured yet" : passes_words(wall_));
  const std::string block = "block " + std::to_string(block_);
  const vit::MapSet* way_back = set_with_way_back(bench);
  const std::string backward = way_back != nullptr ? backward_words(*way_back->backward, *way_back->trace) : "";
  const std::array<const char*, 3> names = {block.c_str(), way_back ? "all" : "whole network", "backward"};
  const std::array<const char*, 3> tips = {"The rows of the chosen block.",
                                           "All blocks added up, with what stands before and behind them.",
                                           backward.c_str()};
  const std::size_t scopes = way_back ? 3 : 2;
  int scope = back_ != nullptr ? 2 : whole_ ? 1 : 0;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImGui::BeginChild("cost.scope", {width * 0.52f, ui.fonts.size(ui::Type::body) + ui.px(10)}, false,
                    ImGuiWindowFlags_NoScrollbar);
  if (ui::segments(ui, {.id = "cost.scope", .label = {}, .tooltip = {}, .key = bench.commands.keys_of("cost.scope")},
                   scope, std::span(names).first(scopes), std::span(tips).first(scopes))) {
    asks_back_ = scope == 2;
    if (!asks_back_) bench.session.view.cost_of_model = scope == 1;
  }
  ImGui::EndChild();
  ImGui::SetCursorScreenPos({at.x + width * 0.55f, at.y});
  ImGui::BeginChild("cost.convention", {width * 0.45f, ui.fonts.size(ui::Type::body) + ui.px(10)}, false,
                    ImGuiWindowFlags_NoScrollbar);
  ui::choose(ui,
             {.id = "cost.convention",
              .label = {},
              .tooltip = std::string("How operations are counted. ") + vit::column_of(convention_).explanation},
             bench.session.view.convention);
  ImGui::EndChild();
  ImGui::SetCursorScreenPos({at.x, at.y + ui.fonts.size(ui::Type::body) + ui.px(16)});
}

void CostColumn::draw(Bench& bench, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, {from.x + size.x, from.y + size.y}, ui.theme.panel);
  list.AddLine(from, {from.x, from.y + size.y}, ui.theme.line);
  if (!bench.session.trace()) return;
  tight_ = size.y < ui.px(880);
  update(bench);
  const float pad = ui.px(14);
  ImGui::SetCursorScreenPos({from.x + pad, from.y + ui.px(10)});
  ImGui::BeginChild("right", {size.x - 2 * pad, size.y - ui.px(14)}, false);
  draw_header(bench);
  draw_bar(bench);
  draw_table(bench);
  const float gap = tight_ ? 0 : 8, leading = ui.px(tight_ ? 4 : 7);
  ui::gap(ui, gap);
  const vit::Trace& trace = *bench.session.trace();
  const bool featured = trace.logits.empty() && !trace.not_finite && !has_random_weights(*trace.model);
  const float predictions =
      featured ? FeaturePanel::height(ui, leading) : predictions_height(bench, size.x - 2 * pad, leading, tight_);
  const float spaces = ui.px(gap) + 3 * ImGui::GetStyle().ItemSpacing.y;
  const float left = from.y + size.y - ImGui::GetCursorScreenPos().y - predictions - spaces - ui.px(10);
  const float height = std::clamp(left, ui.px(kLeastCurve), ui.px(330));
  if (SideCostTable::wanted(bench))
    sides_.draw(bench, whole_ ? kWholeModel : block_, convention_, height);
  else
    draw_curve(bench, height);
  ui::gap(ui, gap);
  if (featured)
    features_.draw(bench, leading);
  else
    draw_predictions(bench, leading, tight_);
  ImGui::EndChild();
}

}  // namespace headlight
