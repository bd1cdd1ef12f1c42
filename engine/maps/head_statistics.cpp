#include "engine/maps/head_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>
#include <numeric>

namespace vit {
namespace {

constexpr int kTop = 10;                                          // patches
constexpr double kTileFloats = 16e6;                              // of all heads of a block together
constexpr float kNone = std::numeric_limits<float>::quiet_NaN();  // the number does not exist

constexpr Choice<Statistic> kChoices[] = {
    {Statistic::spread, "spread", "spread",
     "Over how many tokens attention is spread as if evenly: 2 to the power of its entropy."},
    {Statistic::distance, "distance", "distance",
     "How far away the patches are that are looked at, on average, in pixels of the input; prefix tokens have no place "
     "and "
     "are left out."},
    {Statistic::on_class, "class", "on class token", "How much goes to the class token."},
    {Statistic::on_others, "registers", "on registers",
     "How much goes to the registers, to a distillation token and to detection tokens where there are some."},
    {Statistic::on_itself, "itself", "on itself", "How much stays on the query itself."},
    {Statistic::on_top, "top10", "on the top 10", "How much goes to the ten patches that get most."},
    {Statistic::similarity, "similarity", "similarity",
     "How alike its maps are to those of the other heads of its block: the mean correlation, 1 for the same."},
};

/// Pixels between the centres of patches that lie so many rows and columns apart: (rows, cols).
Matrix distances(const TokenGrid& grid, int patch_px) {
  Matrix table(grid.rows, grid.cols);
  for (int row = 0; row < grid.rows; ++row)
    for (int col = 0; col < grid.cols; ++col) table(row, col) = static_cast<float>(patch_px * std::hypot(row, col));
  return table;
}

/// What the row of one query says by itself. `room` is for sorting.
class Row {
 public:
  Row(const TokenGrid& grid, const ModelConfig& config)
      : grid_(grid), config_(config), far_(distances(grid, config.patch_px)) {}

  void read(const float* a, int query, HeadStatistics& into) {
    const auto set = [&](Statistic statistic, double value) {
      into.of_query[static_cast<std::size_t>(statistic)][static_cast<std::size_t>(query)] = static_cast<float>(value);
    };
    const int prefix = grid_.prefix;
    const float* const patches = a + prefix;
    const int count = grid_.rows * grid_.cols;
    set(Statistic::spread, std::exp2(entropy(a)));
    set(Statistic::distance, query < prefix ? kNone : distance(patches, query - prefix));
    const int others = config_.class_token ? 1 : 0;
    set(Statistic::on_class, config_.class_token ? a[0] : kNone);
    set(Statistic::on_others, others < prefix ? std::accumulate(a + others, a + prefix, 0.0) : kNone);
    set(Statistic::on_itself, a[query]);
    sorted_.assign(patches, patches + count);
    const int top = std::min(kTop, count);
    std::nth_element(sorted_.begin(), sorted_.begin() + (top - 1), sorted_.end(), std::greater<>());
    set(Statistic::on_top, std::accumulate(sorted_.begin(), sorted_.begin() + top, 0.0));
  }

 private:
  double entropy(const float* a) const {
    double sum = 0, weighted = 0;
    for (int token = 0; token < grid_.tokens(); ++token) {
      sum += a[token];
      if (a[token] > 0) weighted += a[token] * std::log2(static_cast<double>(a[token]));
    }
    return sum > 0 ? std::log2(sum) - weighted / sum : 0;
  }

  double distance(const float* patches, int query) const {
    const int at_row = query / grid_.cols, at_col = query % grid_.cols;
    double sum = 0, weighted = 0;
    for (int row = 0; row < grid_.rows; ++row) {
      const float* const far = far_.row(std::abs(row - at_row));
      for (int col = 0; col < grid_.cols; ++col, ++patches) {
        sum += *patches;
        weighted += static_cast<double>(*patches) * far[std::abs(col - at_col)];
      }
    }
    return sum > 0 ? weighted / sum : kNone;
  }

  TokenGrid grid_;
  const ModelConfig& config_;
  Matrix far_;
  std::vector<float> sorted_;
};

/// Subtracts the mean and divides by the length, so that the product of two such rows is their correlation.
void standardise(float* row, int count) {
  const double mean = std::accumulate(row, row + count, 0.0) / count;
  double square = 0;
  for (int i = 0; i < count; ++i) square += (row[i] - mean) * (row[i] - mean);
  // Rounding leaves about 1e-8 of a value in what are equal values.
  const bool flat = square <= count * 1e-14 * mean * mean;
  const double scale = flat ? 0 : 1 / std::sqrt(square);
  for (int i = 0; i < count; ++i) row[i] = static_cast<float>((row[i] - mean) * scale);
}

/// The rows of one query in all heads of a block; their patches are standardised in place.
void compare(std::vector<Matrix>& heads, int row, int prefix, int query, std::span<HeadStatistics> into) {
  const int others = static_cast<int>(heads.size()) - 1, count = heads.front().cols() - prefix;
  std::vector<double> sum(static_cast<std::size_t>(count), 0);
  for (Matrix& head : heads) {
    float* const z = head.row(row) + prefix;
    standardise(z, count);
    for (int i = 0; i < count; ++i) sum[static_cast<std::size_t>(i)] += z[i];
  }
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const float* const z = heads[h].row(row) + prefix;
    double product = 0;
    for (int i = 0; i < count; ++i) product += z[i] * (sum[static_cast<std::size_t>(i)] - z[i]);
    into[h].of_query[static_cast<std::size_t>(Statistic::similarity)][static_cast<std::size_t>(query)] =
        others > 0 ? static_cast<float>(product / others) : kNone;
  }
}

float mean_of(const std::vector<float>& values, bool of_logarithms) {
  double sum = 0;
  int count = 0;
  for (const float value : values) {
    if (std::isnan(value)) continue;
    sum += of_logarithms ? std::log2(value) : value;
    ++count;
  }
  if (count == 0) return kNone;
  return static_cast<float>(of_logarithms ? std::exp2(sum / count) : sum / count);
}

std::vector<HeadStatistics> work_out(const Trace& trace, Stage stage, const Means& means) {
  const int tokens = trace.grid.tokens(), depth = static_cast<int>(trace.blocks.size());
  Row row(trace.grid, trace.model->config);
  std::vector<HeadStatistics> all;
  for (int block = 0; block < depth; ++block) {
    const int heads = trace.settings.heads(block);
    const std::size_t first_head = all.size();
    for (int head = 0; head < heads; ++head) {
      HeadStatistics one{.block = block, .head = head, .of_query = {}, .mean = {}};
      for (std::vector<float>& numbers : one.of_query) numbers.assign(static_cast<std::size_t>(tokens), kNone);
      all.push_back(std::move(one));
    }
    const std::span<HeadStatistics> own = std::span(all).subspan(first_head);
    const int step = std::clamp(static_cast<int>(kTileFloats / (static_cast<double>(heads) * tokens)), 1, tokens);
    for (int first = 0; first < tokens; first += step) {
      const int count = std::min(step, tokens - first);
      std::vector<Matrix> rows;
      rows.reserve(static_cast<std::size_t>(heads));
      for (int head = 0; head < heads; ++head) {
        means.step((block + (first + static_cast<double>(count) * head / heads) / tokens) / depth);
        rows.push_back(attention_part(trace, block, head, first, count, stage));
        for (int i = 0; i < count; ++i) row.read(rows.back().row(i), first + i, own[static_cast<std::size_t>(head)]);
      }
      for (int i = 0; i < count; ++i) compare(rows, i, trace.grid.prefix, first + i, own);
    }
    for (HeadStatistics& one : own)
      for (std::size_t s = 0; s < one.mean.size(); ++s)
        one.mean[s] = mean_of(one.of_query[s], static_cast<Statistic>(s) == Statistic::spread);
  }
  return all;
}

struct Kept {
  std::mutex mutex;
  std::uint64_t run = 0;
  Stage stage = Stage::softmax;
  std::shared_ptr<const std::vector<HeadStatistics>> statistics;
};

Kept& kept() {
  static Kept one;
  return one;
}

}  // namespace

std::span<const Choice<Statistic>> choices(Statistic) {
  return kChoices;
}

const char* unit_of(Statistic statistic) {
  if (statistic == Statistic::spread) return "tokens";
  if (statistic == Statistic::distance) return "px";
  return statistic == Statistic::similarity ? "" : "%";
}

std::shared_ptr<const std::vector<HeadStatistics>> head_statistics(const Trace& trace, Stage stage,
                                                                   const Means& means) {
  means.step(0);
  {
    const std::lock_guard lock(kept().mutex);
    if (kept().statistics && kept().run == trace.run && kept().stage == stage) return kept().statistics;
  }
  const auto made = std::make_shared<const std::vector<HeadStatistics>>(work_out(trace, stage, means));
  const std::lock_guard lock(kept().mutex);
  kept().run = trace.run;
  kept().stage = stage;
  return kept().statistics = made;
}

}  // namespace vit
