// A query's attention in all heads of a block by direction: its row, its column, or the product of both.
#pragma once

#include "engine/maps/map_set.h"

namespace vit {

/// (h, N). Of both ways: row · column, token by token; the same for a and b as for b and a.
Matrix directed_rows(const Trace& trace, int block, const Question& question);

/// Floats that it reads: a million take about a millisecond.
double directed_floats(const Trace& trace, int block, Direction direction);

/// What the direction adds to a map's id: "", "_received", "_both".
const char* id_ending(Direction direction);

/// "from the class token", "to …", "from and to …": of what the question's direction and query are about.
std::string directed_phrase(const MapSet& set);
/// What the colours of such shares stand for: "attention probability", or the product of two.
std::string directed_quantity(const MapSet& set);

/// What a map's window leaves out, behind another sentence; empty: its block sees all tokens.
std::string window_sentence(const MapSet& set, int index);

/// One sentence about map `index` of such rows. `who`: "head 3", "the mean of 6 heads".
std::string directed_sentence(const MapSet& set, int index, const std::string& who);

}  // namespace vit
