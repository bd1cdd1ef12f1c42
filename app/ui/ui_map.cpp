#include "app/ui/ui_map.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/files/json_text.h"
#include "app/files/write_file.h"

namespace headlight {

namespace {

nlohmann::json to_json(const PictureState& state) {
  return {{"block", state.block}, {"num_heads", state.num_heads}, {"head", state.head}, {"query", state.query},
          {"run", state.run},     {"draft", state.draft}};
}

double tenth(float px) {
  return std::round(px * 10.0) / 10.0;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> overlapping(const std::vector<DrawnText>& texts) {
  constexpr float kTouch = 2;  // px: letters do not fill the rectangle of their line
  const auto common = [](float a, float a_size, float b, float b_size) {
    return std::min(a + a_size, b + b_size) - std::max(a, b);
  };
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < texts.size(); ++i)
    for (std::size_t j = i + 1; j < texts.size(); ++j) {
      const DrawnText &a = texts[i], &b = texts[j];
      if (a.layer == b.layer && common(a.x, a.w, b.x, b.w) > kTouch && common(a.y, a.h, b.y, b.h) > kTouch + 0.2f * a.h)
        pairs.emplace_back(a.text, b.text);
    }
  return pairs;
}

void UiMap::write(const Frame& frame) const {
  if (!wanted()) return;
  nlohmann::json marks = nlohmann::json::array();
  for (const Mark& mark : marks_)
    marks.push_back({{"id", mark.id},
                     {"x", tenth(mark.x)},
                     {"y", tenth(mark.y)},
                     {"w", tenth(mark.w)},
                     {"h", tenth(mark.h)},
                     {"value", mark.value},
                     {"enabled", mark.enabled}});
  nlohmann::json squeezed = nlohmann::json::array(), overlaps = nlohmann::json::array();
  for (const SqueezedText& text : squeezed_)
    squeezed.push_back({{"text", text.text}, {"needs", tenth(text.needs)}, {"room", tenth(text.room)}});
  for (const auto& [a, b] : overlapping(texts_)) overlaps.push_back({a, b});
  const nlohmann::json all = {{"frame", frame.frame},
                              {"presses", frame.presses},
                              {"settled", frame.settled},
                              {"requested", to_json(frame.requested)},
                              {"shown", to_json(frame.shown)},
                              {"toast", frame.toast},
                              {"page", frame.page},
                              {"clock_s", frame.clock_s},
                              {"gl_errors", frame.gl_errors},
                              {"marks", std::move(marks)},
                              {"squeezed", std::move(squeezed)},
                              {"overlaps", std::move(overlaps)}};
  write_file(*file_, json_text(all));
}

}  // namespace headlight
