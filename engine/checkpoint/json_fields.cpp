#include "engine/checkpoint/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/lower.h"

namespace vit {

namespace {

/// A number, or a list or object of numbers that are all the same: a patch size of [16, 16].
const Json* same_number(const Json& json) {
  if (json.is(Json::Kind::number)) return &json;
  const Json* one = nullptr;
  const auto agrees = [&](const Json& item) {
    if (!item.is(Json::Kind::number) || (one != nullptr && one->number != item.number)) return false;
    one = &item;
    return true;
  };
  for (const Json& item : json.items) {
    if (!agrees(item)) return nullptr;
  }
  for (const auto& [key, item] : json.fields) {
    if (!agrees(item)) return nullptr;
  }
  return one;
}

}  // namespace

std::string json_value_text(const Json& json) {
  switch (json.kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::boolean:
      return json.number != 0 ? "true" : "false";
    case Json::Kind::number:
      return fmt::format("{:.6g}", json.number);
    case Json::Kind::text:
      return '"' + json.text.substr(0, 60) + '"';
    case Json::Kind::array:
      return "a list of " + std::to_string(json.items.size());
    case Json::Kind::object:
      return "a list of fields";
  }
  return "?";
}

const Json* JsonFields::first(std::initializer_list<const char*> paths, const char** path) const {
  for (const char* candidate : paths) {
    const Json* found = json_.find_path(candidate);
    if (found == nullptr || found->is(Json::Kind::null)) continue;
    *path = candidate;
    return found;
  }
  return nullptr;
}

void JsonFields::refuse(const char* topic, const char* path, const std::string& expected) {
  const Json* found = json_.find_path(path);
  hints_.problems.push_back({topic, reason(path) + " is " + (found != nullptr ? json_value_text(*found) : "missing") +
                                        ", not " + expected + ": correct it, or move the file away."});
}

void JsonFields::integer(std::optional<Hint<int>>& hint, const char* topic, std::initializer_list<const char*> paths) {
  const char* path = nullptr;
  const Json* found = first(paths, &path);
  if (found == nullptr) return;
  const Json* number = same_number(*found);
  if (number == nullptr || !number->integer || *number->integer < 1 || *number->integer > 1'000'000) {
    return refuse(topic, path, "a whole number of 1 or more");
  }
  hint = {static_cast<int>(*number->integer), reason(path)};
}

void JsonFields::real(std::optional<Hint<double>>& hint, const char* topic, std::initializer_list<const char*> paths) {
  const char* path = nullptr;
  const Json* found = first(paths, &path);
  if (found == nullptr) return;
  if (!found->is(Json::Kind::number) || !(found->number > 0 && found->number < 1e6)) {
    return refuse(topic, path, "a number above 0");
  }
  hint = {found->number, reason(path)};
}

void JsonFields::triple(std::optional<Hint<std::array<float, 3>>>& hint, const char* topic,
                        std::initializer_list<const char*> paths, bool positive) {
  const char* path = nullptr;
  const Json* found = first(paths, &path);
  if (found == nullptr) return;
  Hint<std::array<float, 3>> read{{}, reason(path)};
  for (std::size_t i = 0; i < 3; ++i) {
    const Json* item = found->is(Json::Kind::array) && found->items.size() == 3   ? &found->items[i]
                       : found->is(Json::Kind::array) && found->items.size() == 1 ? &found->items[0]
                                                                                  : found;
    if (!item->is(Json::Kind::number) || std::abs(item->number) > 1e4 || (positive && item->number <= 1e-9)) {
      return refuse(topic, path, positive ? "three numbers above 0" : "three numbers");
    }
    read.value[i] = static_cast<float>(item->number);
  }
  hint = read;
}

void JsonFields::size(std::optional<Hint<std::pair<int, int>>>& hint, const char* topic,
                      std::initializer_list<const char*> paths) {
  const char* path = nullptr;
  const Json* found = first(paths, &path);
  if (found == nullptr) return;
  const Json* height = found;
  const Json* width = found;
  if (found->is(Json::Kind::array) && found->items.size() >= 2) {
    height = &found->items[found->items.size() - 2];
    width = &found->items.back();
  } else if (found->is(Json::Kind::array) && found->items.size() == 1) {
    height = width = &found->items.front();
  } else if (found->is(Json::Kind::object)) {
    height = found->find("height");
    width = found->find("width");
    if (height == nullptr && width == nullptr) return;  // {"shortest_edge": …} and alike: not this form
  }
  const auto is_side = [](const Json* side) {
    return side != nullptr && side->integer && *side->integer >= 1 && *side->integer <= 16384;
  };
  if (!is_side(height) || !is_side(width)) return refuse(topic, path, "a size in pixels (1 to 16384)");
  hint = {{static_cast<int>(*height->integer), static_cast<int>(*width->integer)}, reason(path)};
}

std::optional<Hint<std::string>> JsonFields::text(const char* topic, std::initializer_list<const char*> paths) {
  const char* path = nullptr;
  const Json* found = first(paths, &path);
  if (found == nullptr) return std::nullopt;
  if (!found->is(Json::Kind::text)) {
    refuse(topic, path, "a word");
    return std::nullopt;
  }
  return Hint<std::string>{lower(found->text), reason(path)};
}

std::optional<Hint<bool>> JsonFields::boolean(const char* topic, std::initializer_list<const char*> paths) {
  const char* path = nullptr;
  const Json* found = first(paths, &path);
  if (found == nullptr) return std::nullopt;
  if (!found->is(Json::Kind::boolean)) {
    refuse(topic, path, "true or false");
    return std::nullopt;
  }
  return Hint<bool>{found->number != 0, reason(path)};
}

bool JsonFields::is_true(const char* path, bool otherwise) {
  const auto found = boolean("preprocessing", {path});
  return found ? found->value : otherwise;
}

}  // namespace vit
