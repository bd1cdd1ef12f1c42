#include "app/session/pass_times.h"

#include <algorithm>
#include <utility>

namespace headlight {

void PassTimes::add(PassTime time) {
  ++version_;
  auto found = std::find_if(measured_.begin(), measured_.end(), [&](const MeasuredSetting& m) {
    return m.model_id == time.model->id && m.grid == time.grid && vit::same_work(m.settings, time.settings);
  });
  if (found == measured_.end()) {
    if (measured_.size() == kSettings)
      measured_.erase(std::min_element(measured_.begin(), measured_.end(),
                                       [](const auto& a, const auto& b) { return a.newest < b.newest; }));
    measured_.push_back({time.model->id, time.grid, std::move(time.settings), {}, 0});
    found = measured_.end() - 1;
  }
  found->newest = version_;
  if (found->timings.size() == kRecentPasses) found->timings.erase(found->timings.begin());
  found->timings.push_back(std::move(time.timings));
}

const MeasuredSetting* PassTimes::find(const vit::Model& model, const vit::TokenGrid& grid,
                                       const vit::Settings& settings) const {
  for (const MeasuredSetting& m : measured_)
    if (m.model_id == model.id && m.grid == grid && vit::same_work(m.settings, settings)) return &m;
  return nullptr;
}

std::vector<const MeasuredSetting*> PassTimes::of_model(const vit::Model& model, const vit::TokenGrid& grid) const {
  std::vector<const MeasuredSetting*> found;
  for (const MeasuredSetting& m : measured_)
    if (m.model_id == model.id && m.grid == grid) found.push_back(&m);
  return found;
}

}  // namespace headlight
