// Keeps a process alive that reads a mapped file while somebody cuts it short.
#pragma once

#include <cstddef>

namespace vit {

/// While a guard for a mapping exists, pages of it that the file no longer has read as zeros; without one the system
/// ends the process (SIGBUS). Who reads asks MappedFile::check() afterwards whether what was read is what the file
/// held. Up to 1,024 at a time, further ones guard nothing. Does nothing on systems without that signal.
class BusGuard {
 public:
  BusGuard() = default;
  BusGuard(const void* begin, std::size_t size);
  ~BusGuard();
  BusGuard(const BusGuard&) = delete;
  BusGuard& operator=(const BusGuard&) = delete;

 private:
  int slot_ = -1;
};

}  // namespace vit
