// A dense row-major float matrix whose rows start on cache lines: the one container of activations.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>

namespace vit {

inline constexpr std::size_t kCacheLine = 64;  // bytes

class PageRegion;
struct FreeAligned {
  PageRegion* region = nullptr;  // that the floats were cut from; none: they come from the heap
  void operator()(float* memory) const noexcept;
};
/// Owns floats that start on a cache line.
using AlignedFloats = std::unique_ptr<float[], FreeAligned>;

/// Floats behind a matrix's last row that kernels may read: the widest panel and a line.
inline constexpr std::size_t kMatrixSlack = 80;

/// `count` floats, all zero, aligned to a cache line. Throws std::bad_alloc.
AlignedFloats allocate_floats(std::size_t count);

/// A (rows, cols) view of somebody else's floats. Copy it freely; it must not outlive its owner.
struct MatrixView {
  const float* data = nullptr;
  int rows = 0;
  int cols = 0;
  std::ptrdiff_t stride = 0;  // floats from one row to the next

  const float* row(int r) const { return data + r * stride; }
  float operator()(int r, int c) const { return data[r * stride + c]; }
};

/// The same, and the floats may be written.
struct MatrixSpan {
  float* data = nullptr;
  int rows = 0;
  int cols = 0;
  std::ptrdiff_t stride = 0;  // floats from one row to the next

  float* row(int r) const { return data + r * stride; }
  operator MatrixView() const { return {data, rows, cols, stride}; }
};

/// (rows, cols) floats in row-major order. The stride is `cols` rounded up to an odd number of cache lines: rows an
/// even number of lines apart would share few sets of the level-1 cache, and tall tiles would evict themselves. The
/// padding is zero at first and may be overwritten by kernels; nothing may depend on its values. Behind the last row
/// `kMatrixSlack` more floats may be read, so that a panel of columns may begin anywhere.
class Matrix {
 public:
  Matrix() = default;
  Matrix(int rows, int cols);
  explicit Matrix(MatrixView other);  // a copy
  Matrix(Matrix&&) noexcept = default;
  Matrix& operator=(Matrix&&) noexcept = default;

  int rows() const { return rows_; }
  int cols() const { return cols_; }
  std::ptrdiff_t stride() const { return stride_; }
  bool empty() const { return rows_ == 0 || cols_ == 0; }
  std::size_t bytes() const { return static_cast<std::size_t>(rows_) * stride_ * sizeof(float); }

  float* row(int r) { return data_.get() + r * stride_; }
  const float* row(int r) const { return data_.get() + r * stride_; }
  std::span<const float> row_span(int r) const { return {row(r), static_cast<std::size_t>(cols_)}; }
  float& operator()(int r, int c) { return data_[r * stride_ + c]; }
  float operator()(int r, int c) const { return data_[r * stride_ + c]; }
  MatrixView view() const { return {data_.get(), rows_, cols_, stride_}; }
  MatrixSpan span() { return {data_.get(), rows_, cols_, stride_}; }

  /// Floats from one row to the next that a matrix of `cols` columns uses.
  static std::ptrdiff_t padded_stride(int cols);

 private:
  AlignedFloats data_;
  int rows_ = 0;
  int cols_ = 0;
  std::ptrdiff_t stride_ = 0;
};

}  // namespace vit
