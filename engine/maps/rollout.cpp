// Attention rollout: how much of each input token is in the query's token after a block, if every block mixes the
// tokens as its attention says and keeps half of each (Abnar and Zuidema 2020, "Quantifying Attention Flow in
// Transformers").
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"
#include "engine/network/windows.h"

namespace vit {
namespace {

enum Fusion : std::uint8_t { mean_of_heads, max_of_heads, min_of_heads };
constexpr std::array kFusions = {"mean", "max", "min"};
constexpr std::array kParameters = {
    Parameter{.id = "fusion",
              .label = "Fusion",
              .sentence = "How the heads of a block become one matrix: their mean, largest or smallest attention.",
              .low = 0,
              .high = 2,
              .initial = 0,
              .names = kFusions},
    Parameter{.id = "discard",
              .label = "Discard",
              .sentence =
                  "The share of the weakest attention between patches that is left out in each block; what goes "
                  "to and from class token and registers always stays.",
              .low = 0,
              .high = 0.99,
              .initial = 0},
    Parameter{.id = "start",
              .label = "First block",
              .sentence = "Where the rollout begins: blocks before it are taken as passing every token on unchanged.",
              .low = 0,
              .high = 0,
              .initial = 0,
              .counts = Counts::blocks},
};

std::string refusal(const Trace& trace) {
  if (trace.model->config.talking_heads)
    return "The heads of this network are mixed again behind the softmax (talking heads), so that its maps are not how "
           "its blocks mix the tokens.";
  if (has_padding(trace.model->config, trace.grid))
    return "The windows of this network hang over the photo's edge, and a part of what its patches take comes from the "
           "padding there, which is no token to roll back to.";
  return refused_without_attention(trace);
}

double work(const Trace& trace, const Question&) {
  double floats = 0;
  for (int block = 0; block < static_cast<int>(trace.blocks.size()); ++block)
    floats += floats_read(trace, block) * trace.grid.tokens();
  return floats;
}

/// (N, N) the heads of a block in one matrix.
Matrix fused(const Trace& trace, int block, Stage stage, Fusion fusion) {
  const int heads = trace.settings.heads(block), tokens = trace.grid.tokens();
  Matrix all = attention_head(trace, block, 0, stage);
  for (int head = 1; head < heads; ++head) {
    const Matrix one = attention_head(trace, block, head, stage);
    for (int row = 0; row < tokens; ++row) {
      float* a = all.row(row);
      const float* b = one.row(row);
      for (int col = 0; col < tokens; ++col)
        a[col] = fusion == mean_of_heads  ? a[col] + b[col]
                 : fusion == max_of_heads ? std::max(a[col], b[col])
                                          : std::min(a[col], b[col]);
    }
  }
  if (fusion == mean_of_heads)
    for (int row = 0; row < tokens; ++row)
      for (int col = 0; col < tokens; ++col) all.row(row)[col] /= static_cast<float>(heads);
  return all;
}

/// Sets the smallest floor(ratio · P²) entries between the P patches to 0; of equal ones the first row by row.
void discard(Matrix& attention, int prefix, double ratio) {
  const int tokens = attention.rows();
  std::vector<float> between;
  for (int row = prefix; row < tokens; ++row)
    between.insert(between.end(), attention.row(row) + prefix, attention.row(row) + tokens);
  // A ratio such as 0.29 times 100 is 29, whatever its last bit says.
  const auto count = static_cast<std::ptrdiff_t>(std::floor(ratio * static_cast<double>(between.size()) + 1e-9));
  if (count == 0) return;
  std::nth_element(between.begin(), between.begin() + (count - 1), between.end());
  const float cut = between[static_cast<std::size_t>(count - 1)];
  auto equal = count - std::count_if(between.begin(), between.begin() + count, [&](float v) { return v < cut; });
  for (int row = prefix; row < tokens; ++row)
    for (int col = prefix; col < tokens; ++col) {
      float& value = attention.row(row)[col];
      if (value < cut || (value == cut && equal-- > 0)) value = 0;
    }
}

/// Half of the attention, half of the token itself, rows brought to a sum of 1.
void mix_with_identity(Matrix& attention) {
  for (int row = 0; row < attention.rows(); ++row) {
    float* a = attention.row(row);
    double sum = 0;
    for (int col = 0; col < attention.cols(); ++col) sum += a[col] = 0.5f * a[col] + (col == row ? 0.5f : 0.f);
    for (int col = 0; col < attention.cols(); ++col) a[col] = static_cast<float>(a[col] / sum);
  }
}

std::vector<double> times(const std::vector<double>& row, const Matrix& matrix) {
  std::vector<double> result(row.size(), 0);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == 0) continue;
    const float* from = matrix.row(static_cast<int>(i));
    for (std::size_t j = 0; j < row.size(); ++j) result[j] += row[i] * from[j];
  }
  return result;
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const auto value = [&](const char* id) { return analysis_by_id("rollout")->value(question, id); };
  const int depth = static_cast<int>(trace.blocks.size()), start = static_cast<int>(value("start"));
  // rows[b]: the query's row of the product from block b down to the one that has been reached. From the last block on,
  // so that only one block's matrix is in memory.
  std::vector<std::vector<double>> rows(static_cast<std::size_t>(depth));
  for (int block = depth - 1; block >= start; --block) {
    means.step(static_cast<double>(depth - 1 - block) / (depth - start));
    Matrix attention = fused(trace, block, question.stage, static_cast<Fusion>(value("fusion")));
    discard(attention, trace.grid.prefix, value("discard"));
    mix_with_identity(attention);
    std::vector<double>& own = rows[static_cast<std::size_t>(block)];
    own.assign(static_cast<std::size_t>(trace.grid.tokens()), 0);
    own[static_cast<std::size_t>(question.query)] = 1;
    for (std::size_t b = static_cast<std::size_t>(block); b < rows.size(); ++b) rows[b] = times(rows[b], attention);
  }
  MapSetBuilder set(subject, question);
  set.are_shares();
  for (int block = start; block < depth; ++block) {
    const std::vector<double>& row = rows[static_cast<std::size_t>(block)];
    const std::vector<float> rounded(row.begin(), row.end());
    set.add({"rollout_block" + padded(block, depth - 1), "to block " + std::to_string(block), block}, rounded.data());
  }
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const int start = static_cast<int>(analysis_by_id("rollout")->value(set.question, "start"));
  const int block = set.labels[static_cast<std::size_t>(index)].block;
  return shares_sentence(set, index,
                         block == start ? fmt::format("the rollout of block {}", block)
                                        : fmt::format("the rollout of blocks {} to {}", start, block));
}

std::string caption(const MapSet& set, int index) {
  constexpr std::array kOfHeads = {"mean", "largest", "smallest"};
  const auto value = [&](const char* id) { return analysis_by_id("rollout")->value(set.question, id); };
  const int start = static_cast<int>(value("start"));
  std::string text =
      "attention rollout from " + query_phrase(set.question.query, set.trace->grid, set.trace->model->config);
  if (index < 0)
    text += start > 0 ? fmt::format(" from block {} on", start) : "";
  else if (const int block = set.labels[static_cast<std::size_t>(index)].block; block > start)
    text += fmt::format(" through blocks {} to {}", start, block);
  text += fmt::format(", {} attention of the heads", kOfHeads[static_cast<std::size_t>(value("fusion"))]);
  if (value("discard") > 0) text += fmt::format(", without the weakest {}", percent_text(value("discard")));
  return text;
}

std::string quantity(const MapSet&) {
  return "share of the rollout";
}

}  // namespace

extern const Analysis kRollout;
const Analysis kRollout = {.id = "rollout",
                           .name = "Rollout",
                           .group = "flow",
                           .sentence = "Where the query's content comes from, through all blocks up to the chosen one.",
                           .reference = "Abnar and Zuidema 2020",
                           .asks_block = false,
                           .asks_direction = false,
                           .parameters = kParameters,
                           .refusal = refusal,
                           .work = work,
                           .answer = answer,
                           .about = about,
                           .caption = caption,
                           .quantity = quantity};

}  // namespace vit
