// Runs the passes of one picture: answers requests, and refines what is on screen while nobody asks for anything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "app/session/draft.h"
#include "app/session/kept_passes.h"
#include "app/session/measuring.h"
#include "app/session/run.h"
#include "engine/base/pool.h"
#include "engine/image/photo_levels.h"
#include "engine/network/trace.h"

namespace headlight {

/// A picture that the window wants: what a run is made of, and the number by which the window knows it again.
struct Request {
  std::shared_ptr<const vit::Model> model;
  std::shared_ptr<const vit::Image> image;
  std::shared_ptr<const PhotoLevels> display;  // of the same photo; handed back with the trace
  vit::Preprocessing preprocessing;
  vit::Settings settings;
  std::uint64_t id = 0;
  bool of_sequence = false;  // a frame: its pass is kept for a while after the next one came
};

/// One pass that counts. `settings` and `grid` say exactly what was measured.
struct PassTime {
  std::shared_ptr<const vit::Model> model;
  vit::Settings settings;
  vit::TokenGrid grid;
  vit::Timings timings;
};

/// How the caller of a pass hears of it and ends it.
struct PassControl {
  std::stop_token stop;
  std::function<void(double)> progress;  // 0 … 1; called from the pass's threads
  /// Hears of new pixels before their first pass.
  std::function<void(const std::shared_ptr<const vit::Pixels>&)> prepared = {};
  /// Hears of the blocks that are done while the first pass of new pixels goes on, now and then (see vit::Meter).
  std::function<void(std::shared_ptr<const vit::Trace>)> grown = {};
};

/// Holds the pool, the pixels, the newest trace, its baseline and the series of times. Belongs to one thread. What it
/// throws leaves all that as it was, but for a request of another model, photo or preprocessing, which clears it first.
class PassRunner {
 public:
  /// Restarts from the newest trace where it can. Throws vit::Error, vit::Cancelled, std::bad_alloc.
  std::shared_ptr<const vit::Trace> answer(const Request& request, const PassControl& control);

  /// Whether a draft would come sooner than the exact pass by so much that it is worth while. Throws vit::Error for
  /// settings that cannot run.
  bool drafts(const Request& request) const { return draft_rules(request).has_value(); }
  /// The request on a smaller input of its photo; null where that is not worth while or cannot be had. It counts for
  /// nothing: no answer restarts from it, and nothing is measured by it. Throws vit::Cancelled.
  std::shared_ptr<const vit::Trace> draft(const Request& request, const PassControl& control);

  /// What is left to measure for the answered request; none before the first.
  std::optional<NextMeasurement> next() const;
  /// Runs it. Settings that cannot run are given up. Throws vit::Error for a sweep's pass alone (and ends the sweep),
  /// vit::Cancelled.
  void measure(const NextMeasurement& next, const PassControl& control);

  /// Replaces a sweep that is under way; none ends it.
  void sweep(std::optional<Sweep> sweep);

  /// The newest trace's model and pixels with everything as trained; null while it is not there.
  const std::shared_ptr<const vit::Trace>& baseline() const { return baseline_; }
  /// What was measured since the last call.
  std::vector<PassTime> take_times() { return std::exchange(times_, {}); }

 private:
  void begin_picture(const Request& request, const PassControl& control);
  std::shared_ptr<const vit::Trace> pass(const vit::PassInput& input, const vit::Trace* previous,
                                         const PassControl& control);
  bool same_picture(const Request& request) const;  // as the newest trace's, the settings apart
  std::optional<Draft> draft_rules(const Request& request) const;
  bool knows_change() const;  // what the shown precision changed
  void give_up(const NextMeasurement& next);
  void keep();

  Request request_;                            // the newest, answered or not
  std::shared_ptr<const vit::Pixels> pixels_;  // of it
  std::shared_ptr<const vit::Trace> trace_, baseline_;
  bool baseline_failed_ = false, exact_failed_ = false;
  vit::Settings answered_;  // of the newest trace
  KeptPasses kept_;         // of frames that gave way to others
  bool restored_ = false;   // the newest trace is one of those, and what was asked of it is as it was
  std::vector<Series> series_, swept_;
  std::optional<Sweep> sweep_;
  std::optional<vit::Settings> last_;  // of the pass before; none after a draft
  std::vector<PassTime> times_;
  PassSpeed exact_speed_, draft_speed_;
  struct {  // the newest draft, and what it was made of
    std::shared_ptr<const vit::Image> image;
    std::shared_ptr<const vit::Pixels> pixels;
    int patches = 0;  // of the shorter side
    std::shared_ptr<const vit::Trace> trace;
  } draft_;
  std::unique_ptr<vit::Pool> pool_;
  int pool_threads_ = 0;  // asked for; the system may have given fewer
};

}  // namespace headlight
