// What an enum's values are called: one table each, which the command line, the widgets and JSON all read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vit {

/// `id` stands in files and on the command line, `name` in the window, `sentence` in tooltips and help.
template <class Enum>
struct Choice {
  Enum value;
  const char* id;
  const char* name;
  const char* sentence = "";
};

// An enum has choices when a function `std::span<const Choice<Enum>> choices(Enum)` stands beside it; its argument only
// selects the table. The functions below find it there.

template <class Enum>
const Choice<Enum>& choice_of(Enum value) {
  const auto all = choices(Enum{});
  for (const Choice<Enum>& choice : all)
    if (choice.value == value) return choice;
  return all.front();
}

template <class Enum>
const char* id_of(Enum value) {
  return choice_of(value).id;
}

template <class Enum>
std::optional<Enum> choice_by_id(std::string_view id) {
  for (const Choice<Enum>& choice : choices(Enum{}))
    if (id == choice.id) return choice.value;
  return std::nullopt;
}

template <class Enum>
std::vector<std::string> choice_ids() {
  std::vector<std::string> ids;
  for (const Choice<Enum>& choice : choices(Enum{})) ids.emplace_back(choice.id);
  return ids;
}

template <class Enum>
std::vector<Enum> choice_values() {
  std::vector<Enum> values;
  for (const Choice<Enum>& choice : choices(Enum{})) values.push_back(choice.value);
  return values;
}

/// "eager, tiled and reference"; `last` stands before the last one.
template <class Enum>
std::string choices_in_words(const char* last = "and") {
  const std::vector<std::string> ids = choice_ids<Enum>();
  std::string words;
  for (std::size_t i = 0; i < ids.size(); ++i)
    words += (i == 0 ? "" : i + 1 < ids.size() ? ", " : std::string(" ") + last + " ") + ids[i];
  return words;
}

/// The choice after this one, the first after the last.
template <class Enum>
Enum next_choice(Enum value) {
  const auto all = choices(Enum{});
  for (std::size_t i = 0; i + 1 < all.size(); ++i)
    if (all[i].value == value) return all[i + 1].value;
  return all.front().value;
}

}  // namespace vit
