#include "engine/maps/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/pool.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using testing_models::make_model;
using testing_models::make_pixels;
using testing_models::small_config;

ModelConfig relative_config() {
  ModelConfig config = small_config();
  config.position.learned = false;
  config.relative_bias = ModelConfig::RelativeBias::of_each_block;
  return config;
}

std::shared_ptr<const Trace> trace_with(Keep keep, Kernel kernel = Kernel::tiled, int heads = 4, float drop = 0.f,
                                        bool relative = false) {
  static const auto plain = make_model(small_config()), biased = make_model(relative_config());
  static const auto pixels = make_pixels(small_config());
  const auto& model = relative ? biased : plain;
  Settings settings = trained_settings(model->config);
  settings.set_heads(heads);
  settings.kernel = kernel;
  settings.keep = keep;
  settings.threads = 2;
  settings.training = drop > 0.f;
  settings.attn_drop = drop;
  settings.seed = 11;
  Pool pool(settings.threads);
  Meter meter;
  return forward({model, pixels, settings}, meter, pool);
}

/// The mean over a head's channels of what their trained heads have for the way from a query to a key.
double naive_bias(const Trace& trace, int block, int head, int query, int key) {
  const Matrix& ways = trace.model->blocks[static_cast<std::size_t>(block)].relative_bias;
  if (ways.empty()) return 0;
  const int cols = trace.grid.cols, rows = trace.grid.rows, channels = trace.model->config.channels;
  int way = (query == 0 ? 0 : 1) + (query == 0 && key == 0 ? 2 : 0) + ways.rows() - 3;
  if (query > 0 && key > 0) {
    const int down = (query - 1) / cols - (key - 1) / cols, right = (query - 1) % cols - (key - 1) % cols;
    way = (down + rows - 1) * (2 * cols - 1) + right + cols - 1;
  }
  const int d = channels / trace.settings.heads(block);
  double sum = 0;
  for (int c = head * d; c < (head + 1) * d; ++c) sum += ways(way, c * ways.cols() / channels);
  return sum / d;
}

/// softmax(q·kᵀ / sqrt(d)) in double, straight from the trace.
Matrix naive_map(const Trace& trace, int block, int head) {
  const BlockTrace& kept = *trace.blocks[static_cast<std::size_t>(block)];
  const int n = trace.grid.tokens();
  const int d = kept.q.cols() / trace.settings.heads(block);
  Matrix map(n, n);
  for (int r = 0; r < n; ++r) {
    std::vector<double> s(static_cast<std::size_t>(n));
    for (int c = 0; c < n; ++c) {
      double sum = 0;
      for (int i = head * d; i < (head + 1) * d; ++i) sum += double(kept.q(r, i)) * kept.k(c, i);
      s[static_cast<std::size_t>(c)] = sum / std::sqrt(double(d)) + naive_bias(trace, block, head, r, c);
    }
    const double largest = *std::max_element(s.begin(), s.end());
    double total = 0;
    for (double& x : s) total += x = std::exp(x - largest);
    for (int c = 0; c < n; ++c) map(r, c) = static_cast<float>(s[static_cast<std::size_t>(c)] / total);
  }
  return map;
}

double farthest(const Matrix& a, const Matrix& b) {
  double most = 0;
  for (int r = 0; r < a.rows(); ++r)
    for (int c = 0; c < a.cols(); ++c) most = std::max(most, std::abs(double(a(r, c)) - b(r, c)));
  return most;
}

TEST(Attention, KeptMapsAndComputedOnesAreTheSame) {
  for (Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference}) {
    for (int heads : {1, 3, 4, 24}) {
      const auto kept = trace_with(Keep::maps, kernel, heads);
      const auto computed = trace_with(Keep::qk, kernel, heads);
      for (int block = 0; block < 3; ++block) {
        ASSERT_GT(kept->blocks[static_cast<std::size_t>(block)]->map_heads, 0);
        ASSERT_EQ(computed->blocks[static_cast<std::size_t>(block)]->map_heads, 0);
        for (int head = 0; head < heads; ++head) {
          const Matrix a = attention_head(*kept, block, head), b = attention_head(*computed, block, head);
          EXPECT_LE(farthest(a, b), 1e-6) << id_of(kernel) << " block " << block << " head " << head;
          EXPECT_LE(farthest(a, naive_map(*kept, block, head)), 2e-6) << id_of(kernel) << ' ' << block << ' ' << head;
        }
      }
    }
  }
}

TEST(Attention, RelativePositionsAreInTheMaps) {
  for (Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference}) {
    for (int heads : {1, 3, 4, 24}) {
      for (Keep keep : {Keep::maps, Keep::qk}) {
        const auto trace = trace_with(keep, kernel, heads, 0.f, true);
        for (int head = 0; head < heads; ++head) {
          const Matrix naive = naive_map(*trace, 1, head);
          EXPECT_LE(farthest(attention_head(*trace, 1, head), naive), 2e-6) << id_of(kernel) << ' ' << head;
          const auto row = attention_row(*trace, 1, head, 7);
          for (int c = 0; c < naive.cols(); ++c) EXPECT_NEAR(row[static_cast<std::size_t>(c)], naive(7, c), 2e-6);
        }
      }
    }
  }
}

TEST(Attention, RowsColumnsMeanAndMaximumArePartsOfTheHeads) {
  for (Keep keep : {Keep::maps, Keep::qk}) {
    const auto trace = trace_with(keep);
    const int n = trace->grid.tokens();
    for (int query : {0, 5, n - 1}) {
      const Matrix rows = attention_rows(*trace, 1, query);
      const auto mean = attention_mean(*trace, 1, query), largest = attention_max(*trace, 1, query);
      ASSERT_EQ(rows.rows(), 4);
      for (int c = 0; c < n; ++c) {
        double sum = 0, most = 0;
        for (int head = 0; head < 4; ++head) {
          const Matrix map = attention_head(*trace, 1, head);
          EXPECT_NEAR(rows(head, c), map(query, c), 1e-6);
          EXPECT_NEAR(attention_row(*trace, 1, head, query)[static_cast<std::size_t>(c)], map(query, c), 1e-6);
          EXPECT_NEAR(attention_column(*trace, 1, head, c)[static_cast<std::size_t>(query)], map(query, c), 1e-6);
          sum += map(query, c);
          most = std::max(most, double(map(query, c)));
        }
        EXPECT_NEAR(mean[static_cast<std::size_t>(c)], sum / 4, 1e-6);
        EXPECT_NEAR(largest[static_cast<std::size_t>(c)], most, 1e-6);
      }
    }
  }
}

TEST(Attention, RowsSumToOne) {
  const auto trace = trace_with(Keep::automatic);
  for (int head = 0; head < 4; ++head) {
    const auto row = attention_row(*trace, 2, head, 3);
    double sum = 0;
    for (float p : row) sum += p;
    EXPECT_NEAR(sum, 1.0, 1e-5);
  }
}

TEST(Attention, AfterDropoutIsTheMaskThatThePassUsed) {
  for (Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference}) {
    for (Keep keep : {Keep::maps, Keep::qk}) {
      const auto trace = trace_with(keep, kernel, 4, 0.5f);
      const Matrix before = attention_head(*trace, 1, 2);
      const Matrix after = attention_head(*trace, 1, 2, Stage::after_dropout);
      EXPECT_LE(farthest(before, naive_map(*trace, 1, 2)), 2e-6);
      int dropped = 0;
      for (int r = 0; r < before.rows(); ++r) {
        const auto row = attention_row(*trace, 1, 2, r, Stage::after_dropout);
        for (int c = 0; c < before.cols(); ++c) {
          EXPECT_EQ(row[static_cast<std::size_t>(c)], after(r, c));
          if (after(r, c) == 0.f) {
            ++dropped;
          } else {
            EXPECT_FLOAT_EQ(after(r, c), 2.f * before(r, c));
          }
        }
      }
      EXPECT_NEAR(dropped, 0.5 * before.rows() * before.cols(), 80) << id_of(kernel);
    }
  }
}

TEST(Attention, TracesMayOutliveEachOtherInAnyOrder) {
  // Blocks of a trace that is gone are used again: a trace that is still held must not change.
  const auto held = trace_with(Keep::maps);
  const Matrix before = attention_head(*held, 0, 1);
  for (int i = 0; i < 3; ++i) trace_with(Keep::maps, Kernel::eager, 24);
  for (int i = 0; i < 3; ++i) trace_with(Keep::qk, Kernel::tiled, 1);
  EXPECT_EQ(farthest(before, attention_head(*held, 0, 1)), 0.0);
}

}  // namespace
}  // namespace vit
