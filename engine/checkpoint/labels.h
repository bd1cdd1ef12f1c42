// Names of a network's classes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vit {

struct Json;

/// One name a line, or JSON: a list, {"0": "tench", …}, or the same inside "id2label". Empty lines at the end do not
/// count. Throws Error if the file cannot be read or its indices are not 0 … n-1.
std::vector<std::string> load_labels(const std::filesystem::path& file);

/// The names in a JSON list or in an object of indices; `what` stands for the file in messages.
std::vector<std::string> labels_from_json(const Json& json, const std::string& what);

}  // namespace vit
