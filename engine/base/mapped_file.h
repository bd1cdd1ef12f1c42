// A file's bytes in memory without reading them first: POSIX mmap, or a plain read where there is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/bus_guard.h"

namespace vit {

/// Immutable; may be read from several threads. The bytes can be read as long as the object lives; what of the file is
/// gone by then reads as zeros: call `check` behind reading.
class MappedFile {
 public:
  /// Throws Error if the file is missing, a folder, empty or unreadable.
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

  /// Throws Error if the file was cut short or written into since it was opened.
  void check() const;
  /// Lets the pages inside a range go: they come back from the file when touched again.
  void release(std::uint64_t offset, std::uint64_t length) const;

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  int descriptor_ = -1;
  std::int64_t modified_ = 0;  // ns, when it was opened
  std::optional<BusGuard> guard_;
  std::vector<std::byte> copy_;  // where there is no mmap
};

}  // namespace vit
