// What a network says about a picture: probabilities of classes and their names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/words/prediction.h"
#include "engine/network/model.h"
#include "engine/network/trace.h"

namespace headlight {

struct ClassScore {
  int index = 0;
  std::string label;  // "class 3" where the model has no names
  float logit = 0;
  double probability = 0;
};

/// Softmax of the logits.
std::vector<double> probabilities(const std::vector<float>& logits);

/// The class's name, or "class 7" where there is none.
std::string class_name(const std::vector<std::string>& labels, int index);

/// The `count` likeliest classes, the likeliest first; probabilities are the softmax over all classes.
std::vector<ClassScore> top_classes(const std::vector<float>& logits, const std::vector<std::string>& labels,
                                    int count);

/// What a report and its like tell of a pass: the five likeliest; none for a network without classes.
std::vector<Prediction> told_predictions(const vit::Trace& trace);

/// The class that a folder's name means: a label, one of a label's synonyms ("tench, Tinca tinca"), or an index. Upper
/// and lower case, blanks, hyphens and underscores do not matter.
std::optional<int> class_by_name(const std::string& name, const vit::Model& model);

}  // namespace headlight
