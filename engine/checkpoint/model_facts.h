// What the tensors do not say (heads, eps, activation, preprocessing): decided from hints, names and sizes, with
// reasons.
#pragma once

#include <string>
#include <vector>

#include "engine/checkpoint/architectures.h"
#include "engine/checkpoint/family.h"
#include "engine/checkpoint/load_model.h"
#include "engine/checkpoint/model_hints.h"
#include "engine/network/model.h"

namespace vit {

/// What timm knows by the name in the configuration, or by the file's own name where the sizes agree; or null.
const Architecture* known_architecture(const ModelHints& hints, const ModelConfig& config);

/// Heads of the published networks with so many channels, else the divisor of C that makes heads nearest to 64 wide.
int usual_heads(int channels);

/// What a count that no file tells may be: usual_heads() and those that make heads of 32 to 128 channels, by eights,
/// ascending; at least one.
std::vector<int> likely_heads(int channels);

/// Sets config.num_heads and adds the fact. `stored` is what the tensors themselves say (Google's files), or 0.
void decide_heads(ModelConfig& config, LoadReport& report, const LoadOptions& options, const ModelHints& hints,
                  const Family& family, int stored);
void decide_eps(ModelConfig& config, LoadReport& report, const LoadOptions& options, const ModelHints& hints,
                const Family& family);
/// Throws Error where the user chose one for a network that has none.
void decide_activation(ModelConfig& config, LoadReport& report, const LoadOptions& options, const ModelHints& hints,
                       const Family& family);
void decide_pool(ModelConfig& config, LoadReport& report, const ModelHints& hints, const Family& family);
Preprocessing decide_preprocessing(const ModelConfig& config, LoadReport& report, const ModelHints& hints,
                                   const Family& family);
/// Throws Error if a file of labels chosen by the user does not fit.
std::vector<std::string> decide_labels(const ModelConfig& config, LoadReport& report, const LoadOptions& options,
                                       const ModelHints& hints);
void note_position_rule(const ModelConfig& config, LoadReport& report, const Family& family);

}  // namespace vit
