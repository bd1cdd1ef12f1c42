// JSON as text. File names may hold any bytes, and JSON is UTF-8: what is none is replaced, not refused.
#pragma once

#include <string>

namespace headlight {

/// `Json` is one of the library's types; without an indent all stands on one line.
template <typename Json>
std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace headlight
