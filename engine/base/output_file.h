// A file on its way to the disk: it takes its name when it is complete, and leaves nothing behind otherwise.
#pragma once

#include <cstddef>
#include <filesystem>

namespace vit {

/// Writes to a temporary file in the target's folder, which finish() renames to the target. A link stays a link: what
/// it points to is written. A target that is no regular file, such as a pipe or a device, is written straight into.
/// All throw Error that names the file when the system refuses; an old file is then untouched.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& file);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* bytes, std::size_t count);
  void finish();

 private:
  void open_straight();
  void open_temporary();
  [[noreturn]] void refuse(int error) const;

  std::filesystem::path file_;       // as it was named
  std::filesystem::path target_;     // behind all links
  std::filesystem::path temporary_;  // empty: written straight, or done
  int descriptor_ = -1;
};

}  // namespace vit
