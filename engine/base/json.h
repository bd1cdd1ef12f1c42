// JSON that came from somebody else's file, as plain values: bounded in depth and size, duplicate keys refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vit {

struct Json {
  struct Field;
  enum class Kind : std::uint8_t { null, boolean, number, text, array, object };
  Kind kind = Kind::null;
  double number = 0;                    // of a number, 0 or 1 of a boolean
  std::optional<std::int64_t> integer;  // of a number that is whole and fits
  std::string text;
  std::vector<Json> items;    // of an array
  std::vector<Field> fields;  // of an object, in the file's order

  /// A field of an object, or null.
  const Json* find(std::string_view key) const;
  /// The same along a path, "pretrained_cfg.mean".
  const Json* find_path(std::string_view path) const;

  bool is(Kind wanted) const { return kind == wanted; }
};
struct Json::Field {
  std::string name;
  Json value;
};

/// Throws Error that begins with `what` ("config.json") if the text is no JSON, nests deeper than 32, holds more than
/// two million values, or names a key twice in one object.
Json parse_json(std::string_view text, const std::string& what);

/// A whole file of at most 64 MB.
Json read_json(const std::filesystem::path& file);

}  // namespace vit
