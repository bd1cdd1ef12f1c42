// For a word that nobody knows: the known word that was probably meant.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace headlight {

/// The candidate with the fewest typing slips (letters inserted, left out, replaced or swapped), if they are few
/// enough for the length of the word.
std::optional<std::string> nearest_word(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace headlight
