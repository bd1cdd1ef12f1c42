#include "engine/checkpoint/labels.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"

namespace vit {
namespace {

constexpr std::uintmax_t kMaxBytes = 16u << 20;

/// A name, or the last of several: ImageNet's index file has ["n01440764", "tench"].
std::string label_text(const Json& json, const std::string& what) {
  if (json.is(Json::Kind::text)) return json.text;
  if (json.is(Json::Kind::array) && !json.items.empty() && json.items.back().is(Json::Kind::text)) {
    return json.items.back().text;
  }
  throw Error(what + " has a class name that is no text.");
}

}  // namespace

std::vector<std::string> labels_from_json(const Json& json, const std::string& what) {
  std::vector<std::string> labels;
  if (json.is(Json::Kind::array)) {
    for (const Json& item : json.items) labels.push_back(label_text(item, what));
    return labels;
  }
  if (!json.is(Json::Kind::object)) throw Error(what + " holds no list of class names.");
  labels.resize(json.fields.size());
  std::vector<bool> seen(labels.size(), false);
  // Some number their classes from 1.
  const std::size_t first = json.find("0") == nullptr ? 1 : 0;
  for (const auto& [key, value] : json.fields) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    index -= first;
    if (error != std::errc() || end != key.data() + key.size() || index >= labels.size() || seen[index]) {
      throw Error(what + " must number its " + std::to_string(labels.size()) + " classes from 0 (or 1) on; \"" +
                  key.substr(0, 40) + "\" does not fit.");
    }
    seen[index] = true;
    labels[index] = label_text(value, what);
  }
  return labels;
}

std::vector<std::string> load_labels(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(file, error);
  std::ifstream stream;
  if (!error) stream.open(file, std::ios::binary);  // a pipe has no size, and opening it would wait for its other end
  if (error || !stream) throw Error("Cannot read the class names in " + file.string() + ": check the path.");
  if (bytes > kMaxBytes) throw Error(file.string() + " is too large for a list of class names (above 16 MB).");
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) throw Error(file.string() + " holds no class names: write one a line.");
  if (text[begin] == '{' || text[begin] == '[') {
    const Json json = parse_json(text, file.string());
    const Json* inside = json.find("id2label");
    return labels_from_json(inside != nullptr ? *inside : json, file.string());
  }
  std::vector<std::string> labels;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    labels.push_back(valid_utf8(line));
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  return labels;
}

}  // namespace vit
