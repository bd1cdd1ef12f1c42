// What the program's exit status means; `--help` prints the same list.
#pragma once

namespace headlight {

inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;        // something that the user can fix: a file, a size, a device
inline constexpr int kExitUsage = 2;        // arguments that make no sense
inline constexpr int kExitCancelled = 130;  // Ctrl-C
inline constexpr const char* kExitCodesHelp =
    "Exit status: 0 done · 1 an error that one sentence on standard error explains · 2 arguments not understood · "
    "130 cancelled with Ctrl-C.";

}  // namespace headlight
