// An analysis: one kind of question that can be asked of a pass. A file of its own and a line in analyses.cpp make it a
// page of the window, an option of `headlight export`, and a subject of the tests that go over all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/maps/map_set.h"

namespace vit {

/// What a parameter's values count.
enum class Counts : std::uint8_t {
  numbers,        // from `low` to `high`, or the places of `names`
  blocks,         // to the network's last one
  heads,          // to the last one of the question's block
  classes,        // likewise; -1: the most probable one
  other_blocks,   // of side B; -1: the one that stands for side A's
  other_patches,  // of side B, where that runs the same network; -1: all of them
};

/// A number that an analysis can be given.
struct Parameter {
  const char* id;        // "discard", for the command line and files
  const char* label;     // "Discard"
  const char* sentence;  // for the tooltip
  double low, high, initial;
  std::span<const char* const> names = {};  // where it is a choice: the names of 0, 1, 2 …
  Counts counts = Counts::numbers;
  bool without_classes = false;  // has a meaning for networks without classes alone
  bool with_classes = false;     // has a meaning for networks with classes alone
  /// Of a choice: so many of its first names have a meaning without side B, the others only where side B runs the same
  /// network; 0: all have.
  int names_alone = 0;
};

/// The largest value of a parameter for a pass and a block of it.
double highest(const Parameter& parameter, const Subject& subject, int block = 0);
/// Whether the parameter means anything for the network.
bool applies(const Parameter& parameter, const ModelConfig& config);

/// What an answer may use while it is made.
struct Means {
  std::stop_token stop = {};
  std::function<void(double)> progress = {};  // hears 0 … 1

  /// Throws Cancelled after a stop request.
  void step(double fraction) const;
};

struct Analysis {
  const char* id;             // "rollout"
  const char* name;           // "Rollout", in the list of its tab and in titles
  const char* group;          // "flow": analyses of one group share a tab (app/pages/pages.cpp lists the tabs)
  const char* sentence;       // what it shows, at the top of its page
  const char* reference;      // the paper or code that it follows; empty: the network's own numbers
  bool asks_block;            // one answer for each block; else one for the network
  bool asks_direction;        // it can also tell who looks at the query
  bool asks_query = true;     // its maps depend on the query; see heeds_query
  bool reads_output = false;  // it reads what comes after the last block's maps, so that the pass must run to its end
  bool has_table = false;     // it is about numbers of every head: the MapTable of an answer is its CSV file
  bool has_curves = false;    // its answers have curves over the blocks
  bool is_matrix = false;     // its one map holds all queries and keys, and lies on no photo
  bool is_plain = false;  // one block's attention itself: file names and captions of exports do not name the analysis
  bool compares = false;  // it is about side A and side B together, and asks nothing of one alone
  std::span<const Parameter> parameters;

  /// Empty, or why the pass cannot be asked this.
  std::string (*refusal)(const Trace& trace);
  /// Floats that the answer reads: about a millisecond a million.
  double (*work)(const Trace& trace, const Question& question);
  /// Block, query and values must be valid. Throws Cancelled.
  std::shared_ptr<const MapSet> (*answer)(const Subject& subject, const Question& question, const Means& means);
  /// One sentence about one map of an answer, with its numbers.
  std::string (*about)(const MapSet& set, int index);
  /// What a figure says of its maps behind the photo, the block and the head: "attention from the class token". A map
  /// of the set by itself, or -1: several.
  std::string (*caption)(const MapSet& set, int index);
  /// The number that the colours stand for, with its unit: "attention probability", "spread, tokens".
  std::string (*quantity)(const MapSet& set);
  /// Of one that has curves: what these are of.
  std::string (*caption_of_curves)(const MapSet& set) = nullptr;
  /// Of one that compares: empty, or why the two passes cannot be asked this.
  std::string (*refusal_of_pair)(const Subject& subject, const Question& question) = nullptr;
  /// Of one whose maps or table depend on the query with some of its parameters alone: whether they do here. See
  /// depends_on_query.
  bool (*heeds_query)(const Question& question, const ModelConfig& config) = nullptr;

  /// An answer has a map for each head of one block.
  bool shows_heads() const { return asks_block && !is_matrix; }
  const Parameter* parameter(std::string_view parameter_id) const;  // nullptr: it has no such one
  /// The value of a parameter in a question, or its initial one.
  double value(const Question& question, std::string_view parameter_id) const;
};

/// The refusal of an analysis that reads attention weights.
std::string refused_without_attention(const Trace& trace);

/// Empty, or why the question has no answer: what it asks of a pass is not finite, see NotFinite.
std::string refused_as_not_finite(const Analysis& analysis, const Subject& subject, const Question& question);

/// Empty, or why tokens of side B cannot be compared with those of side A: it is not there, or another network's.
std::string refused_beside(const Subject& subject);
/// Whether the question is about side B's pass, too.
bool asks_other(const Analysis& analysis, const Question& question);
/// Whether the answer's maps depend on the question's query.
bool asks_query(const Analysis& analysis, const Question& question, const ModelConfig& config);
/// Whether its maps or its table do.
bool depends_on_query(const Analysis& analysis, const Question& question, const ModelConfig& config);
/// What the question is about: without side B where it does not ask about it.
Subject asked_of(const Analysis& analysis, const Subject& subject, const Question& question);

/// All of them, in the order of the window's tabs.
std::span<const Analysis* const> analyses();
const Analysis* analysis_by_id(std::string_view id);

/// Throws Error that names what is possible unless block, query and every value exist for this pass.
void validate(const Analysis& analysis, const Subject& subject, const Question& question);

}  // namespace vit
