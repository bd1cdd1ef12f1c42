#include "app/analysis/map_desk.h"

#include <utility>

namespace headlight {
namespace {

constexpr double kSeenStep = 0.01;

}  // namespace

void MapDesk::ask(const std::string& page, const vit::Subject& both, const vit::Question& question) {
  const vit::Analysis* analysis = vit::analysis_by_id(question.analysis);
  const vit::Subject subject = vit::asked_of(*analysis, both, question);
  Asked asked;
  asked.run = subject.trace->run;
  asked.other_run = subject.other ? subject.other->run : 0;
  asked.question = question;
  const auto found = asked_.find(page);
  if (found != asked_.end() && found->second == asked) return;
  const double work =
      analysis->work(*subject.trace, question) + (subject.other ? analysis->work(*subject.other, question) : 0);
  if (work <= kFloatsAtOnce) {
    desk_->forget(place_of(page));
    asked.at_once = analysis->answer(subject, question, {});
  } else {
    if (found != asked_.end()) asked.at_once = found->second.at_once;  // stays until the next one is there
    asked.progress = std::make_shared<std::atomic<double>>(0);
    desk_->ask(place_of(page),
               [analysis, subject, question, told = asked.progress, desk = desk_](const std::stop_token& stop) {
                 return analysis->answer(subject, question, {.stop = stop, .progress = [&](double done) {
                                                               // A frame for every step that can be seen.
                                                               if (done < told->load() + kSeenStep) return;
                                                               told->store(done);
                                                               desk->wake();
                                                             }});
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
  if (found == asked_.end() || found->second.stopped) return true;
  const auto now = answer(page);
  const Asked& asked = found->second;
  const auto run_of = [](const auto& trace) { return trace ? trace->run : std::uint64_t{0}; };
  return (now && now->trace->run == asked.run && run_of(now->other) == asked.other_run &&
          now->question == asked.question) ||
         !failure(page).empty();
}

std::optional<double> MapDesk::progress(const std::string& page) const {
  const auto found = asked_.find(page);
  if (found == asked_.end() || !found->second.progress || settled(page)) return std::nullopt;
  return found->second.progress->load();
}

void MapDesk::stop(const std::string& page) {
  const auto found = asked_.find(page);
  if (found == asked_.end() || settled(page)) return;
  found->second.at_once = answer(page);
  found->second.stopped = true;
  desk_->forget(place_of(page));
}

bool MapDesk::stopped(const std::string& page) const {
  const auto found = asked_.find(page);
  return found != asked_.end() && found->second.stopped;
}

void MapDesk::start_again(const std::string& page) {
  const auto found = asked_.find(page);
  if (found == asked_.end() || !found->second.stopped) return;
  found->second.stopped = false;
  found->second.run = 0;  // no pass has it: the next question is a new one
}

void MapDesk::leave_all_but(const std::string& page, const std::function<bool(const vit::MapSet&)>& at_hand) {
  for (auto& [other, asked] : asked_) {
    if (other == page) continue;
    stop(other);
    start_again(other);
  }
  std::erase_if(asked_, [&](const auto& entry) {
    const auto& [other, asked] = entry;
    if (other == page) return false;
    const auto kept = answer(other);
    if (kept && at_hand(*kept)) return false;
    desk_->forget(place_of(other));
    return true;
  });
}

std::string MapDesk::failure(const std::string& page) const {
  return desk_->failure(place_of(page));
}

}  // namespace headlight
