#include "app/session/player.h"

#include <cstddef>

namespace headlight {
namespace {

constexpr double kShortest_s = 0.011, kUsual_s = 0.1;
constexpr std::size_t kRated = 9;  // changes

}  // namespace

double turn_seconds(double file_seconds, double frames_per_s) {
  if (frames_per_s > 0) return 1 / frames_per_s;
  return file_seconds < kShortest_s ? kUsual_s : file_seconds;
}

std::optional<int> frame_after(int at, std::optional<int> count, bool loop) {
  if (!count || at + 1 < *count) return at + 1;
  if (loop && *count > 1) return 0;
  return std::nullopt;
}

void Player::play(double now_s) {
  playing_ = true;
  began_s_ = now_s;
  changes_.clear();
}

void Player::pause() {
  playing_ = false;
  changes_.clear();
}

bool Player::over(double now_s, bool ready, double turn_s) {
  if (!playing_ || !ready || now_s < began_s_ + turn_s) return false;
  began_s_ += turn_s;
  if (now_s - began_s_ > turn_s) began_s_ = now_s;
  changes_.push_back(now_s);
  if (changes_.size() > kRated) changes_.pop_front();
  return true;
}

double Player::rate() const {
  if (changes_.size() < 3) return 0;
  const double took = changes_.back() - changes_.front();
  return took > 0 ? static_cast<double>(changes_.size() - 1) / took : 0;
}

}  // namespace headlight
