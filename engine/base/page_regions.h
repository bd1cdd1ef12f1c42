// Memory for matrices of tens of kilobytes and more, cut from regions that the system may back with large pages.
//
// Every pass reads a network's weights from end to end. Cut into pages of 4 KiB, each page costs a look-up of its
// address that the processor does not remember until the next pass; large pages spare that, but only whole ones help,
// and most matrices are smaller than one.
#pragma once

#include <cstddef>

namespace vit {

class PageRegion;

struct Piece {
  void* memory = nullptr;  // on a cache line
  PageRegion* region = nullptr;
  bool zero = false;  // fresh from the system, which gives pages of zeros as they are touched
};

inline constexpr std::size_t kLargePage = std::size_t{2} << 20;  // bytes

/// A piece of at least that many bytes, or nothing (null) where so few are better taken from the heap.
Piece take_piece(std::size_t bytes);
void give_piece(const Piece& piece) noexcept;

/// Gives the system back the large pages in which there is no piece, as long as nobody takes one there.
void return_free_pages() noexcept;

}  // namespace vit
