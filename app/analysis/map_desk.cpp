#include "app/analysis/map_desk.h"

#include <utility>

namespace headlight {

void MapDesk::ask(const std::string& page, const std::shared_ptr<const vit::Trace>& trace,
                  const vit::Question& question) {
  Asked asked{.run = trace->run, .question = question, .at_once = nullptr};
  const auto found = asked_.find(page);
  if (found != asked_.end() && found->second == asked) return;
  const vit::Analysis* analysis = vit::analysis_by_id(question.analysis);
  if (analysis->work(*trace, question) <= kFloatsAtOnce) {
    desk_->forget(place_of(page));
    asked.at_once = analysis->answer(trace, question, {});
  } else {
    if (found != asked_.end()) asked.at_once = found->second.at_once;  // stays until the next one is there
    desk_->ask(place_of(page), [analysis, trace, question](const std::stop_token& stop) {
      return analysis->answer(trace, question, {.stop = stop, .progress = {}});
    });
  }
  asked_[page] = std::move(asked);
}

std::shared_ptr<const vit::MapSet> MapDesk::answer(const std::string& page) const {
  const auto found = asked_.find(page);
  if (found == asked_.end()) return nullptr;
  const auto beside = std::static_pointer_cast<const vit::MapSet>(desk_->answer(place_of(page)));
  const auto& at_once = found->second.at_once;
  // The larger serial number is the newer answer.
  if (!beside) return at_once;
  return at_once && at_once->serial > beside->serial ? at_once : beside;
}

bool MapDesk::settled(const std::string& page) const {
  const auto found = asked_.find(page);
  if (found == asked_.end()) return true;
  const auto now = answer(page);
  const Asked& asked = found->second;
  return (now && now->trace->run == asked.run && now->question == asked.question) || !failure(page).empty();
}

std::string MapDesk::failure(const std::string& page) const {
  return desk_->failure(place_of(page));
}

}  // namespace headlight
