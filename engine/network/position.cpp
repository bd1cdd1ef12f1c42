#include "engine/network/position.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/network/trace.h"

namespace vit {
namespace {

/// The source rows that one destination row is made of.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

/// Keys' cubic through four points.
double cubic(double x, double a) {
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double triangle(double x) {
  return std::max(0.0, 1 - std::abs(x));
}

/// PIL's way: the filter is stretched by the reduction and cut at the edges, the weights are normalised.
Taps antialiased_taps(int to, double scale, int from_size, bool bicubic) {
  const double stretch = std::max(scale, 1.0);
  const double support = (bicubic ? 2.0 : 1.0) * stretch;
  const double center = (to + 0.5) * scale;
  const int first = std::max(0, static_cast<int>(center - support + 0.5));
  const int last = std::min(from_size, static_cast<int>(center + support + 0.5));
  Taps taps;
  taps.first = first;
  double sum = 0;
  std::vector<double> weights;
  for (int i = first; i < last; ++i) {
    const double x = (i - center + 0.5) / stretch;
    weights.push_back(bicubic ? cubic(x, -0.5) : triangle(x));
    sum += weights.back();
  }
  for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  return taps;
}

/// torch's way without antialiasing: four (two) points around the centre, those beyond the edge repeat it.
Taps interpolated_taps(double center, int from_size, bool bicubic) {
  if (!bicubic) center = std::max(center, 0.0);
  const int base = static_cast<int>(std::floor(center));
  const int reach = bicubic ? 2 : 1;
  Taps taps;
  taps.first = std::clamp(base - reach + 1, 0, from_size - 1);
  taps.weights.assign(static_cast<std::size_t>(std::clamp(base + reach, 0, from_size - 1) - taps.first) + 1, 0.f);
  for (int i = base - reach + 1; i <= base + reach; ++i) {
    const double weight = bicubic ? cubic(center - i, -0.75) : triangle(center - i);
    taps.weights[static_cast<std::size_t>(std::clamp(i, 0, from_size - 1) - taps.first)] += static_cast<float>(weight);
  }
  return taps;
}

std::vector<Taps> taps_of(int from_size, int to_size, const PositionRule& rule) {
  const double scale = from_size / (to_size + rule.offset);
  std::vector<Taps> taps;
  taps.reserve(static_cast<std::size_t>(to_size));
  for (int to = 0; to < to_size; ++to) {
    const double corners = to_size > 1 ? to * (from_size - 1.0) / (to_size - 1.0) : 0;
    taps.push_back(rule.antialias
                       ? antialiased_taps(to, scale, from_size, rule.bicubic)
                       : interpolated_taps(rule.corners ? corners : (to + 0.5) * scale - 0.5, from_size, rule.bicubic));
  }
  return taps;
}

}  // namespace

Matrix resample_grid(MatrixView grid, int rows, int cols, int new_rows, int new_cols, const PositionRule& rule) {
  const std::vector<Taps> across = taps_of(cols, new_cols, rule);
  const std::vector<Taps> down = taps_of(rows, new_rows, rule);
  Matrix widened(rows * new_cols, grid.cols);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < new_cols; ++c) {
      float* out = widened.row(r * new_cols + c);
      for (std::size_t t = 0; t < across[c].weights.size(); ++t) {
        const float* in = grid.row(r * cols + across[c].first + static_cast<int>(t));
        for (int i = 0; i < grid.cols; ++i) out[i] += across[c].weights[t] * in[i];
      }
    }
  }
  Matrix result(new_rows * new_cols, grid.cols);
  for (int r = 0; r < new_rows; ++r) {
    for (std::size_t t = 0; t < down[r].weights.size(); ++t) {
      for (int c = 0; c < new_cols; ++c) {
        const float* in = widened.row((down[r].first + static_cast<int>(t)) * new_cols + c);
        float* out = result.row(r * new_cols + c);
        for (int i = 0; i < grid.cols; ++i) out[i] += down[r].weights[t] * in[i];
      }
    }
  }
  return result;
}

namespace {

/// Cosine and sine of an angle for the channels that turn by it: `turn` counts a row's pairs.
void set_turn(Matrix& rotation, int row, int turn, PositionRule::Rotary rotary, int head_dim, double angle) {
  const int head = turn / (head_dim / 2), own = turn % (head_dim / 2);
  const bool pairs = rotary == PositionRule::Rotary::pairs;
  const int first = head * head_dim + (pairs ? 2 * own : own), second = first + (pairs ? 1 : head_dim / 2);
  const int sines = rotation.cols() / 2;
  for (const int channel : {first, second}) {
    rotation(row, channel) = static_cast<float>(std::cos(angle));
    rotation(row, sines + channel) = static_cast<float>(std::sin(angle));
  }
}

/// Where a patch is on an axis of `count` patches.
double place_of(int index, int count, const PositionRule& rule) {
  switch (rule.rope_place) {
    case PositionRule::Place::centred:
      return 2 * M_PI * (2 * (index + 0.5) / count - 1);
    case PositionRule::Place::scaled:
      return (index + rule.rope_offset) * rule.rope_side / count;
    case PositionRule::Place::counted:
      break;
  }
  return index + rule.rope_offset;
}

/// On both axes, the one of the first half of a head's channels first.
std::array<double, 2> places_of(int patch, const TokenGrid& grid, const PositionRule& rule) {
  const double row = place_of(patch / grid.cols, grid.rows, rule), col = place_of(patch % grid.cols, grid.cols, rule);
  return rule.rope_columns_first ? std::array{col, row} : std::array{row, col};
}

/// Of all heads, with the speeds that a block learned.
Matrix learned_rotation(const Model& model, const TokenGrid& grid, int block) {
  const ModelConfig& config = model.config;
  Matrix rotation(grid.rows * grid.cols, 2 * config.channels);
  const float* along = model.rope_frequencies.row(2 * block);
  const float* across = model.rope_frequencies.row(2 * block + 1);
  for (int patch = 0; patch < rotation.rows(); ++patch) {
    const auto [first, second] = places_of(patch, grid, config.position);
    for (int turn = 0; turn < config.channels / 2; ++turn) {
      set_turn(rotation, patch, turn, config.position.rotary, config.channels / config.num_heads,
               first * along[turn] + second * across[turn]);
    }
  }
  return rotation;
}

/// Of one head.
Matrix plain_rotation(const Model& model, const TokenGrid& grid) {
  const ModelConfig& config = model.config;
  const PositionRule& rule = config.position;
  const int d = config.channels / config.num_heads, quarter = d / 4;
  const std::vector<float>& periods = model.rope_periods;
  const bool stored = static_cast<int>(periods.size()) == quarter;
  const auto speed = [&](int i) { return stored ? 1.0 / periods[i] : std::pow(rule.rope_base, -4.0 * i / d); };
  const int class_rows = model.rope_class_angles.empty() ? 0 : 1;
  Matrix rotation(class_rows + grid.rows * grid.cols, 2 * d);
  for (int turn = 0; turn < class_rows * 2 * quarter; ++turn)
    set_turn(rotation, 0, turn, rule.rotary, d, model.rope_class_angles[static_cast<std::size_t>(turn)]);
  for (int patch = 0; patch < grid.rows * grid.cols; ++patch) {
    const std::array<double, 2> at = places_of(patch, grid, rule);
    for (int turn = 0; turn < 2 * quarter; ++turn) {
      set_turn(rotation, class_rows + patch, turn, rule.rotary, d,
               at[static_cast<std::size_t>(turn / quarter)] * speed(turn % quarter));
    }
  }
  return rotation;
}

}  // namespace

std::vector<Matrix> rotations_for(const Model& model, const TokenGrid& grid) {
  std::vector<Matrix> rotations;
  if (model.config.position.rotary == PositionRule::Rotary::none) return rotations;
  if (model.rope_frequencies.empty()) {
    rotations.push_back(plain_rotation(model, grid));
    return rotations;
  }
  for (int block = 0; block < model.config.depth; ++block) rotations.push_back(learned_rotation(model, grid, block));
  return rotations;
}

void rotate(const Matrix& rotation, PositionRule::Rotary rotary, int head_dim, int first, int last, MatrixSpan x) {
  const bool pairs = rotary == PositionRule::Rotary::pairs;
  const int step = pairs ? 2 : 1, partner = pairs ? 1 : head_dim / 2;
  const int sines = rotation.cols() / 2, still = x.rows - rotation.rows();
  const bool alike = sines == head_dim;  // all heads turn alike
  for (int t = std::max(first, still); t < last; ++t) {
    for (int head = 0; head < x.cols; head += head_dim) {
      const float* cosine = rotation.row(t - still) + (alike ? 0 : head);
      const float* sine = cosine + sines;
      float* a = x.row(t) + head;
      float* b = a + partner;
      for (int i = 0; i < step * (head_dim / 2); i += step) {
        const float turned = a[i] * cosine[i] - b[i] * sine[i];
        b[i] = b[i] * cosine[i] + a[i] * sine[i];
        a[i] = turned;
      }
    }
  }
}

namespace {

/// Those of the patches: (rows·cols, C).
Matrix resampled_patches(const ModelConfig& config, MatrixView stored, const TokenGrid& grid) {
  const int side = std::max(grid.rows, grid.cols);
  const bool square = config.position.of_square;
  Matrix patches = resample_grid(stored, config.grid_height, config.grid_width, square ? side : grid.rows,
                                 square ? side : grid.cols, config.position);
  if (!square) return patches;
  Matrix part(grid.rows * grid.cols, patches.cols());
  for (int r = 0; r < grid.rows; ++r)
    for (int c = 0; c < grid.cols; ++c)
      std::copy_n(patches.row(r * side + c), patches.cols(), part.row(r * grid.cols + c));
  return part;
}

/// Stored positions (prefix tokens + stored grid, C) for another grid.
Matrix resampled(const ModelConfig& config, const Matrix& positions, const TokenGrid& grid) {
  if (grid.rows == config.grid_height && grid.cols == config.grid_width) return Matrix(positions.view());
  const int prefix = config.prefix_tokens();
  MatrixView stored = positions.view();
  stored.data = positions.row(prefix);
  stored.rows = config.grid_height * config.grid_width;
  const Matrix patches = resampled_patches(config, stored, grid);
  Matrix result(prefix + patches.rows(), config.channels);
  const std::size_t row_bytes = sizeof(float) * static_cast<std::size_t>(config.channels);
  for (int r = 0; r < prefix; ++r) std::memcpy(result.row(r), positions.row(r), row_bytes);
  for (int r = 0; r < patches.rows(); ++r) std::memcpy(result.row(prefix + r), patches.row(r), row_bytes);
  return result;
}

}  // namespace

Matrix position_for(const Model& model, const TokenGrid& grid) {
  const ModelConfig& config = model.config;
  if (!config.position.learned) return {};
  const bool stored_size = grid.rows == config.grid_height && grid.cols == config.grid_width;
  if (!stored_size && !config.position.resampled) {
    throw Error("This network (" + config.family + ") runs at its own " +
                std::to_string(config.grid_width * config.patch_px) + "×" +
                std::to_string(config.grid_height * config.patch_px) + " px only: resize or crop the image to that.");
  }
  return resampled(config, model.position, grid);
}

std::vector<Matrix> mid_positions_for(const Model& model, const TokenGrid& grid) {
  std::vector<Matrix> positions;
  positions.reserve(model.mid_positions.size());
  for (const Matrix& stored : model.mid_positions) positions.push_back(resampled(model.config, stored, grid));
  return positions;
}

}  // namespace vit
