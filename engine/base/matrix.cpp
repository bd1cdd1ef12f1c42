#include "engine/base/matrix.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/base/page_regions.h"

namespace vit {
namespace {

constexpr std::size_t kLineFloats = kCacheLine / sizeof(float);

std::size_t round_up(std::size_t count, std::size_t step) {
  return (count + step - 1) / step * step;
}

}  // namespace

void FreeAligned::operator()(float* memory) const noexcept {
  if (region != nullptr)
    give_piece({memory, region});
  else
    std::free(memory);
}

AlignedFloats allocate_floats(std::size_t count) {
  const std::size_t wanted = std::max<std::size_t>(count, 1) * sizeof(float);
  if (const Piece piece = take_piece(wanted); piece.memory != nullptr) {
    if (!piece.zero) std::memset(piece.memory, 0, wanted);
    return AlignedFloats(static_cast<float*>(piece.memory), FreeAligned{piece.region});
  }
  const std::size_t bytes = round_up(wanted, kCacheLine);  // aligned_alloc takes whole multiples only
  auto* memory = static_cast<float*>(std::aligned_alloc(kCacheLine, bytes));
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, bytes);
  return AlignedFloats(memory);
}

std::ptrdiff_t Matrix::padded_stride(int cols) {
  const std::size_t lines = round_up(static_cast<std::size_t>(cols), kLineFloats) / kLineFloats;
  // An even number of lines makes every second, fourth, … row fall on the same cache sets: an odd one spreads them.
  return static_cast<std::ptrdiff_t>((lines | 1) * kLineFloats);
}

Matrix::Matrix(int rows, int cols) : rows_(rows), cols_(cols), stride_(padded_stride(cols)) {
  data_ = allocate_floats(static_cast<std::size_t>(rows) * stride_ + kMatrixSlack);
}

Matrix::Matrix(MatrixView other) : Matrix(other.rows, other.cols) {
  for (int r = 0; r < rows_; ++r) std::memcpy(row(r), other.row(r), sizeof(float) * cols_);
}

}  // namespace vit
