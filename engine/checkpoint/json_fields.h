// One JSON file of somebody else's, field by field: a value of the right kind becomes a hint, any other a problem.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/json.h"
#include "engine/checkpoint/model_hints.h"

namespace vit {

class JsonFields {
 public:
  /// `file` is what reasons call it: "config.json". Problems go into `hints`.
  JsonFields(const Json& json, std::string file, ModelHints& hints)
      : json_(json), file_(std::move(file)), hints_(hints) {}

  // Each takes the first of the paths that is there and not null. `topic` is the fact that a wrong value spoils.

  void integer(std::optional<Hint<int>>& hint, const char* topic, std::initializer_list<const char*> paths);
  void real(std::optional<Hint<double>>& hint, const char* topic, std::initializer_list<const char*> paths);
  /// Three numbers, or one for all three.
  void triple(std::optional<Hint<std::array<float, 3>>>& hint, const char* topic,
              std::initializer_list<const char*> paths, bool positive);
  /// 224, [224, 224] or [3, 224, 224], or {"height": 224, "width": 224}: height, width.
  void size(std::optional<Hint<std::pair<int, int>>>& hint, const char* topic,
            std::initializer_list<const char*> paths);
  /// In lower case.
  std::optional<Hint<std::string>> text(const char* topic, std::initializer_list<const char*> paths);
  std::optional<Hint<bool>> boolean(const char* topic, std::initializer_list<const char*> paths);

  bool is_true(const char* path, bool otherwise);
  const Json* find(const char* path) const { return json_.find_path(path); }
  const Json& json() const { return json_; }
  const std::string& file() const { return file_; }

  /// `path` says `value`, which is not `expected`.
  void refuse(const char* topic, const char* path, const std::string& expected);

 private:
  const Json* first(std::initializer_list<const char*> paths, const char** path) const;
  std::string reason(const char* path) const { return std::string(path) + " in " + file_; }

  const Json& json_;
  std::string file_;
  ModelHints& hints_;
};

/// A value as a sentence shows it: "\"relu\"", "-3", "a list".
std::string json_value_text(const Json& json);

}  // namespace vit
