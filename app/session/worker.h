// The thread that loads files and runs the network, so that the window never waits: the newest request wins.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/checkpoint/load_model.h"
#include "engine/image/image.h"
#include "engine/image/photo_levels.h"
#include "engine/image/preprocessing.h"
#include "engine/network/forward.h"
#include "engine/network/model.h"
#include "engine/network/settings.h"
#include "engine/network/trace.h"

namespace headlight {

/// A picture that the window wants: what a forward pass needs, and the number by which the window knows it again.
struct Request {
  std::shared_ptr<const vit::Model> model;
  std::shared_ptr<const vit::Image> image;
  std::shared_ptr<const PhotoLevels> display;  // of the same photo; the worker hands it back with the trace
  vit::Preprocessing preprocessing;
  vit::Settings settings;
  std::uint64_t id = 0;
};

/// One measured pass. `settings` and `grid` say exactly what was measured.
struct PassTime {
  std::shared_ptr<const vit::Model> model;
  vit::Settings settings;
  vit::TokenGrid grid;
  vit::Timings timings;
};

/// Measure the newest request with every head count of `head_counts`, for all blocks or one.
struct Sweep {
  std::vector<int> head_counts;
  int block = -1;  // -1: all blocks
  int passes = 3;  // of each count
};

/// Work beside the pictures, such as writing files: returns a sentence to say when it is done.
using Errand = std::function<std::string(std::stop_token stop, const std::function<void(double)>& progress)>;

struct LoadedModel {
  std::string source;
  vit::LoadOptions options;
  bool again = false;  // the open model with other options
  std::shared_ptr<const vit::Model> model;
};

struct LoadedImage {
  std::string source;
  std::shared_ptr<const vit::Image> image;     // as decoded
  std::shared_ptr<const PhotoLevels> display;  // the same
};

/// What went wrong, and with what.
struct Failure {
  enum class What : std::uint8_t { model, image, pass, errand } what = What::pass;
  std::string sentence;
  std::uint64_t request = 0;  // of a pass
};

/// Everything that became ready since the window last asked.
struct Outcome {
  std::optional<LoadedModel> model;
  std::optional<LoadedImage> image;
  std::shared_ptr<const vit::Trace> trace;     // of the newest finished request
  std::uint64_t request = 0;                   // whose trace it is
  std::shared_ptr<const vit::Image> photo;     // and the photo it belongs to,
  std::shared_ptr<const PhotoLevels> display;  // for display, too
  std::shared_ptr<const vit::Trace> baseline;  // the same model and pixels with everything as trained
  std::vector<PassTime> times;                 // every pass that ran from block 0 to the end
  std::vector<Failure> failures;
  std::vector<std::string> news;  // of finished errands
};

struct WorkerStatus {
  enum class Doing : std::uint8_t {
    resting,
    loading_model,
    loading_image,
    running,
    baseline,
    measuring,
    sweeping,
    saving
  };
  Doing doing = Doing::resting;
  double fraction = 0;       // 0 … 1 of the load, pass or sweep
  double elapsed_ms = 0;     // since it began
  bool picture_due = false;  // a posted request or load has not been answered yet
};

/// Two slots under one mutex: what the window wants, and what is ready for it. The running pass of an older request is
/// let finish, so that a drag shows pictures on the way, unless its model or image is obsolete, it has more than
/// kPatienceMs to go, or the program ends. After a change the pass is repeated for its timings (kMeasurePasses or
/// kMeasureMs, whichever comes first), and once with the trained head count and all else as requested, which is what
/// predictions stand on; then the thread sleeps. All functions may be called from any thread.
class Worker {
 public:
  static constexpr double kPatienceMs = 300;
  static constexpr int kMeasurePasses = 10;
  static constexpr double kMeasureMs = 200;

  /// `wake` is called from the worker's thread, without a lock, whenever there is something to take.
  explicit Worker(std::function<void()> wake);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(Request request);
  void load_model(std::string source, vit::LoadOptions options, bool again = false);
  void load_image(std::string source);
  void sweep(Sweep sweep);
  void cancel_sweep();
  /// In the order in which they come; pictures go first. What it captures must stay valid.
  void run_errand(Errand errand);

  Outcome take();
  WorkerStatus status() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Doing = WorkerStatus::Doing;
  struct ModelLoad {
    std::string source;
    vit::LoadOptions options;
    bool again = false;
  };
  struct Inbox {  // slot one: the newest of each kind
    std::optional<ModelLoad> model;
    std::optional<std::string> image;
    std::optional<Request> request;
    std::optional<Sweep> sweep;
    std::vector<Errand> errands;
    bool quit = false;
  };
  struct Running {
    Doing doing = Doing::resting;
    std::stop_source stop;
    Clock::time_point began;
    double fraction = 0;
    std::shared_ptr<const vit::Model> model;
    std::shared_ptr<const vit::Image> image;
  };

  void run();
  bool step();  // one job; false when there is nothing left to do
  void run_model_load(const ModelLoad& load);
  void run_image_load(const std::string& source);
  void run_request(Request request);
  void run_saving(const Errand& errand);
  void run_baseline();
  struct Measured {
    vit::Settings settings;
    int passes = 0;
    double ms = 0;
    bool enough() const { return passes >= kMeasurePasses || ms >= kMeasureMs; }
    void give_up() { passes = kMeasurePasses; }
  };
  /// The newest request's twin of trained head count.
  Measured& yardstick();
  void run_measurement(Measured& measured);
  void run_sweep_pass();
  std::shared_ptr<const vit::Trace> pass(Doing doing, const vit::Settings& settings, const vit::Trace* previous,
                                         double done = 0, double share = 1);
  void prepare_pixels();
  std::stop_token begin(Doing doing);
  void end();
  void progress(double fraction);
  void publish(const std::function<void(Outcome&)>& change);
  void fail(Failure::What what, const std::string& sentence, std::uint64_t request = 0);
  bool obsolete(const Request& newer) const;
  double remaining_ms() const;

  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Inbox inbox_;
  Outcome outbox_;
  Running running_;
  double expected_ms_ = 0;  // of a whole pass of the current model and image

  // The worker thread's own.
  std::optional<Request> current_;
  std::shared_ptr<const vit::Pixels> pixels_;
  std::shared_ptr<const vit::Trace> trace_, baseline_;
  bool baseline_tried_ = false;
  std::unique_ptr<vit::Pool> pool_;
  int pool_threads_ = 0;              // asked for
  Measured measured_;                 // the newest request
  std::vector<Measured> yardsticks_;  // trained head counts, of the current model and pixels
  std::optional<Sweep> sweep_;
  int swept_ = 0;
  std::thread thread_;
};

}  // namespace headlight
