// The entries of a zip file as byte sources: PyTorch's .pth and NumPy's .npz are zip files.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/mapped_file.h"
#include "engine/containers/tensor_file_stored.h"

namespace vit {

class ZipArchive {
 public:
  /// Throws Error for a file that is no zip, is truncated, encrypted, names an entry twice or promises more bytes than
  /// it can hold.
  explicit ZipArchive(std::shared_ptr<const MappedFile> file);

  struct Entry {
    std::uint64_t index = 0;
    std::uint64_t bytes = 0;  // uncompressed
    bool stored = false;      // not compressed
  };
  const std::map<std::string, Entry>& entries() const { return entries_; }
  const std::filesystem::path& path() const { return file_->path(); }

  /// Reads front to back are quick; jumping back in a compressed entry starts it anew.
  std::shared_ptr<const ByteSource> source(const std::string& name) const;
  /// A whole entry. Throws Error if it is larger than `max_bytes`.
  std::vector<std::byte> read(const std::string& name, std::uint64_t max_bytes) const;

 private:
  struct Handle;
  class EntrySource;
  std::shared_ptr<const MappedFile> file_;
  std::shared_ptr<Handle> handle_;
  std::map<std::string, Entry> entries_;
};

bool looks_like_zip(const MappedFile& file);

}  // namespace vit
