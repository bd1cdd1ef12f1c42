// Answers what the pages ask of the shown pass, at once where that is cheap and else beside the window.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/analysis/desk.h"
#include "engine/maps/analysis.h"

namespace headlight {

/// Main thread only; the desk's own thread does the work.
class MapDesk {
 public:
  /// What is answered within a frame: about a third of a millisecond. An input of 336 px, a draft first of all, is.
  static constexpr double kFloatsAtOnce = 3e5;

  explicit MapDesk(Desk& desk) : desk_(&desk) {}

  /// Once a frame: asks for the answer if it is not that of the last call. The question must be valid
  /// for the passes; it is answered without side B where it does not ask about it.
  void ask(const std::string& page, const vit::Subject& subject, const vit::Question& question);
  /// The newest answer of a page; null before the first. It says itself which pass and which question it belongs to.
  std::shared_ptr<const vit::MapSet> answer(const std::string& page) const;
  /// The newest question has its answer, or never will.
  bool settled(const std::string& page) const;
  std::string failure(const std::string& page) const;

  /// How far the answer is that is being worked out beside the window, 0 … 1; none: nothing is.
  std::optional<double> progress(const std::string& page) const;
  /// Ends working on the newest question; the last answer stays. It is taken up again by start_again(), and a stopped
  /// one of a page that is left when that page is next asked.
  void stop(const std::string& page);
  bool stopped(const std::string& page) const;
  void start_again(const std::string& page);
  /// Only this page is looked at: what is being worked out for others ends. Of their answers those stay that are still
  /// `at_hand`: an answer holds its passes, which may be hundreds of megabytes.
  void leave_all_but(const std::string& page, const std::function<bool(const vit::MapSet&)>& at_hand);

 private:
  struct Asked {
    std::uint64_t run = 0, other_run = 0;  // of the traces: an address may be used again
    vit::Question question;
    std::shared_ptr<const vit::MapSet> at_once;
    std::shared_ptr<std::atomic<double>> progress = {};  // of what is worked out beside the window
    bool stopped = false;
    bool operator==(const Asked& other) const {
      return run == other.run && other_run == other.other_run && question == other.question;
    }
  };
  static std::string place_of(const std::string& page) { return "maps." + page; }

  Desk* desk_;
  std::map<std::string, Asked> asked_;
};

}  // namespace headlight
