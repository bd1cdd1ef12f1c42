#include "engine/containers/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "engine/base/error.h"
#include "engine/containers/tensor_file_stored.h"

namespace vit {
namespace {

/// What follows "'key':" in the header's Python dictionary.
std::string_view value_of(std::string_view header, const std::string& key, const std::string& what) {
  for (const char quote : {'\'', '"'}) {
    const std::string wanted = quote + key + quote;
    std::size_t at = header.find(wanted);
    if (at == std::string_view::npos) continue;
    at = header.find(':', at + wanted.size());
    if (at == std::string_view::npos) break;
    at = header.find_first_not_of(" \t", at + 1);
    if (at != std::string_view::npos) return header.substr(at);
  }
  throw Error(what + " has no \"" + key + "\" in its NumPy header: the file is damaged.");
}

std::vector<std::int64_t> read_shape(std::string_view text, const std::string& what) {
  std::vector<std::int64_t> shape;
  const std::size_t end = text.find(')');
  if (text.empty() || text.front() != '(' || end == std::string_view::npos) {
    throw Error(what + " has no proper shape in its NumPy header: the file is damaged.");
  }
  text = text.substr(1, end - 1);
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const std::size_t first = item.find_first_not_of(' ');
    if (first == std::string_view::npos) continue;
    std::int64_t value = 0;
    const char* stop = item.data() + item.size();
    const auto [at, error] = std::from_chars(item.data() + first, stop, value);
    const bool rest_ok = std::all_of(at, stop, [](char c) { return c == ' ' || c == 'L'; });
    if (error != std::errc() || !rest_ok || value < 0 || shape.size() == 16) {
      throw Error(what + " has an impossible shape in its NumPy header: the file is damaged.");
    }
    shape.push_back(value);
  }
  return shape;
}

}  // namespace

std::optional<DType> numpy_type(const std::string& description) {
  if (description.empty() || description.front() == '>') return std::nullopt;
  const bool has_order = std::string_view("<|=").find(description.front()) != std::string_view::npos;
  const std::string type = description.substr(has_order ? 1 : 0);
  if (type == "f8") return DType::f64;
  if (type == "f4") return DType::f32;
  if (type == "f2") return DType::f16;
  if (type == "V2" || type == "bfloat16") return DType::bf16;
  if (type == "i8") return DType::i64;
  if (type == "i4") return DType::i32;
  if (type == "i2") return DType::i16;
  if (type == "i1") return DType::i8;
  if (type == "u1") return DType::u8;
  if (type == "b1") return DType::boolean;
  return std::nullopt;
}

std::vector<std::int64_t> fortran_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides;
  std::int64_t step = 1;
  for (const std::int64_t size : shape) {
    strides.push_back(step);
    step *= std::max<std::int64_t>(size, 1);
  }
  return strides;
}

NpyHeader read_npy_header(std::span<const std::byte> bytes, const std::string& what) {
  if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) {
    throw Error(what + " is no NumPy array: the file is damaged.");
  }
  const int version = std::to_integer<int>(bytes[6]);
  if (version < 1 || version > 3) throw Error(what + " has an unknown NumPy format version.");
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 8, version == 1 ? 2 : 4);
  const std::size_t begin = version == 1 ? 10 : 12;
  if (length > bytes.size() - begin) throw Error(what + " has a NumPy header that does not end: it is truncated.");
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + begin, length);

  const std::string_view type_text = value_of(header, "descr", what);
  const std::size_t close = type_text.empty() ? 0 : type_text.find(type_text.front(), 1);
  const std::string description(type_text.substr(1, std::min<std::size_t>(close, 40) - 1));
  const auto type = close == std::string_view::npos || close < 2 ? std::nullopt : numpy_type(description);
  if (!type) throw Error(what + " has the element type \"" + description + "\", which is not supported.");

  NpyHeader result;
  result.entry.type = *type;
  result.entry.shape = read_shape(value_of(header, "shape", what), what);
  if (!checked_elements(result.entry.shape, *type)) throw Error(what + " has an absurd shape: the file is damaged.");
  if (value_of(header, "fortran_order", what).starts_with("True")) {
    result.entry.stride = fortran_strides(result.entry.shape);
  }
  result.data_begin = begin + length;
  return result;
}

}  // namespace vit
