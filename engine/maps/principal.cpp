#include "engine/maps/principal.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace vit {
namespace {

using Dense = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr int kComponents = 3;
constexpr Eigen::Index kLargestWhole =
    448;  // order of a matrix whose eigenvectors are all found in a fifth of a second

struct Top {
  Vector values;  // descending
  Dense vectors;
};

/// Of a symmetric matrix, the last (largest) few.
Top top_of(const Dense& matrix, Eigen::Index count) {
  const Eigen::SelfAdjointEigenSolver<Dense> solver(matrix);
  return {solver.eigenvalues().tail(count).reverse(), solver.eigenvectors().rightCols(count).rowwise().reverse()};
}

/// A start for the iteration that is the same every time and leans on no axis.
Dense start_of(Eigen::Index order, Eigen::Index count) {
  Dense start(order, count);
  std::uint32_t state = 1;
  for (Eigen::Index c = 0; c < count; ++c)
    for (Eigen::Index r = 0; r < order; ++r) {
      state = state * 1664525u + 1013904223u;
      start(r, c) = static_cast<double>(state >> 8) / (1 << 23) - 1;
    }
  return start;
}

/// Likewise of a large one, by subspace iteration: a few more directions than are wanted, multiplied until those that
/// are wanted stand still.
Top iterated_top_of(const Dense& matrix, Eigen::Index count, const std::function<void(double)>& step) {
  constexpr int kMostRounds = 400;
  const Eigen::Index width = count + 13;
  Dense basis = Eigen::HouseholderQR<Dense>(start_of(matrix.rows(), width)).householderQ() *
                Dense::Identity(matrix.rows(), width);
  Top top;
  for (int round = 0; round < kMostRounds; ++round) {
    step(0.4 + 0.6 * round / kMostRounds);
    const Dense product = matrix * basis;
    const Top inside = top_of(basis.transpose() * product, width);
    top = {inside.values.head(count), basis * inside.vectors.leftCols(count)};
    const Dense residual = product * inside.vectors.leftCols(count) - top.vectors * top.values.asDiagonal();
    if (residual.norm() <= 1e-9 * inside.values(0)) break;
    basis = Eigen::HouseholderQR<Dense>(product).householderQ() * Dense::Identity(matrix.rows(), width);
  }
  return top;
}

}  // namespace

Components principal_components(MatrixView rows, const std::function<void(double)>& step) {
  step(0);
  using Map =
      Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>, 0, Eigen::OuterStride<>>;
  Dense centred = Map(rows.data, rows.rows, rows.cols, Eigen::OuterStride<>(rows.stride)).cast<double>();
  centred.rowwise() -= centred.colwise().mean().eval();
  const double variance = centred.squaredNorm();
  Components found;
  if (!(variance > 0)) return found;
  // Of the two products of the matrix with itself, the smaller one: both have the same eigenvalues.
  const bool by_rows = centred.rows() < centred.cols();
  const Dense products = by_rows ? Dense(centred * centred.transpose()) : Dense(centred.transpose() * centred);
  step(0.4);
  const Eigen::Index count = std::min<Eigen::Index>(kComponents, products.rows());
  const Top top = products.rows() <= kLargestWhole ? top_of(products, count) : iterated_top_of(products, count, step);
  for (Eigen::Index i = 0; i < count; ++i) {
    if (top.values(i) <= 1e-12 * variance) break;
    Vector scores =
        by_rows ? Vector(top.vectors.col(i) * std::sqrt(top.values(i))) : Vector(centred * top.vectors.col(i));
    if (scores.array().cube().sum() < 0) scores = -scores;
    found.scores.emplace_back();
    found.scores.back().reserve(static_cast<std::size_t>(scores.size()));
    for (const double score : scores) found.scores.back().push_back(static_cast<float>(score));
    found.shares.push_back(top.values(i) / variance);
  }
  step(1);
  return found;
}

}  // namespace vit
