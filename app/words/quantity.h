// Quantities as people read them: three significant digits and a unit.
#pragma once

#include <string>

namespace headlight {

std::string count_text(double count);      // "0", "512", "17.6 G"
std::string bytes_text(double bytes);      // "0 B", "1.86 MB": powers of ten
std::string ms_text(double ms);            // "0.0123", "1.23", "123": without the unit, for columns
std::string rate_text(double per_second);  // "8.5", "243": 10⁹ a second, without the unit
std::string percent_text(double share);    // "12.3 %"
std::string share_text(double share);      // of attention, per cent without the sign: "97", "2.1", "0.05", "<0.01"

}  // namespace headlight
