// A thread that answers questions beside the window: the newest question of a place wins, and its last answer stays
// until the next one is there.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace headlight {

/// All functions may be called from any thread; they never wait for an answer.
class Desk {
 public:
  /// Makes an answer; throws vit::Cancelled, or another exception, where there will be none.
  using Work = std::function<std::shared_ptr<const void>(const std::stop_token& stop)>;

  /// `wake` is called from the desk's thread, without a lock, whenever an answer or a failure is there.
  explicit Desk(std::function<void()> wake);
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  /// Replaces what is asked at `place`, and stops the answering of an older question there.
  void ask(const std::string& place, Work work);
  /// What was asked there is not wanted any more; the last answer goes, too.
  void forget(const std::string& place);
  /// The newest answer there, or null.
  std::shared_ptr<const void> answer(const std::string& place) const;
  /// Why the newest question there has no answer; empty: it has, or will have one.
  std::string failure(const std::string& place) const;
  /// Another frame is wanted: progress has been made.
  void wake() const { wake_(); }
  /// Something is still being answered.
  bool busy() const;

 private:
  struct Place {
    Work asked;                          // not begun; empty: nothing
    std::shared_ptr<const void> answer;  // the last one
    std::string failure;
  };
  void run();
  void work_on(const std::string& place, const Work& work, const std::stop_token& stop);

  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Place> places_;
  std::string running_;  // the place that is worked for; empty: none
  std::stop_source stop_;
  bool quit_ = false;
  std::thread thread_;
};

}  // namespace headlight
