// What a network says about a picture, as it is told: a name and how sure it is.
#pragma once

#include <string>

namespace headlight {

struct Prediction {
  std::string name;
  double probability = 0;
};

}  // namespace headlight
