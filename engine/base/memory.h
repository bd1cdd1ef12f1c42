// How much memory this process may still take.
#pragma once

#include <cstddef>

namespace vit {

/// Bytes that can be allocated without swapping, within the limit of the process's control group where it has one.
/// A generous guess on systems that do not tell.
std::size_t available_memory();

}  // namespace vit
