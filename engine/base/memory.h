// How much memory this process may still take, and what it has and does not need.
#pragma once

#include <cstddef>

namespace vit {

/// Bytes that can be allocated without swapping, within the limit of the process's control group where it has one.
/// A generous guess on systems that do not tell.
std::size_t available_memory();

/// Gives the system back what was freed and is kept for the next allocation: for a program at rest. What is allocated
/// next may take some milliseconds longer. From any thread.
void return_free_memory() noexcept;

}  // namespace vit
