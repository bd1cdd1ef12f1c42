// What can be said about one map of a set.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/maps/map_set.h"

namespace vit {

struct MapFacts {
  float entropy_bits = 0;  // of the whole row brought to a sum of 1, prefix tokens included
  float spread = 0;        // tokens over which it would be spread if each got the same: 2 to the entropy
  float peak = 0;          // largest patch value
  int peak_patch = 0;
  float own = 0;      // on the query itself
  float prefix = 0;   // on the prefix tokens together
  float patches = 0;  // on the patches together
};

/// Of map `index`. Of a maximum over heads, `patches` is the most that one head of the set gives them.
MapFacts facts_of(const MapSet& set, int index);

/// How many patches, the largest first, hold half of what all patches hold.
int half_mass_count(std::span<const float> map);

/// "(4, 7)": row and column.
std::string place_text(int patch, int cols);

/// "14.6 ×", "0.031 ×", "<0.01 ×"; not of negative numbers.
std::string times_text(double times);
/// How many times its even share a token has; where values are no shares, with the unit of the set: "5.7 %", "112 px".
/// A logarithm of shares is read as the share.
std::string even_text(const MapSet& set, float value);

/// True where its maps are what a dropout mask left: their rows need not sum to 1.
bool after_dropout(const MapSet& set);

/// What any map from one query says: how far it spreads, its strongest patch, and what goes to the prefix tokens.
/// `who`: "head 3", "the mean of 6 heads".
std::string shares_sentence(const MapSet& set, int index, const std::string& who);

/// Likewise for a map of who looks at the query.
std::string received_sentence(const MapSet& set, int index, const std::string& who);

}  // namespace vit
