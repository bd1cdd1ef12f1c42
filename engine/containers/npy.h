// The header of a NumPy array file (.npy, versions 1 to 3).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "engine/containers/tensor_file.h"

namespace vit {

struct NpyHeader {
  TensorEntry entry;           // with strides where the array lies in Fortran's order
  std::size_t data_begin = 0;  // bytes before the first element
};

/// `bytes` is the beginning of the file, 64 KB at most are looked at; `what` names it in messages.
/// Throws Error for what is no array of little-endian numbers.
NpyHeader read_npy_header(std::span<const std::byte> bytes, const std::string& what);

/// "<f4", "|u1", … Two raw bytes ("V2") are BF16, which NumPy has no name for. Nothing for other types.
std::optional<DType> numpy_type(const std::string& description);

/// Strides of Fortran's order: the first index runs fastest.
std::vector<std::int64_t> fortran_strides(const std::vector<std::int64_t>& shape);

}  // namespace vit
