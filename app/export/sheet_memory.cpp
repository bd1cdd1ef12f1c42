#include "app/export/sheet_memory.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "engine/base/error.h"

namespace headlight {
namespace {

using Words = std::map<std::string, std::string>;

template <class Enum>
void read(const Words& words, const char* name, Enum& value) {
  const auto found = words.find(name);
  if (found == words.end()) return;
  if (const auto known = vit::choice_by_id<Enum>(found->second)) value = *known;
}

template <class Number>
void read_number(const Words& words, const char* name, Number least, Number most, Number& value) {
  const auto found = words.find(name);
  if (found == words.end()) return;
  Number number = 0;
  const char* const end = found->second.data() + found->second.size();
  const auto [behind, error] = std::from_chars(found->second.data(), end, number);
  if (error == std::errc() && behind == end && number >= least && number <= most) value = number;
}

bool is_on(const Words& words, const char* name, bool usual) {
  const auto found = words.find(name);
  return found == words.end() ? usual : found->second == "on";
}

const char* on_or_off(bool value) {
  return value ? "on" : "off";
}

}  // namespace

Words remembered(const Sheet& sheet) {
  const ExportStyle& style = sheet.style;
  Words words = {{"shows", vit::id_of(sheet.shows)},           {"kind", vit::id_of(sheet.kind)},
                 {"ground", vit::id_of(style.ground)},         {"over_photo", on_or_off(sheet.over_photo)},
                 {"separate", on_or_off(sheet.separate)},      {"whole_photo", on_or_off(style.whole_photo)},
                 {"bar", on_or_off(style.bar.value_or(true))}, {"caption", on_or_off(style.caption.value_or(true))},
                 {"dpi", fmt::format("{:g}", style.width.dpi)}};
  if (style.columns > 0) words["columns"] = std::to_string(style.columns);
  if (style.width.unit != FigureWidth::Unit::natural) words["width"] = width_text(style.width);
  return words;
}

Sheet sheet_from(const Words& words) {
  Sheet sheet;
  ExportStyle& style = sheet.style;
  read(words, "shows", sheet.shows);
  read(words, "kind", sheet.kind);
  read(words, "ground", style.ground);
  sheet.over_photo = is_on(words, "over_photo", sheet.over_photo);
  sheet.separate = is_on(words, "separate", sheet.separate);
  style.whole_photo = is_on(words, "whole_photo", style.whole_photo);
  style.bar = is_on(words, "bar", true);
  style.caption = is_on(words, "caption", true);
  if (const auto width = words.find("width"); width != words.end()) {
    try {
      style.width = parse_width(width->second, style.width);
    } catch (const vit::Error&) {  // written by another program
    }
  }
  read_number(words, "dpi", 36.0, 2400.0, style.width.dpi);
  read_number(words, "columns", 1, 1024, style.columns);
  return sheet;
}

}  // namespace headlight
