#include "app/session/draft.h"

#include <algorithm>
#include <cmath>

#include "engine/cost/cost.h"
#include "engine/network/model.h"

namespace headlight {

namespace {

constexpr std::array kPatches = {4, 6, 8, 10, 12, 16, 20, 24, 28, 32, 40, 48, 64, 96};  // of the shorter side
// A larger size than before must promise to be well in time, the same size may be somewhat late.
constexpr double kRoomToGrow = 0.75, kRoomToStay = 1.35;
constexpr double kWorthIt = 0.7;  // of the exact pass's time at most

int whole_patches(double px, int patch_px) {
  return std::max(1, static_cast<int>(std::lround(px / patch_px))) * patch_px;
}

double operations(const vit::CostTable& table, vit::Op op, int first_block) {
  constexpr auto kCounted = vit::Convention::elements;
  if (!vit::is_block_op(op)) return table.cost_with_fused(op, -1, kCounted).operations;
  double sum = 0;
  for (int block = first_block; block < table.depth(); ++block)
    sum += table.cost_with_fused(op, block, kCounted).operations;
  return sum;
}

vit::TokenGrid grid_of(const vit::ModelConfig& config, vit::InputSize input) {
  return {config.prefix_tokens(), input.height / config.patch_px, input.width / config.patch_px};
}

double time_allowed(int patches, int before) {
  if (patches == before) return kDraftMs * kRoomToStay;
  return before > 0 && patches > before ? kDraftMs * kRoomToGrow : kDraftMs;
}

}  // namespace

std::optional<vit::Preprocessing> smaller_input(const vit::Preprocessing& exact, PhotoSize photo, int patch_px,
                                                int patches) {
  const vit::InputSize input = vit::input_size(photo.width, photo.height, exact, patch_px);
  const int shorter = std::min(input.width, input.height), wanted = patches * patch_px;
  if (shorter <= wanted) return std::nullopt;
  const double scale = static_cast<double>(wanted) / shorter;
  vit::Preprocessing rules = exact;
  rules.cut_to_patches = false;
  rules.width = whole_patches(exact.width * scale, patch_px);
  rules.height = whole_patches(exact.height * scale, patch_px);
  const bool scaled = exact.resize == vit::ResizeRule::shorter_side || exact.resize == vit::ResizeRule::longer_side;
  const int side_px = scaled ? exact.resize_px : std::min(photo.width, photo.height);
  if (exact.resize == vit::ResizeRule::none) rules.resize = vit::ResizeRule::shorter_side;
  // Where edges are cut to whole patches, a pixel too few would cost a patch.
  const double px = side_px * scale;
  rules.most_patches = std::max(1, static_cast<int>(exact.most_patches * scale * scale));
  rules.longest_px = static_cast<int>(std::ceil(exact.longest_px * scale));
  rules.resize_px = static_cast<int>(exact.crop == vit::CropRule::multiple ? std::ceil(px - 1e-6) : std::round(px));
  const vit::InputSize made = vit::input_size(photo.width, photo.height, rules, patch_px);
  if (made.width <= 0 || made.height <= 0 || std::min(made.width, made.height) >= shorter) return std::nullopt;
  return rules;
}

std::string draft_refusal(const vit::ModelConfig& config) {
  if (config.position.resampled) return {};
  return config.family + " runs at its own size only, so that a drag shows no drafts.";
}

std::optional<Draft> draft_for(const DraftQuestion& question, const PredictMs& predict) {
  const vit::ModelConfig& config = question.config;
  const int patch = config.patch_px;
  if (!config.position.resampled) return std::nullopt;
  const vit::InputSize exact = vit::input_size(question.photo.width, question.photo.height, question.exact, patch);
  if (exact.width < patch || exact.height < patch) return std::nullopt;
  const double exact_ms = predict(grid_of(config, exact), question.first_block);
  if (exact_ms <= kExactMs) return std::nullopt;
  std::optional<Draft> best;
  double best_ms = 0;
  for (const int patches : kPatches) {
    const auto rules = smaller_input(question.exact, question.photo, patch, patches);
    if (!rules) continue;
    const vit::InputSize input = vit::input_size(question.photo.width, question.photo.height, *rules, patch);
    const double ms = predict(grid_of(config, input), 0);
    if (best && ms > time_allowed(patches, question.patches_before)) continue;
    best = Draft{*rules, patches};
    best_ms = ms;
  }
  if (best_ms > kWorthIt * exact_ms) return std::nullopt;
  return best;
}

void PassSpeed::note(const vit::Trace& trace) {
  const vit::Timings& timings = trace.timings;
  if (timings.first_block >= trace.settings.depth() || timings.wall_ms <= 0) return;
  config_ = trace.model->config;
  wall_ms_ = timings.wall_ms;
  const vit::CostTable table(config_, trace.grid, trace.settings);
  rows_ = {};
  for (const vit::Operator& op : table.operators()) {
    if (op.fused_into) continue;
    const auto index = static_cast<std::size_t>(op.op);
    Row& row = rows_[index];
    row.operations = operations(table, op.op, timings.first_block);
    row.ms = timings.model[index];
    for (const vit::OpTimes& block : timings.blocks) row.ms += block[index];
  }
}

double PassSpeed::predict_ms(const vit::TokenGrid& grid, const vit::Settings& settings, int first_block) const {
  if (!known()) return 0;
  const vit::CostTable wanted(config_, grid, settings);
  double sum = 0, known_ms = 0;
  for (const vit::Operator& op : wanted.operators()) {
    const Row& row = rows_[static_cast<std::size_t>(op.op)];
    if (op.fused_into || row.operations <= 0) continue;
    known_ms += row.ms;
    sum += row.ms * operations(wanted, op.op, first_block) / row.operations;
  }
  // What no row accounts for, threads that wait for each other first of all, grows with the rest.
  return known_ms > 0 ? sum * wall_ms_ / std::min(known_ms, wall_ms_) : 0;
}

}  // namespace headlight
