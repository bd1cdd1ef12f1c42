#include "app/ui/ui_map.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "app/files/json_text.h"
#include "app/files/write_file.h"

namespace headlight {

namespace {

nlohmann::json to_json(const PictureState& state) {
  return {{"block", state.block},
          {"num_heads", state.num_heads},
          {"head", state.head},
          {"query", state.query},
          {"run", state.run}};
}

double tenth(float px) {
  return std::round(px * 10.0) / 10.0;
}

}  // namespace

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
  const nlohmann::json all = {{"frame", frame.frame},          {"presses", frame.presses},
                              {"settled", frame.settled},      {"requested", to_json(frame.requested)},
                              {"shown", to_json(frame.shown)}, {"toast", frame.toast},
                              {"marks", std::move(marks)}};
  write_file(*file_, json_text(all));
}

}  // namespace headlight
