// Quantities as people read them: three significant digits and a unit.
#pragma once

#include <string>

namespace vit {

std::string count_text(double count);    // "0", "512", "17.6 G"
std::string bytes_text(double bytes);    // "0 B", "1.86 MB", "3.50 GB": powers of ten
std::string three_digits(double value);  // "0.0123", "1.23", "123": never in exponent form
std::string share_text(double share);  // 0…1 as per cent without the sign: "97", "2.1", "0.052", "0"; below it "<0.01"
std::string percent_text(double share);  // the same with the sign: "97 %"
/// A mark of an axis: with the decimals that marks so far apart need, "7.5 %".
std::string percent_mark(double share, double apart);

}  // namespace vit
