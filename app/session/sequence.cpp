#include "app/session/sequence.h"

#include <algorithm>
#include <utility>

namespace headlight {

void Sequence::open(std::string source, const vit::ImageReading& reading, int shown) {
  source_ = std::move(source);
  reading_ = reading;
  opening_ = true;
  count_.reset();
  wanted_ = std::max(shown, 0);
  shown_ = -1;
  seconds_ = 0;
  player_.pause();
  first_in_sight_ = 0;
  last_in_sight_ = -1;
  desk_.open(source_, reading_);
  desk_.want(wanted_, loop, 0, -1);
}

void Sequence::close() {
  if (source_.empty()) return;
  desk_.close();
  source_.clear();
  opening_ = false;
  count_.reset();
  wanted_ = 0;
  shown_ = -1;
  player_.pause();
}

void Sequence::go_to(int index) {
  wanted_ = std::max(0, count_ ? std::min(index, *count_ - 1) : index);
}

void Sequence::step(int by) {
  player_.pause();
  int to = wanted_ + by;
  if (count_ && loop && *count_ > 0) to = (to % *count_ + *count_) % *count_;
  go_to(to);
}

void Sequence::toggle_playing(double now_s) {
  if (playing()) return player_.pause();
  if (!on()) return;
  if (!frame_after(wanted_, count_, loop)) go_to(0);  // from the end it plays once more
  player_.play(now_s);
}

/// A frame that cannot be read is passed over while it plays; else what is shown stays.
void Sequence::skip(int failed) {
  const auto next = frame_after(failed, count_, loop);
  if (playing() && next && *next != shown_) {
    wanted_ = *next;
  } else {
    player_.pause();
    wanted_ = std::max(shown_, 0);
  }
}

Sequence::Update Sequence::update() {
  Update update;
  if (source_.empty()) return update;
  FrameDesk::News news = desk_.take();
  if (news.count) count_ = news.count;
  if (!news.not_opened.empty()) {
    update.failures.push_back(std::move(news.not_opened));
    close();
    return update;
  }
  for (auto& [index, sentence] : news.failures) {
    update.failures.push_back(std::move(sentence));
    if (opening_) {  // without its first frame there is nothing to show
      close();
      return update;
    }
    if (index == wanted_) skip(index);
  }
  if (count_ && wanted_ >= *count_) {  // the end is where nobody knew it
    const bool again = playing() && loop && *count_ > 0;
    go_to(again ? 0 : *count_ - 1);
    if (!again) player_.pause();
  }
  desk_.want(wanted_, loop, first_in_sight_, last_in_sight_);
  if (wanted_ == shown_) return update;
  update.frame = desk_.frame(wanted_);
  if (!update.frame) return update;
  shown_ = wanted_;
  seconds_ = update.frame->seconds;
  update.opened = std::exchange(opening_, false);
  return update;
}

std::optional<double> Sequence::play_on(double now_s, bool ready) {
  if (!playing()) return std::nullopt;
  const double turn = turn_seconds(seconds_, frames_per_s);
  if (player_.over(now_s, ready && wanted_ == shown_, turn)) {
    if (const auto next = frame_after(wanted_, count_, loop))
      wanted_ = *next;
    else
      player_.pause();
    return now_s;
  }
  if (!ready || wanted_ != shown_) return std::nullopt;  // what makes it ready wakes the window
  return player_.due_s(turn);
}

}  // namespace headlight
