#include "app/session/saved_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "app/files/json_text.h"
#include "engine/base/choices.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "headlight view";
constexpr int kVersion = 1;

/// Every field of a view by its name: the one list that writing and reading share.
template <class Visitor, class Subject>
void view_fields(Visitor& v, Subject& view) {
  v("page", view.page);
  v("block", view.block);
  v("head", view.head);
  v("query", view.query);
  v("direction", view.direction);
  v("stage", view.stage);
  v("picture", view.look.picture);
  v("colormap", view.look.colormap);
  v("range", view.look.range_rule);
  v("range_low", view.look.fixed_range.low);
  v("range_high", view.look.fixed_range.high);
  v("smooth", view.look.smooth);
  v("opacity", view.look.opacity);
  v("whole_photo", view.whole_photo);
  v("curtain", view.curtain);
  v("parameters", view.parameters);
  v("cost_of_model", view.cost_of_model);
  v("convention", view.convention);
}

template <class Visitor, class Preprocessing>
void preprocessing_fields(Visitor& v, Preprocessing& p) {
  v("resize", p.resize);
  v("resize_px", p.resize_px);
  v("longest_px", p.longest_px);
  v("most_patches", p.most_patches);
  v("multiple", p.multiple);
  v("squash_scale", p.squash_scale);
  v("crop", p.crop);
  v("width", p.width);
  v("height", p.height);
  v("crop_rounds_down", p.crop_rounds_down);
  v("interpolation", p.interpolation);
  v("mean", p.mean);
  v("std", p.std);
}

template <class Visitor, class Numbers>
void numbers_fields(Visitor& v, Numbers& s) {
  v.list("blocks", s.blocks, [](auto& each, auto& block) {
    each("heads", block.heads);
    each("off", block.off);
    each("scaled", block.scaled);
  });
  v("qkv_bias", s.qkv_bias);
  v("training", s.training);
  v("attn_drop", s.attn_drop);
  v("proj_drop", s.proj_drop);
  v("seed", s.seed);
}

template <class Visitor, class Settings>
void settings_fields(Visitor& v, Settings& s) {
  numbers_fields(v, s);
  v("kernel", s.kernel);
  v("precision", s.precision);
  v("threads", s.threads);
  v("keep", s.keep);
}

template <class Visitor, class LoadOptions>
void load_fields(Visitor& v, LoadOptions& load) {
  v("trained_heads", load.num_heads);
  v("eps", load.eps);
  v("activation", load.activation);
  v("family", load.family);
  v("weights", load.weights);
  v("grid", load.grid);
  v("labels", load.labels);
}

template <class Visitor, class Reading>
void reading_fields(Visitor& v, Reading& reading) {
  v("icc", reading.applies_profile);
  v("levels", reading.levels);
}

template <class Visitor, class Mark>
void mark_fields(Visitor& v, Mark& mark) {
  v("path", mark.path);
  v("bytes", mark.bytes);
  v("sha256", mark.sha256);
}

/// Side B: what it has of its own.
template <class Visitor, class Subject>
void other_fields(Visitor& v, Subject& saved) {
  auto& other = saved.wanted.other;
  v.group("model", [&](auto& in) { mark_fields(in, saved.other_model); });
  v.group("load", [&](auto& in) { load_fields(in, other.load); });
  v.group("image", [&](auto& in) {
    mark_fields(in, saved.other_image);
    reading_fields(in, other.reading);
  });
  v.optional_group("preprocessing", other.preprocessing, [](auto& in, auto& p) { preprocessing_fields(in, p); });
  v.optional_group("settings", other.numbers, [](auto& in, auto& n) { numbers_fields(in, n); });
}

template <class Visitor, class Subject>
void fields(Visitor& v, Subject& saved) {
  auto& wanted = saved.wanted;
  v.group("model", [&](auto& in) { mark_fields(in, saved.model); });
  v.group("load", [&](auto& in) { load_fields(in, wanted.load); });
  v.group("image", [&](auto& in) {
    mark_fields(in, saved.image);
    reading_fields(in, wanted.reading);
  });
  v.group("preprocessing", [&](auto& in) { preprocessing_fields(in, wanted.preprocessing); });
  v.group("settings", [&](auto& in) { settings_fields(in, wanted.settings); });
  v.group("view", [&](auto& in) { view_fields(in, wanted.view); });
  v("heads_for_all", wanted.heads_for_all);
  v.group_if(wanted.other.on(), "other", [&](auto& in) { other_fields(in, saved); });
}

class Writer {
 public:
  template <class T>
  void operator()(const char* name, const T& value) {
    json_[name] = json_of(value);
  }
  template <class T>
  void operator()(const char* name, const std::optional<T>& value) {
    if (value) json_[name] = json_of(*value);
  }
  /// As stored they are left out: a view then opens in programs that know no levels.
  void operator()(const char* name, const vit::Levels& levels) {
    if (levels != vit::Levels()) json_[name] = vit::text_of(levels);
  }
  template <class Fields>
  void group(const char* name, const Fields& fields) {
    Writer inner;
    fields(inner);
    json_[name] = std::move(inner.json_);
  }
  template <class Fields>
  void group_if(bool there, const char* name, const Fields& fields) {
    if (there) group(name, fields);
  }
  template <class T, class Fields>
  void optional_group(const char* name, const std::optional<T>& value, const Fields& fields) {
    if (value) group(name, [&](Writer& in) { fields(in, *value); });
  }
  template <class T, class Fields>
  void list(const char* name, const std::vector<T>& values, const Fields& fields) {
    Json list = Json::array();
    for (const T& value : values) {
      Writer inner;
      fields(inner, value);
      list.push_back(std::move(inner.json_));
    }
    json_[name] = std::move(list);
  }
  Json take() { return std::move(json_); }

 private:
  template <class T>
  static Json json_of(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      return vit::id_of(value);
    } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
      return value.string();
    } else if constexpr (std::is_same_v<T, std::map<int, float>>) {
      Json pairs = Json::array();
      for (const auto& [head, factor] : value) pairs.push_back({head, factor});
      return pairs;
    } else {
      return value;
    }
  }

  Json json_ = Json::object();
};

class Reader {
 public:
  /// `where` stands before the names of fields: "", "settings.", "settings.blocks[2].".
  Reader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) throw vit::Error("The view's " + place() + " is no object.");
  }

  template <class T>
  void operator()(const char* name, T& value) {
    if (const Json* field = find(name)) read(*field, name, value);
  }
  template <class Fields>
  void group(const char* name, const Fields& fields) {
    const Json* field = find(name);
    if (field == nullptr) return;
    Reader inner(*field, where_ + name + ".");
    fields(inner);
    inner.refuse_unknown();
  }
  template <class Fields>
  void group_if(bool, const char* name, const Fields& fields) {
    group(name, fields);
  }
  template <class T, class Fields>
  void optional_group(const char* name, std::optional<T>& value, const Fields& fields) {
    if (json_.contains(name)) group(name, [&](Reader& in) { fields(in, value.emplace()); });
  }
  template <class T, class Fields>
  void list(const char* name, std::vector<T>& values, const Fields& fields) {
    const Json* field = find(name);
    if (field == nullptr) return;
    if (!field->is_array()) refuse(name, "no list");
    values.assign(field->size(), T{});
    for (std::size_t i = 0; i < values.size(); ++i) {
      Reader inner((*field)[i], where_ + name + "[" + std::to_string(i) + "].");
      fields(inner, values[i]);
      inner.refuse_unknown();
    }
  }
  void refuse_unknown() const {
    for (const auto& [name, value] : json_.items())
      if (known_.count(name) == 0)
        throw vit::Error("The view has a field \"" + where_ + name +
                         "\" that this program does not know: was it saved by a newer one?");
  }

 private:
  const Json* find(const char* name) {
    known_.insert(name);
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }
  std::string place() const { return where_.empty() ? "text" : where_.substr(0, where_.size() - 1); }
  [[noreturn]] void refuse(const std::string& name, const std::string& what) const {
    throw vit::Error("The view's field \"" + where_ + name + "\" is " + what + ".");
  }

  void read(const Json& json, const char* name, bool& value) const {
    if (!json.is_boolean()) refuse(name, "neither true nor false");
    value = json.get<bool>();
  }
  template <std::integral T>
  void read(const Json& json, const char* name, T& value) const {
    const auto number = whole_number<T>(json);
    if (!number) refuse(name, "no whole number in range");
    value = *number;
  }
  template <std::floating_point T>
  void read(const Json& json, const char* name, T& value) const {
    if (!json.is_number() || !std::isfinite(json.get<T>())) refuse(name, "no number in range");
    value = json.get<T>();
  }
  void read(const Json& json, const char* name, std::string& value) const {
    if (!json.is_string()) refuse(name, "no text");
    value = json.get<std::string>();
  }
  void read(const Json& json, const char* name, vit::Levels& levels) const {
    std::string text;
    read(json, name, text);
    levels = vit::parse_levels(text);
  }
  void read(const Json& json, const char* name, std::filesystem::path& value) const {
    std::string text;
    read(json, name, text);
    value = text;
  }
  template <class T>
  void read(const Json& json, const char* name, std::optional<T>& value) const {
    read(json, name, value.emplace());
  }
  template <class T>
  void read(const Json& json, const char* name, std::vector<T>& values) const {
    if (!json.is_array()) refuse(name, "no list");
    values.assign(json.size(), T{});
    for (std::size_t i = 0; i < values.size(); ++i) read(json[i], name, values[i]);
  }
  void read(const Json& json, const char* name, std::map<std::string, double>& values) const {
    if (!json.is_object()) refuse(name, "no object");
    values.clear();
    for (const auto& [id, value] : json.items()) read(value, (std::string(name) + "." + id).c_str(), values[id]);
  }
  void read(const Json& json, const char* name, std::map<int, float>& values) const {
    if (!json.is_array()) refuse(name, "no list");
    values.clear();
    for (const Json& pair : json) {
      if (!pair.is_array() || pair.size() != 2) refuse(name, "no list of pairs of a head and its factor");
      int head = 0;
      read(pair[0], name, head);
      read(pair[1], name, values[head]);
    }
  }
  template <class T, std::size_t N>
  void read(const Json& json, const char* name, std::array<T, N>& values) const {
    if (!json.is_array() || json.size() != N) refuse(name, "no list of " + std::to_string(N) + " numbers");
    for (std::size_t i = 0; i < N; ++i) read(json[i], name, values[i]);
  }
  void read(const Json& json, const char* name, std::pair<int, int>& value) const {
    std::array<int, 2> both{};
    read(json, name, both);
    value = {both[0], both[1]};
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void read(const Json& json, const char* name, Enum& value) const {
    std::string id;
    read(json, name, id);
    if (const auto choice = vit::choice_by_id<Enum>(id)) return void(value = *choice);
    refuse(name, "\"" + id + "\": possible are " + vit::choices_in_words<Enum>());
  }

  const Json& json_;
  std::string where_;
  std::set<std::string> known_;
};

/// Whether no brackets stand many levels deep: taking such text apart lasts seconds, and a view has five.
bool is_flat(const std::string& text) {
  constexpr int kDeepest = 32;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size() && depth <= kDeepest; ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && (text[i] == '[' || text[i] == '{'))
      ++depth;
    else if (!quoted && (text[i] == ']' || text[i] == '}'))
      --depth;
  }
  return depth <= kDeepest;
}

void check(bool holds, const std::string& field, const std::string& range) {
  if (!holds) throw vit::Error("The view's field \"" + field + "\" is out of range: possible is " + range + ".");
}

/// `where` stands before the names of fields: "", "other.".
void check_preprocessing(const vit::Preprocessing& p, const std::string& where) {
  constexpr int kLargest = 16384;  // px
  for (const auto& [px, name] : {std::pair{p.resize_px, "resize_px"}, {p.width, "width"}, {p.height, "height"}})
    check(px >= 1 && px <= kLargest, where + "preprocessing." + name, "1 to 16384");
  check(p.most_patches >= 1 && p.most_patches <= 65536, where + "preprocessing.most_patches", "1 to 65536");
  check(p.longest_px >= 0 && p.longest_px <= kLargest, where + "preprocessing.longest_px", "0 to 16384");
  check(p.multiple >= 1 && p.multiple <= kLargest, where + "preprocessing.multiple", "1 to 16384");
  check(p.squash_scale > 0 && p.squash_scale <= 100, where + "preprocessing.squash_scale", "above 0, to 100");
  for (const float deviation : p.std) check(deviation != 0, where + "preprocessing.std", "all but 0");
}

void check_numbers(const vit::Numbers& numbers, const std::string& where) {
  check(numbers.attn_drop >= 0 && numbers.attn_drop < 1, where + "settings.attn_drop", "0 to less than 1");
  check(numbers.proj_drop >= 0 && numbers.proj_drop < 1, where + "settings.proj_drop", "0 to less than 1");
  for (const vit::BlockSettings& block : numbers.blocks)
    for (const auto& [head, factor] : block.scaled)
      check(factor > 0 && factor <= vit::kLargestFactor, where + "settings.blocks.scaled", "above 0, to 10");
}

/// What no model and no photo can make possible.
void check_ranges(const Wanted& wanted) {
  check_preprocessing(wanted.preprocessing, "");
  check(wanted.settings.threads >= 0 && wanted.settings.threads <= 1024, "settings.threads", "0 to 1024");
  check_numbers(wanted.settings, "");
  if (wanted.other.preprocessing) check_preprocessing(*wanted.other.preprocessing, "other.");
  if (wanted.other.numbers) check_numbers(*wanted.other.numbers, "other.");
  const View& view = wanted.view;
  check(view.block >= 0, "view.block", "0 or more");
  check(view.head >= std::min(kMeanOfHeads, kMaxOfHeads), "view.head", "-2 (the mean), -1 (the maximum), 0 or more");
  check(view.query >= 0, "view.query", "0 or more");
  check(view.look.opacity >= 0 && view.look.opacity <= 1, "view.opacity", "0 to 1");
  check(view.look.fixed_range.low < view.look.fixed_range.high, "view.range_low", "less than range_high");
}

namespace fs = std::filesystem;

/// The home folder, or empty where the system does not say.
fs::path home() {
  const char* folder = std::getenv("HOME");
  return folder == nullptr ? fs::path() : fs::path(folder).lexically_normal();
}

/// "random:…" and what is not there stay as they are.
std::string whole_path(const std::string& path) {
  std::error_code error;
  if (path.empty() || !fs::exists(path, error)) return path;
  const fs::path whole = fs::absolute(path, error);
  return error ? path : whole.lexically_normal().string();
}

std::string from_home(const std::string& path) {
  if (home().empty() || !fs::path(path).is_absolute()) return path;
  const fs::path inside = fs::path(path).lexically_relative(home());
  return inside.empty() || inside == "." || *inside.begin() == ".." ? path : "~/" + inside.string();
}

std::string from_anywhere(const std::string& path) {
  return path.rfind("~/", 0) == 0 && !home().empty() ? (home() / path.substr(2)).string() : path;
}

}  // namespace

SavedView mark_files(Wanted wanted) {
  wanted.model = whole_path(wanted.model);
  wanted.image = whole_path(wanted.image);
  wanted.other.model = whole_path(wanted.other.model);
  wanted.other.image = whole_path(wanted.other.image);
  for (vit::LoadOptions* load : {&wanted.load, &wanted.other.load})
    if (load->labels) load->labels = whole_path(load->labels->string());
  SavedView view;
  view.model = mark_file(wanted.model);
  view.image = mark_file(wanted.image);
  view.other_model = mark_file(wanted.other.model);
  view.other_image = mark_file(wanted.other.image);
  view.wanted = std::move(wanted);
  return view;
}

std::string to_json(const Wanted& wanted) {
  return write_view(mark_files(wanted));
}

std::string write_view(const SavedView& view) {
  SavedView saved = view;
  for (FileMark* mark : {&saved.model, &saved.image, &saved.other_model, &saved.other_image})
    mark->path = from_home(mark->path);
  for (vit::LoadOptions* load : {&saved.wanted.load, &saved.wanted.other.load})
    if (load->labels) load->labels = from_home(load->labels->string());
  Writer writer;
  writer("format", std::string(kFormat));
  writer("version", kVersion);
  fields(writer, saved);
  return json_text(writer.take(), 1) + "\n";
}

SavedView from_json(const std::string& text) {
  const Json json = is_flat(text) ? Json::parse(text, nullptr, false) : Json(Json::value_t::discarded);
  if (json.is_discarded()) throw vit::Error("This is no view: it cannot be read as JSON.");
  SavedView saved;
  Reader reader(json, "");
  std::string format;
  int version = 0;
  reader("format", format);
  reader("version", version);
  if (format != kFormat) throw vit::Error("This is no view that Headlight saved: its format is missing or another.");
  if (version != kVersion)
    throw vit::Error("This view has version " + std::to_string(version) + "; this program reads version " +
                     std::to_string(kVersion) + ".");
  fields(reader, saved);
  reader.refuse_unknown();
  check_ranges(saved.wanted);
  OtherSide& other = saved.wanted.other;
  saved.wanted.model = saved.model.path = from_anywhere(saved.model.path);
  saved.wanted.image = saved.image.path = from_anywhere(saved.image.path);
  other.model = saved.other_model.path = from_anywhere(saved.other_model.path);
  other.image = saved.other_image.path = from_anywhere(saved.other_image.path);
  for (vit::LoadOptions* load : {&saved.wanted.load, &other.load})
    if (load->labels) load->labels = from_anywhere(load->labels->string());
  return saved;
}

}  // namespace headlight
