// What analyses that go backward share: the number that they ask about, its parameters, and what it is called.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "engine/maps/analysis.h"
#include "engine/network/backward.h"

namespace vit {

/// Which class, or, for a network without classes, what its features are compared with.
inline constexpr std::array kCompared = {"itself", "query", "second", "query-second"};
inline constexpr Parameter kClassParameter = {
    .id = "class",
    .label = "Class",
    .sentence =
        "The class whose logit is asked about; -1 is the most probable one. A click on a prediction chooses it.",
    .low = -1,
    .high = -1,
    .initial = -1,
    .counts = Counts::classes};
inline constexpr Parameter kComparedParameter = {
    .id = "compared",
    .label = "Compare",
    .sentence =
        "A network without classes is asked about the class token's features: their dot product with their own "
        "direction, or their cosine to those of the query's token (choose a patch) or of the second photo (side B's on "
        "the page Compare); or about the query's features and the second photo's.",
    .low = 0,
    .high = 3,
    .initial = 0,
    .names = kCompared,
    .without_classes = true,
    .names_alone = 2};
inline constexpr Parameter kOtherPatchParameter = {
    .id = "patch",
    .label = "In second",
    .sentence =
        "The patch of the second photo whose features are compared with, row by row from 0; -1 is the class "
        "token. A click on the second photo chooses it.",
    .low = -1,
    .high = -1,
    .initial = -1,
    .counts = Counts::other_patches,
    .without_classes = true};

/// What a question is about: the logit of its class, or features. Without a class token those of the mean patch.
Target target_of(const Subject& subject, const Analysis& analysis, const Question& question);

/// "the class “cat” (logit 7.31, probability 0.92)", "the class token's features, along their own direction".
std::string target_phrase(const MapSet& set);

/// The same for the title of a figure: "class cat (3), the most probable", "the class token's features".
std::string target_title(const MapSet& set);

/// Whether the features that a network without classes is asked about are compared with the query's.
bool compares_with_query(const Question& question, const ModelConfig& config);

/// Runs backward with the threads of the pass.
BackwardRun run_backward(const Trace& trace, const Target& target, const BackwardHooks& hooks, const Means& means);

/// Floats, in the sense of Analysis::work, of a backward pass through the blocks from the last one down to a block.
double backward_work(const Trace& trace, int down_to);

/// A map that is no share of anything, for `who` ("the relevance"): its strongest patch, and how many patches hold
/// half.
std::string strength_sentence(const MapSet& set, int index, const std::string& who);

}  // namespace vit
