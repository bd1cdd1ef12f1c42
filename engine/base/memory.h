// How much memory this process may still take, and what it has and does not need.
#pragma once

#include <cstddef>

namespace vit {

/// Bytes that can be allocated without swapping, within the limit of the process's control group where it has one.
/// A generous guess on systems that do not tell.
std::size_t available_memory();

/// For a program that runs for days: threads that start afterwards share one heap, and what takes 128 KiB or more never
/// lies in it, where a small neighbour that lives on would keep its pages. (glibc moves that limit up to 32 MiB as such
/// pieces are freed.) Without effect where the C library is another one.
void keep_heap_compact() noexcept;

/// Gives the system back what was freed and is kept for the next allocation: for a program at rest. What is allocated
/// next may take some milliseconds longer. From any thread.
void return_free_memory() noexcept;

}  // namespace vit
