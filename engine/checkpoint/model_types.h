// Networks that Hugging Face's model_type names and that are no plain ViT, with what they are.
#pragma once

#include <string>

namespace vit {

struct ModelType {
  const char* type = "";  // "yolos"
  const char* what = "";  // "a YOLOS detector"
  const char* because = "";
};

/// Null for every other type: the tensors tell what it is.
const ModelType* refused_model_type(const std::string& type);

}  // namespace vit
