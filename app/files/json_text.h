// JSON as text: file names may hold any bytes, and JSON is UTF-8, so what is none is replaced, not refused. And numbers
// out of JSON that somebody may have written by hand.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace headlight {

/// `Json` is one of the library's types; without an indent all stands on one line.
template <typename Json>
std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// None where it is no whole number, or one that T does not hold: the library would convert it all the same.
template <std::integral T, typename Json>
std::optional<T> whole_number(const Json& json) {
  const bool fits = json.is_number_unsigned()
                        ? std::in_range<T>(json.template get<std::uint64_t>())
                        : json.is_number_integer() && std::in_range<T>(json.template get<std::int64_t>());
  if (!fits) return std::nullopt;
  return json.template get<T>();
}

}  // namespace headlight
