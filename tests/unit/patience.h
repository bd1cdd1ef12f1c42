// How long a test waits for what must come. What comes ends the wait: the limit is for failures alone.
#pragma once

#include <chrono>

namespace headlight {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::chrono::minutes kPatience{10};  // instrumented code takes ten times as long
#else
inline constexpr std::chrono::minutes kPatience{1};
#endif

}  // namespace headlight
