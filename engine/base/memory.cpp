#include "engine/base/memory.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

#ifdef __unix__
#include <unistd.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "engine/base/page_regions.h"

namespace vit {
namespace {

std::optional<std::size_t> number_in(const char* file) {
  std::ifstream in(file);
  std::size_t value = 0;
  if (in >> value) return value;
  return std::nullopt;  // no such file, or the word "max"
}

std::optional<std::size_t> system_memory() {
  std::ifstream in("/proc/meminfo");
  std::string name, unit;
  std::size_t kib = 0;
  while (in >> name >> kib) {
    if (name == "MemAvailable:") return kib << 10;
    std::getline(in, unit);
  }
#if defined(__unix__) && defined(_SC_PHYS_PAGES)
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0) return static_cast<std::size_t>(pages) * static_cast<std::size_t>(page) / 2;
#endif
  return std::nullopt;
}

}  // namespace

std::size_t available_memory() {
  std::size_t bytes = system_memory().value_or(std::size_t{8} << 30);
  const auto limit = number_in("/sys/fs/cgroup/memory.max");
  const auto used = number_in("/sys/fs/cgroup/memory.current");
  if (limit && used) bytes = std::min(bytes, *limit - std::min(*limit, *used));
  return bytes;
}

void keep_heap_compact() noexcept {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
#endif
}

void return_free_memory() noexcept {
  return_free_pages();
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace vit
