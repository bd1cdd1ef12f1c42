#include "app/words/quantity.h"

namespace headlight {

std::string ms_text(double ms) {
  return vit::three_digits(ms);
}

std::string rate_text(double per_second) {
  return vit::three_digits(per_second);
}

}  // namespace headlight
