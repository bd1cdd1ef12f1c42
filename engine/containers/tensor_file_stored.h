// The part that all tensor formats share: where a tensor's bytes lie, and how they become F32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/mapped_file.h"
#include "engine/containers/tensor_file.h"

namespace vit {

/// Bytes that a tensor may be cut out of. Implementations are safe to use from several threads.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  /// Bytes [offset, offset + out.size()), which lie inside. Throws Error if they can no longer be read.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) const = 0;
  virtual void release(std::uint64_t offset, std::uint64_t length) const = 0;
};

/// A range of a mapped file. Throws Error if it leaves the file.
std::shared_ptr<const ByteSource> mapped_source(std::shared_ptr<const MappedFile> file, std::uint64_t offset,
                                                std::uint64_t length);
/// Bytes in memory.
std::shared_ptr<const ByteSource> memory_source(std::vector<std::byte> bytes);

/// `count` elements to F32. Integers and booleans become their value.
void convert_to_f32(DType type, const std::byte* from, float* to, std::size_t count);

/// The product of the sizes, or nothing if one is negative or the bytes would exceed 2^62.
std::optional<std::int64_t> checked_elements(const std::vector<std::int64_t>& shape, DType type);

/// A file whose tensors are strided pieces of byte sources.
class StoredTensorFile : public TensorFile {
 public:
  StoredTensorFile(std::filesystem::path path, std::string format);

  struct Piece {
    std::shared_ptr<const ByteSource> source;
    std::uint64_t offset = 0;  // bytes, of the first element
  };
  /// Throws Error naming the tensor unless every element of `entry` lies inside the source.
  void add(const std::string& name, TensorEntry entry, Piece piece);
  void set_metadata(std::map<std::string, std::string> metadata) { metadata_ = std::move(metadata); }
  bool contains(const std::string& name) const { return pieces_.count(name) != 0; }

  void read(const std::string& name, std::int64_t first, std::span<float> out) const override;
  void release(const std::string& name) const override;

 private:
  void read_strided(const std::string& name, const TensorEntry& entry, const Piece& piece, std::int64_t first,
                    std::span<float> out) const;

  std::map<std::string, Piece> pieces_;
  // A strided tensor is read in one go and kept until it is released or another one is asked for.
  mutable std::mutex mutex_;
  mutable std::string gathered_name_;
  mutable std::vector<float> gathered_;
};

}  // namespace vit
