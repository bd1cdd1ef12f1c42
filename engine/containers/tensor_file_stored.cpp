#include "engine/containers/tensor_file_stored.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/base/error.h"

namespace vit {
namespace {

class MappedSource : public ByteSource {
 public:
  MappedSource(std::shared_ptr<const MappedFile> file, std::uint64_t offset, std::uint64_t length)
      : file_(std::move(file)), offset_(offset), length_(length) {
    if (offset > file_->size() || length > file_->size() - offset) {
      throw Error(file_->path().string() + " ends before its data does: it is truncated.");
    }
  }
  std::uint64_t size() const override { return length_; }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    std::memcpy(out.data(), file_->bytes().data() + offset_ + offset, out.size());
    file_->check();
  }
  void release(std::uint64_t offset, std::uint64_t length) const override { file_->release(offset_ + offset, length); }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::uint64_t offset_, length_;
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    std::memcpy(out.data(), bytes_.data() + offset, out.size());
  }
  void release(std::uint64_t, std::uint64_t) const override {}

 private:
  std::vector<std::byte> bytes_;
};

/// Half precision: the exponent is moved by a multiplication, which gets subnormals right; infinities and NaN lie at
/// 65536 and above afterwards and need their exponent filled up.
inline float from_f16(std::uint16_t half) {
  const float magnitude = std::bit_cast<float>(static_cast<std::uint32_t>(half & 0x7fffu) << 13) * 0x1p112f;
  std::uint32_t bits = std::bit_cast<std::uint32_t>(magnitude);
  bits |= magnitude >= 65536.f ? 0x7f800000u : 0u;
  return std::bit_cast<float>(bits | static_cast<std::uint32_t>(half & 0x8000u) << 16);
}

/// One sign, four bits of exponent (bias 7), three of mantissa; no infinities, and one NaN of each sign (Micikevicius
/// et al. 2022).
inline float from_f8_e4m3(std::uint8_t byte) {
  const int exponent = byte >> 3 & 15, mantissa = byte & 7;
  const float sign = byte & 0x80 ? -1.f : 1.f;
  if (exponent == 15 && mantissa == 7) return sign * std::numeric_limits<float>::quiet_NaN();
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -9);
  return sign * std::ldexp(static_cast<float>(8 + mantissa), exponent - 10);
}

template <typename T>
void convert_values(const std::byte* from, float* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    to[i] = static_cast<float>(value);
  }
}

/// The last byte of a strided tensor relative to its first, or nothing if it overflows or runs backwards.
std::optional<std::uint64_t> extent_bytes(const TensorEntry& entry) {
  std::uint64_t last = 0;  // elements
  for (std::size_t i = 0; i < entry.shape.size(); ++i) {
    if (entry.shape[i] == 0) return 0;
    if (entry.stride[i] < 0) return std::nullopt;
    std::uint64_t step = 0;
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(entry.shape[i] - 1),
                               static_cast<std::uint64_t>(entry.stride[i]), &step) ||
        __builtin_add_overflow(last, step, &last)) {
      return std::nullopt;
    }
  }
  if (last >= (std::uint64_t{1} << 60)) return std::nullopt;
  return (last + 1) * size_of(entry.type);
}

bool is_contiguous(const TensorEntry& entry) {
  std::int64_t expected = 1;
  for (std::size_t i = entry.shape.size(); i-- > 0;) {
    if (entry.shape[i] != 1 && entry.stride[i] != expected) return false;
    expected *= entry.shape[i];
  }
  return true;
}

}  // namespace

std::shared_ptr<const ByteSource> mapped_source(std::shared_ptr<const MappedFile> file, std::uint64_t offset,
                                                std::uint64_t length) {
  return std::make_shared<MappedSource>(std::move(file), offset, length);
}

std::shared_ptr<const ByteSource> memory_source(std::vector<std::byte> bytes) {
  return std::make_shared<MemorySource>(std::move(bytes));
}

void convert_to_f32(DType type, const std::byte* from, float* to, std::size_t count) {
  switch (type) {
    case DType::f32:
      std::memcpy(to, from, count * sizeof(float));
      return;
    case DType::f64:
      return convert_values<double>(from, to, count);
    case DType::f16:
      for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t half;
        std::memcpy(&half, from + 2 * i, 2);
        to[i] = from_f16(half);
      }
      return;
    case DType::bf16:
      for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t half;
        std::memcpy(&half, from + 2 * i, 2);
        to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16);
      }
      return;
    case DType::f8_e4m3:
      for (std::size_t i = 0; i < count; ++i) to[i] = from_f8_e4m3(std::to_integer<std::uint8_t>(from[i]));
      return;
    case DType::f8_e5m2:  // the upper half of an F16
      for (std::size_t i = 0; i < count; ++i) {
        to[i] = from_f16(static_cast<std::uint16_t>(std::to_integer<unsigned>(from[i]) << 8));
      }
      return;
    case DType::i64:
      return convert_values<std::int64_t>(from, to, count);
    case DType::i32:
      return convert_values<std::int32_t>(from, to, count);
    case DType::i16:
      return convert_values<std::int16_t>(from, to, count);
    case DType::i8:
      return convert_values<std::int8_t>(from, to, count);
    case DType::u8:
    case DType::boolean:
      return convert_values<std::uint8_t>(from, to, count);
  }
}

std::optional<std::int64_t> checked_elements(const std::vector<std::int64_t>& shape, DType type) {
  std::int64_t elements = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size == 0) empty = true;
    if (size != 0 && __builtin_mul_overflow(elements, size, &elements)) return std::nullopt;
  }
  if (elements > (std::int64_t{1} << 62) / static_cast<std::int64_t>(size_of(type))) return std::nullopt;
  return empty ? 0 : elements;
}

StoredTensorFile::StoredTensorFile(std::filesystem::path path, std::string format) {
  path_ = std::move(path);
  format_ = std::move(format);
}

void StoredTensorFile::add(const std::string& name, TensorEntry entry, Piece piece) {
  const std::string tensor = "Tensor \"" + name + "\" of " + path_.string();
  if (!checked_elements(entry.shape, entry.type)) throw Error(tensor + " has an absurd shape: the file is damaged.");
  std::uint64_t bytes = 0;
  if (entry.stride.empty()) {
    bytes = static_cast<std::uint64_t>(entry.elements()) * size_of(entry.type);
  } else {
    const auto extent = entry.stride.size() == entry.shape.size() ? extent_bytes(entry) : std::nullopt;
    if (!extent) throw Error(tensor + " has impossible strides: the file is damaged.");
    bytes = *extent;
    if (is_contiguous(entry)) entry.stride.clear();
  }
  if (piece.offset > piece.source->size() || bytes > piece.source->size() - piece.offset) {
    throw Error(tensor + " reaches beyond the end of its data: the file is truncated or damaged.");
  }
  if (!entries_.emplace(name, std::move(entry)).second) throw Error(tensor + " is there twice.");
  pieces_.emplace(name, std::move(piece));
}

void StoredTensorFile::read(const std::string& name, std::int64_t first, std::span<float> out) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw Error(path_.string() + " has no tensor \"" + name + "\".");
  const TensorEntry& entry = found->second;
  if (first < 0 || static_cast<std::int64_t>(out.size()) > entry.elements() - first) {
    throw Error("Tensor \"" + name + "\" of " + path_.string() + " is smaller than expected.");
  }
  if (out.empty()) return;
  const Piece& piece = pieces_.at(name);
  if (!entry.stride.empty()) return read_strided(name, entry, piece, first, out);

  const std::size_t width = size_of(entry.type);
  const std::uint64_t start = piece.offset + static_cast<std::uint64_t>(first) * width;
  if (entry.type == DType::f32) return piece.source->read(start, std::as_writable_bytes(out));
  std::array<std::byte, 16384> chunk;
  const std::size_t step = chunk.size() / width;
  for (std::size_t done = 0; done < out.size(); done += step) {
    const std::size_t count = std::min(step, out.size() - done);
    piece.source->read(start + done * width, std::span(chunk).first(count * width));
    convert_to_f32(entry.type, chunk.data(), out.data() + done, count);
  }
}

void StoredTensorFile::read_strided(const std::string& name, const TensorEntry& entry, const Piece& piece,
                                    std::int64_t first, std::span<float> out) const {
  const std::lock_guard lock(mutex_);
  if (gathered_name_ != name) {
    gathered_name_.clear();
    // Repeated elements (stride 0) must not let a small file ask for more memory than this machine has.
    const std::uint64_t extent = *extent_bytes(entry);
    const std::uint64_t elements = static_cast<std::uint64_t>(entry.elements());
    if (elements > std::max<std::uint64_t>(4 * extent / size_of(entry.type), 1u << 20)) {
      throw Error("Tensor \"" + name + "\" of " + path_.string() + " repeats its elements absurdly often.");
    }
    std::vector<std::byte> bytes(extent);
    piece.source->read(piece.offset, bytes);
    std::vector<float> values(extent / size_of(entry.type));
    convert_to_f32(entry.type, bytes.data(), values.data(), values.size());
    std::vector<float> gathered(elements);
    std::vector<std::int64_t> index(entry.shape.size(), 0);
    std::int64_t at = 0;
    for (float& value : gathered) {
      value = values[static_cast<std::size_t>(at)];
      for (std::size_t d = index.size(); d-- > 0;) {
        at += entry.stride[d];
        if (++index[d] < entry.shape[d]) break;
        at -= entry.stride[d] * entry.shape[d];
        index[d] = 0;
      }
    }
    gathered_ = std::move(gathered);
    gathered_name_ = name;
  }
  std::copy_n(gathered_.begin() + first, out.size(), out.begin());
}

void StoredTensorFile::release(const std::string& name) const {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return;
  {
    const std::lock_guard lock(mutex_);
    if (gathered_name_ == name) {
      gathered_name_.clear();
      gathered_ = {};
    }
  }
  const Piece& piece = pieces_.at(name);
  const std::uint64_t bytes = entry->second.stride.empty()
                                  ? static_cast<std::uint64_t>(entry->second.elements()) * size_of(entry->second.type)
                                  : *extent_bytes(entry->second);
  piece.source->release(piece.offset, bytes);
}

}  // namespace vit
