#include "app/ui/wrap.h"

#include <cstddef>

namespace headlight::ui {

namespace {

constexpr float kRounding = 0.01f;  // px that a sum of widths may be off

bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Whether the space at `at` holds a pair of coordinates, or a number and its per cent sign, together.
bool binds(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size() || at == 0) return false;
  const char before = text[at - 1], after = text[at + 1];
  if (after == '%') return before >= '0' && before <= '9';
  if (before != ',') return false;
  const std::size_t open = text.rfind('(', at), close = text.find(')', at);
  return open != std::string_view::npos && close != std::string_view::npos &&
         is_number(text.substr(open + 1, at - 1 - open - 1)) && is_number(text.substr(at + 1, close - at - 1));
}

/// End of the character that starts at `at`.
std::size_t character_end(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u) ++at;
  return at;
}

void wrap_paragraph(std::string_view text, float width, const TextWidth& width_of,
                    std::vector<std::string_view>& lines) {
  std::size_t begin = 0, end = 0;  // of the line so far
  float used = 0;                  // its width
  for (std::size_t at = 0; at < text.size();) {
    std::size_t word = at;
    while (word < text.size() && text[word] == ' ') ++word;
    if (word == text.size()) break;
    std::size_t word_end = word;
    while (word_end < text.size() && (text[word_end] != ' ' || binds(text, word_end))) ++word_end;
    const float spaces = width_of(text.substr(at, word - at)), wide = width_of(text.substr(word, word_end - word));
    at = word_end;
    if (used + spaces + wide > width) {
      if (end > begin) lines.push_back(text.substr(begin, end - begin));
      begin = word;
      used = wide;
    } else {
      used += spaces + wide;
    }
    end = word_end;
    // A word alone that is wider than the line: as many characters as fit, but at least one.
    while (used > width && begin >= word) {
      std::size_t cut = character_end(text, begin);
      float kept = width_of(text.substr(begin, cut - begin));
      while (cut < end) {
        const std::size_t next = character_end(text, cut);
        const float more = width_of(text.substr(cut, next - cut));
        if (kept + more > width) break;
        kept += more;
        cut = next;
      }
      if (cut >= end) break;
      lines.push_back(text.substr(begin, cut - begin));
      begin = cut;
      used -= kept;
    }
  }
  lines.push_back(text.substr(begin, end - begin));
}

}  // namespace

std::vector<std::string_view> wrap_lines(std::string_view text, float width, const TextWidth& width_of) {
  std::vector<std::string_view> lines;
  width += kRounding;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find('\n', at);
    wrap_paragraph(text.substr(at, end == std::string_view::npos ? end : end - at), width, width_of, lines);
    if (end == std::string_view::npos) return lines;
    at = end + 1;
  }
}

}  // namespace headlight::ui
