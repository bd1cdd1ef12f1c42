// What can be said about one map of a set.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/maps/map_set.h"

namespace vit {

struct MapFacts {
  float entropy_bits = 0;  // of the whole row brought to a sum of 1, prefix tokens included
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

/// "row 4, column 7".
std::string place_text(int patch, int cols);

/// They are what a dropout mask left: rows need not sum to 1.
bool after_dropout(const MapSet& set);

/// A sentence that fits any map from one query: what it puts on the query, the prefix tokens and the patches.
/// `looks`: "head 3 puts", "the 6 heads on average put".
std::string shares_sentence(const MapSet& set, int index, const std::string& looks);

}  // namespace vit
