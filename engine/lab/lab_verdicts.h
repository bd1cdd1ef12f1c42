// What the operator table and this machine say to the sentences of a student's note on the Attention module.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/lab/lab.h"

namespace vit {

/// unclear: the times spread more than kNoisySpread, so that they decide nothing.
enum class Says : std::uint8_t { holds, in_part, fails, unclear, unknown };
const char* word_of(Says says);  // "holds", "in part", "does not hold", "not clear", "not measured"

struct Verdict {
  std::string id;     // "softmax"
  std::string claim;  // the note's sentence
  Says by_operations = Says::unknown, by_time = Says::unknown;
  std::string operations = {}, time = {};  // a sentence each, with its numbers
};

/// A change of time by less than this, up or down, is none.
inline constexpr double kNotableRatio = 1.25;
/// What costs less of the module's time than this is nothing to speak of.
inline constexpr double kNegligibleShare = 0.03;

/// With `result` null or of another base: by operations alone.
std::vector<Verdict> lab_verdicts(const ModuleSpec& base, const LabResult* result);

/// A formula of the note that the table has otherwise.
struct NoteSlip {
  std::string what;      // "qkv"
  std::string note;      // "3C²"
  std::string formula;   // "B·N·3C²", the table's
  std::string sentence;  // what is missing, with numbers
};
std::vector<NoteSlip> note_slips(const ModuleSpec& base);

/// "1 × 197 × 768, 12 heads × 64 channels, qkv bias, step by step, 2 threads"
std::string words_of(const ModuleSpec& spec);

}  // namespace vit
