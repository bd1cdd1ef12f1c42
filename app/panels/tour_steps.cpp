#include "app/panels/tour_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "app/analysis/classes.h"
#include "app/panels/bench.h"
#include "engine/cost/measurements.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace headlight {
namespace {

/// The numbers of the shown pass that the steps speak of.
class Pass {
 public:
  explicit Pass(const Bench& bench)
      : trace(*bench.session.trace()),
        config(trace.model->config),
        grid(trace.grid),
        block(std::clamp(bench.session.view.block, 0, config.depth - 1)),
        heads(trace.settings.heads(block)),
        dim(config.channels / heads),
        table_(config, grid, trace.settings) {
    const MeasuredSetting* known = bench.session.times().find(*trace.model, grid, trace.settings);
    if (known != nullptr) passes_ = known->timings;
  }

  /// In a block, or outside the blocks.
  vit::Totals cost(vit::Op op) const {
    return table_.cost(op, vit::is_block_op(op) ? block : -1, vit::Convention::mac);
  }
  vit::Totals block_cost() const { return table_.total(vit::Section::block, block, vit::Convention::mac); }

  /// ", 0.74 ms of its 6.0 ms"; nothing while it is not measured.
  std::string time(vit::Op op) const {
    const vit::Measurements measured(table_, passes_);
    const vit::RowTime row = measured.row(op, block), whole = measured.section(vit::Section::block, block);
    if (row.calls == 0 || whole.calls == 0) return "";
    return fmt::format(", {:.2g} ms of its {:.2g} ms", row.median_ms, whole.median_ms);
  }

  const vit::Trace& trace;
  const vit::ModelConfig& config;
  const vit::TokenGrid& grid;
  int block, heads, dim;

 private:
  vit::CostTable table_;
  std::vector<vit::Timings> passes_;
};

/// "114", "2.5": millions.
std::string millions(double count) {
  const double m = count / 1e6;
  return m >= 10 ? fmt::format("{:.0f}", m) : fmt::format("{:.2g}", m);
}

std::string query_words(const Bench& bench, const Pass& pass) {
  const int query = std::clamp(bench.session.view.query, 0, pass.grid.tokens() - 1);
  return vit::query_phrase(query, pass.grid, pass.config);
}

std::string patches(const Bench& bench) {
  const Pass pass(bench);
  const int patch = pass.config.patch_px, count = pass.grid.rows * pass.grid.cols;
  const std::string more =
      pass.grid.prefix == 0
          ? fmt::format("so that there are N = {} tokens.", count)
          : fmt::format("and {} more in front of them: N = {} tokens.",
                        pass.grid.prefix == 1 ? "one token" : fmt::format("{} tokens", pass.grid.prefix),
                        pass.grid.tokens());
  return fmt::format("{}×{} px of the photo are cut into {} rows of {} patches, {}×{} px each, {}",
                     pass.trace.pixels->width, pass.trace.pixels->height, pass.grid.rows, pass.grid.cols, patch, patch,
                     more);
}

std::string embedding(const Bench& bench) {
  const Pass pass(bench);
  const int patch = pass.config.patch_px;
  return fmt::format(
      "The 3·{}·{} = {} numbers of a patch times one matrix are its C = {} channels{}: {} million multiply-adds for "
      "all.",
      patch, patch, 3 * patch * patch, pass.config.channels,
      pass.config.position.rotary == vit::PositionRule::Rotary::none ? ", to which a vector for its place is added"
                                                                     : "",
      millions(pass.cost(vit::Op::patch_embed).macs));
}

std::string qkv(const Bench& bench) {
  const Pass pass(bench);
  return fmt::format(
      "In each block every token gives a query (what it looks for), a key (what it is found by) and a value (what it "
      "tells): N·3·C² = {} million multiply-adds{}.",
      millions(pass.cost(vit::Op::qkv).macs), pass.time(vit::Op::qkv));
}

std::string scores(const Bench& bench) {
  const Pass pass(bench);
  return fmt::format(
      "In each head, the query of {} meets the key of every token: {} channels times {} channels, summed, is one "
      "score. All queries together are N²·C = {} million multiply-adds.",
      query_words(bench, pass), pass.dim, pass.dim, millions(pass.cost(vit::Op::scores).macs));
}

std::string scale(const Bench& bench) {
  const Pass pass(bench);
  return fmt::format(
      "Each score is divided by √d = √{} = {:.3g}: a sum over more channels spreads wider. It is one operation for "
      "each "
      "of the N²·h = {} million scores.",
      pass.dim, std::sqrt(static_cast<double>(pass.dim)),
      millions(static_cast<double>(pass.grid.tokens()) * pass.grid.tokens() * pass.heads));
}

std::string softmax(const Bench& bench) {
  const Pass pass(bench);
  std::string here;
  if (!bench.maps.empty() && bench.maps.set().even > 0) {
    const vit::MapSet& set = bench.maps.set();
    const int index = bench.maps.chosen(bench.session.view);
    const auto map = set.map(index);
    const float peak = *std::max_element(map.begin(), map.end());
    here = fmt::format(" Here the strongest patch gets {:.2g} %, where the even share is {:.2g} %.",
                       100 * static_cast<double>(peak), 100 * static_cast<double>(set.even));
  }
  return "Softmax turns a query's N scores into shares that sum to 1: the map that you see." + here;
}

std::string weighted_sum(const Bench& bench) {
  const Pass pass(bench);
  return fmt::format(
      "Every token's value times its share, summed: the {} channels that the head brings back. attn·v is N²·C again, "
      "{} "
      "million multiply-adds, whatever the number of heads.",
      pass.dim, millions(pass.cost(vit::Op::attn_v).macs));
}

std::string merge(const Bench& bench) {
  const Pass pass(bench);
  return fmt::format(
      "{} do this side by side, each on its own {} of the {} channels, and each looks elsewhere. proj mixes what they "
      "bring: N·C² = {} million multiply-adds{}.",
      pass.heads == 1 ? "One head does" : fmt::format("{} heads", pass.heads), pass.dim, pass.config.channels,
      millions(pass.cost(vit::Op::proj).macs), pass.time(vit::Op::proj));
}

std::string mlp(const Bench& bench) {
  const Pass pass(bench);
  const double macs = pass.cost(vit::Op::fc1).macs + pass.cost(vit::Op::fc2).macs;
  return fmt::format(
      "Then each token goes through the MLP alone, from {} channels to {} and back: {} million multiply-adds, {:.0f} % "
      "of "
      "the block's. {} such blocks follow each other.",
      pass.config.channels, pass.config.hidden, millions(macs), 100 * macs / pass.block_cost().macs, pass.config.depth);
}

std::string answer(const Bench& bench) {
  const Pass pass(bench);
  if (pass.trace.logits.empty())
    return fmt::format(
        "After the last block a norm gives each token its {} features. This network has no classes: the features are "
        "what "
        "it answers with, and other programs build on them.",
        pass.config.channels);
  if (pass.trace.not_finite) return vit::sentence_of(*pass.trace.not_finite);
  const auto top = top_classes(pass.trace.logits, pass.trace.model->labels, 1);
  return fmt::format(
      "After the last block, the features of one token (or the mean of them) become {} numbers, one for each class. "
      "The "
      "likeliest here: {}, with a probability of {:.2f}.",
      pass.trace.logits.size(), top.front().label, top.front().probability);
}

std::string head_count(const Bench& bench) {
  const Pass pass(bench);
  if (pass.heads == pass.config.num_heads)
    return fmt::format(
        "Drag Heads away from the trained {}, or press [ and ]. Of the operations, only scale and softmax will change. "
        "And "
        "of the times?",
        pass.heads);
  return fmt::format(
      "{} heads in place of {}. Of the operations, only scale and softmax changed; what the times did, the line under "
      "the "
      "bar says, as soon as they are measured.",
      pass.heads, pass.config.num_heads);
}

void show_heads(Bench& bench) {
  bench.session.view.page = "heads";
  bench.session.view.cost_of_model = false;
  bench.inside_open = false;
}

void show_network(Bench& bench) {
  show_heads(bench);
  bench.session.view.cost_of_model = true;
}

void show_inside(Bench& bench) {
  show_heads(bench);
  bench.inside_open = true;
  if (bench.session.view.head < 0) bench.session.view.head = 0;
}

}  // namespace

std::span<const TourStep> tour_steps() {
  static const std::array<TourStep, 11> kSteps = {{
      {"patches", "The photo becomes patches", {"image.size", "image.view"}, patches, show_heads},
      {"embedding",
       "A patch becomes a vector with its position",
       {"cost.row.patch_embed", "cost.row.position"},
       embedding,
       show_network},
      {"qkv", "Query, key and value", {"cost.row.qkv"}, qkv, show_heads},
      {"scores", "One query's scores", {"cost.row.scores", "inside.scores", "attention.query"}, scores, show_inside},
      {"scale", "Divided by √d", {"cost.row.scale"}, scale, show_inside},
      {"softmax", "Softmax makes shares", {"cost.row.softmax", "heads.histogram"}, softmax, show_inside},
      {"sum", "The weighted sum", {"cost.row.attn_v"}, weighted_sum, show_inside},
      {"merge",
       "Heads side by side, and merged",
       {"cost.row.merge", "cost.row.proj", "heads.tile.0", "heads.tile.1"},
       merge,
       show_heads},
      {"mlp", "The MLP", {"cost.row.fc1", "cost.row.gelu", "cost.row.fc2"}, mlp, show_heads},
      {"answer", "The network's answer", {"prediction", "features.sentence"}, answer, show_network},
      {"head_count",
       "What does the number of heads cost?",
       {"attention.heads", "cost.change", "cost.row.scale", "cost.row.softmax"},
       head_count,
       show_heads},
  }};
  return kSteps;
}

}  // namespace headlight
