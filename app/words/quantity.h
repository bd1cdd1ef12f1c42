// Quantities as people read them, where tables need them besides what the engine's own sentences say.
#pragma once

#include <string>

#include "engine/base/quantity.h"

namespace headlight {

using vit::bytes_text;
using vit::count_text;
using vit::percent_text;
using vit::share_text;
std::string ms_text(double ms);            // "0.0123", "1.23", "123": without the unit, for columns
std::string column_ms_text(double ms);     // no longer than "0.012", for narrow columns
std::string rate_text(double per_second);  // "8.50", "243": 10⁹ a second, without the unit

}  // namespace headlight
