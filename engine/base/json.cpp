#include "engine/base/json.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "engine/base/error.h"

namespace vit {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxValues = 2'000'000;
constexpr std::uintmax_t kMaxFileBytes = 64u << 20;

/// Builds values as the parser reads, so that limits bite before memory is spent.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(Json* root, const std::string& what) : root_(root), what_(what) {}

  bool null() override { return add({}); }
  bool boolean(bool value) override {
    Json json;
    json.kind = Json::Kind::boolean;
    json.number = value ? 1 : 0;
    return add(std::move(json));
  }
  bool number_integer(number_integer_t value) override {
    Json json = number(static_cast<double>(value));
    json.integer = value;
    return add(std::move(json));
  }
  bool number_unsigned(number_unsigned_t value) override {
    Json json = number(static_cast<double>(value));
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      json.integer = static_cast<std::int64_t>(value);
    }
    return add(std::move(json));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(number(value)); }
  bool string(string_t& value) override {
    Json json;
    json.kind = Json::Kind::text;
    json.text = std::move(value);
    return add(std::move(json));
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::Kind::object); }
  bool start_array(std::size_t) override { return open(Json::Kind::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    if (!open_.back().keys.insert(value).second) throw Error(what_ + " names \"" + value + "\" twice.");
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw Error(what_ + " is no valid JSON (at byte " + std::to_string(position) + "): the file is damaged.");
  }

 private:
  struct Open {
    Json value;
    std::string key;  // under which it goes into its parent
    std::unordered_set<std::string> keys;
  };

  static Json number(double value) {
    Json json;
    json.kind = Json::Kind::number;
    json.number = value;
    return json;
  }
  void count() {
    if (++values_ > kMaxValues) throw Error(what_ + " holds more than two million values.");
  }
  bool add(Json value) {
    count();
    place(std::move(value), std::move(key_));
    key_.clear();
    return true;
  }
  bool open(Json::Kind kind) {
    count();
    if (open_.size() == kMaxDepth)
      throw Error(what_ + " nests deeper than 32 levels: it is damaged, or made to do harm.");
    open_.push_back({});
    open_.back().value.kind = kind;
    open_.back().key = std::move(key_);
    key_.clear();
    return true;
  }
  bool close() {
    Open last = std::move(open_.back());
    open_.pop_back();
    place(std::move(last.value), std::move(last.key));
    return true;
  }
  void place(Json value, std::string key) {
    if (open_.empty()) {
      *root_ = std::move(value);
    } else if (open_.back().value.kind == Json::Kind::array) {
      open_.back().value.items.push_back(std::move(value));
    } else {
      open_.back().value.fields.push_back({std::move(key), std::move(value)});
    }
  }

  Json* root_;
  std::string what_;
  std::string key_;
  std::vector<Open> open_;
  std::size_t values_ = 0;
};

}  // namespace

const Json* Json::find(std::string_view key) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.name == key; });
  return found == fields.end() ? nullptr : &found->value;
}

const Json* Json::find_path(std::string_view path) const {
  const Json* json = this;
  while (json != nullptr) {
    const std::size_t dot = path.find('.');
    json = json->find(path.substr(0, dot));
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  return json;
}

Json parse_json(std::string_view text, const std::string& what) {
  Json root;
  Builder builder(&root, what);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return root;
}

Json read_json(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(file, error);
  std::ifstream stream;
  if (!error) stream.open(file, std::ios::binary);  // a pipe has no size, and opening it would wait for its other end
  if (error || !stream) throw Error("Cannot read " + file.string() + ": check that the file exists and may be read.");
  if (bytes > kMaxFileBytes) throw Error(file.string() + " is too large for a JSON file (above 64 MB).");
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return parse_json(text, file.string());
}

}  // namespace vit
