// What a user can fix: one sentence that says what is wrong, with which file or tensor, and what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace vit {

/// Thrown for bad input and impossible requests. `what()` is shown to the user as it stands.
/// Caught where the sentence can be shown, or where there is another way. A bug is an `assert`, never an Error.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& sentence) : std::runtime_error(sentence) {}
};

/// Thrown when a stop was requested while a pass was running. Not a failure: nobody reports it.
class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("cancelled") {}
};

}  // namespace vit
