#include "engine/base/page_regions.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

// AddressSanitizer would not notice what is read beyond a piece.
#if defined(__SANITIZE_ADDRESS__)  // GCC
#define HEADLIGHT_ADDRESSES_WATCHED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)  // clang
#define HEADLIGHT_ADDRESSES_WATCHED
#endif
#endif
#if defined(__linux__) && !defined(HEADLIGHT_ADDRESSES_WATCHED)
#define HEADLIGHT_PAGE_REGIONS
#include <sys/mman.h>
#endif

namespace vit {

#if defined(HEADLIGHT_PAGE_REGIONS)

namespace {

constexpr std::size_t kRegionBytes = 8 * kLargePage;
constexpr std::size_t kSmallest = std::size_t{32} << 10;
constexpr std::size_t kLargest = kRegionBytes / 2;  // what is larger gets a region of its own
constexpr std::size_t kLine = 64;

std::size_t round_up(std::size_t bytes, std::size_t step) {
  return (bytes + step - 1) / step * step;
}

}  // namespace

/// A mapping, and which parts of it are free. First fit; neighbours grow together again.
class PageRegion {
 public:
  /// The mapping holds a large page more than `bytes`, so that the region can begin on a large page.
  PageRegion(char* mapping, std::size_t bytes) : mapping_(mapping), mapped_bytes_(bytes + kLargePage) {
    const auto address = reinterpret_cast<std::size_t>(mapping);
    begin_ = mapping + (kLargePage - address % kLargePage) % kLargePage;
    madvise(begin_, bytes, MADV_HUGEPAGE);  // the system may refuse: then pages stay small
    free_[0] = bytes;
  }
  ~PageRegion() { munmap(mapping_, mapped_bytes_); }
  PageRegion(const PageRegion&) = delete;
  PageRegion& operator=(const PageRegion&) = delete;

  Piece take(std::size_t bytes) {
    const auto found = std::find_if(free_.begin(), free_.end(), [&](const auto& gap) { return gap.second >= bytes; });
    if (found == free_.end()) return {};
    const auto [offset, size] = *found;
    free_.erase(found);
    if (size > bytes) free_[offset + bytes] = size - bytes;
    taken_[offset] = bytes;
    const bool zero = offset >= used_bytes_;
    used_bytes_ = std::max(used_bytes_, offset + bytes);
    return {begin_ + offset, this, zero};
  }

  void give(void* memory) {
    const auto used = taken_.find(static_cast<std::size_t>(static_cast<char*>(memory) - begin_));
    auto gap = free_.emplace(used->first, used->second).first;
    taken_.erase(used);
    if (const auto next = std::next(gap); next != free_.end() && gap->first + gap->second == next->first) {
      gap->second += next->second;
      free_.erase(next);
    }
    if (gap == free_.begin()) return;
    if (const auto before = std::prev(gap); before->first + before->second == gap->first) {
      before->second += gap->second;
      free_.erase(gap);
    }
  }

  bool empty() const { return taken_.empty(); }

  void return_free_pages() {
    for (const auto& [offset, size] : free_) {
      const std::size_t from = round_up(offset, kLargePage);
      const std::size_t to = std::min(offset + size, round_up(used_bytes_, kLargePage)) / kLargePage * kLargePage;
      if (from < to) madvise(begin_ + from, to - from, MADV_DONTNEED);  // zeros from then on
    }
  }

 private:
  char* mapping_;
  std::size_t mapped_bytes_;
  char* begin_;
  std::size_t used_bytes_ = 0;                       // from here on nobody has ever had a piece
  std::map<std::size_t, std::size_t> free_, taken_;  // bytes by offset
};

namespace {

struct Regions {
  std::mutex mutex;
  std::vector<std::unique_ptr<PageRegion>> all;
};

// Never destroyed: matrices may outlive every static object.
Regions& regions() {
  static auto* regions = new Regions;
  return *regions;
}

std::unique_ptr<PageRegion> new_region(std::size_t bytes) {
  void* mapping = mmap(nullptr, bytes + kLargePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  return std::make_unique<PageRegion>(static_cast<char*>(mapping), bytes);
}

}  // namespace

Piece take_piece(std::size_t bytes) {
  if (bytes < kSmallest) return {};
  bytes = round_up(bytes, kLine);
  Regions& here = regions();
  std::lock_guard lock(here.mutex);
  if (bytes <= kLargest) {
    for (const auto& region : here.all) {
      if (const Piece piece = region->take(bytes); piece.memory != nullptr) return piece;
    }
  }
  std::unique_ptr<PageRegion> region = new_region(bytes <= kLargest ? kRegionBytes : round_up(bytes, kLargePage));
  if (!region) return {};
  here.all.push_back(std::move(region));
  return here.all.back()->take(bytes);
}

void give_piece(const Piece& piece) noexcept {
  Regions& here = regions();
  std::lock_guard lock(here.mutex);
  piece.region->give(piece.memory);
  if (piece.region->empty()) std::erase_if(here.all, [&](const auto& region) { return region.get() == piece.region; });
}

void return_free_pages() noexcept {
  Regions& here = regions();
  std::lock_guard lock(here.mutex);
  for (const auto& region : here.all) region->return_free_pages();
}

#else

Piece take_piece(std::size_t) {
  return {};
}

void give_piece(const Piece&) noexcept {}

void return_free_pages() noexcept {}

#endif

}  // namespace vit
