// Which of a picture's values become black and white: what makes a picture of 12 bits visible in a file of 16.
#pragma once

#include <cstdint>
#include <string>

namespace vit {

/// Values are those of the file where it has more than 8 bits, or says its largest one (PNM): 0 … 65,535 in a PNG or
/// TIFF file of 16 bits. Else they are the levels 0 … 255 of the picture as it is decoded. The same for all channels,
/// so that hues stay.
struct Levels {
  enum class Rule : std::uint8_t {
    as_stored,  // 0 is black, the largest possible value white: as the reference pipelines have it
    automatic,  // the picture's own least and greatest value, or nearly
    fixed
  };
  Rule rule = Rule::as_stored;
  double outside = 0;                 // automatic: so many percent of the values are left out at each end, 0 … 49
  std::uint32_t low = 0, high = 255;  // fixed: what becomes black and white, low < high
  bool operator==(const Levels&) const = default;
};

inline constexpr std::uint32_t kLargestValue = 65535;

/// "stored", "auto", "auto:0.5" or "0,4095". Throws Error for any other text.
Levels parse_levels(const std::string& text);
/// What parse_levels() reads.
std::string text_of(const Levels& levels);

/// What becomes black and white.
struct ValueSpan {
  std::uint32_t low = 0, high = 255;
  bool operator==(const ValueSpan&) const = default;
};

/// The values that a picture has, and the largest that it could have.
struct ValueRange {
  std::uint32_t least = 0, greatest = 255, most = 255;
  bool operator==(const ValueRange&) const = default;
};

/// "0 to 4,095 of 65,535".
std::string words_of(const ValueSpan& span, const ValueRange& range);
/// "65,535"
std::string value_text(std::uint32_t value);

}  // namespace vit
