#include "app/session/other_side.h"

namespace headlight {

bool same_overrides(vit::LoadOptions a, vit::LoadOptions b) {
  a.imagenet_labels = b.imagenet_labels = {};
  return a == b;
}

vit::Preprocessing preprocessing_of(const OtherSide& other, const vit::Model& model, const vit::Model& model_of_a,
                                    const vit::Preprocessing& of_a) {
  if (other.preprocessing) return *other.preprocessing;
  return &model == &model_of_a ? of_a : model.preprocessing;
}

vit::Settings settings_of(const OtherSide& other, const vit::Model& model, const vit::Model& model_of_a,
                          const vit::Settings& of_a) {
  vit::Settings settings = of_a;  // it runs as side A does
  if (other.numbers)
    static_cast<vit::Numbers&>(settings) = *other.numbers;
  else if (&model != &model_of_a)
    static_cast<vit::Numbers&>(settings) = vit::trained_settings(model.config);
  return settings;
}

}  // namespace headlight
