// What a network's features do: how far settings moved them, and which patches are most like the class token.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/network/trace.h"

namespace headlight {

/// Two passes of one model and input.
struct FeatureChange {
  double cosine = 1;  // of the subject's features now and as trained; 0 where one of them is zero
  double moved = 0;   // ‖now − trained‖ ÷ ‖trained‖ over all tokens
};

struct AlikePatch {
  int token = 0;
  double cosine = 0;  // of its features and the subject's
};

struct FeatureFacts {
  int channels = 0;
  bool class_token = false;               // the subject: the class token, or else the mean of the patches
  bool departs = false;                   // the settings are not the trained ones
  std::vector<AlikePatch> alike{};        // the patches most like it, the most alike first
  std::optional<FeatureChange> change{};  // none as trained, or while there is nothing to compare with
};

/// Of a whole pass, with the `patches` most alike. `trained` is the same model's pass with everything as trained, or
/// null; one of another input is not compared with.
FeatureFacts feature_facts(const vit::Trace& trace, const vit::Trace* trained, std::size_t patches);

/// What the facts say, in one or two sentences.
std::string feature_sentence(const FeatureFacts& facts);

}  // namespace headlight
