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

#include "app/session/pass_runner.h"
#include "engine/checkpoint/load_model.h"
#include "engine/image/image.h"
#include "engine/image/photo_levels.h"
#include "engine/network/model.h"
#include "engine/network/trace.h"

namespace headlight {

/// A job that makes no picture, such as writing files. Returns the sentence that the window then shows.
using Errand = std::function<std::string(std::stop_token stop, const std::function<void(double)>& progress)>;

/// Which of the two sides of a comparison.
enum class Side : std::uint8_t { a, b };

struct LoadedModel {
  std::string source;
  vit::LoadOptions options;
  bool again = false;  // the open model, read with other options
  std::shared_ptr<const vit::Model> model;
};

struct LoadedImage {
  std::string source;
  vit::ImageReading reading = {};
  std::shared_ptr<const vit::Image> image;     // as decoded
  std::shared_ptr<const PhotoLevels> display;  // the same
  bool animated = false;                       // the first of several frames
};

/// What went wrong, and with what.
struct Failure {
  enum class What : std::uint8_t { model, image, pass, errand, view } what = What::pass;
  std::string sentence = {};
  std::uint64_t request = 0;  // of a pass
  Side side = Side::a;
};

/// A quick picture of a request, from a smaller input of its photo: to be looked at while a control is held, and
/// nothing else.
struct DraftPicture {
  std::shared_ptr<const vit::Trace> trace;
  std::uint64_t request = 0;
  std::shared_ptr<const vit::Image> photo;
};

/// What a pass that has begun reads.
struct PassPixels {
  std::shared_ptr<const vit::Pixels> pixels;
  std::shared_ptr<const vit::Image> photo;
};

/// Side B's newest finished request.
struct OtherPicture {
  std::shared_ptr<const vit::Trace> trace;
  std::uint64_t request = 0;
  std::shared_ptr<const vit::Image> photo;
  std::shared_ptr<const PhotoLevels> display;
};

/// Everything that became ready since the window last asked.
struct Outcome {
  std::optional<LoadedModel> model;
  std::optional<LoadedImage> image;
  std::optional<PassPixels> input;             // of the newest exact pass
  std::shared_ptr<const vit::Trace> trace;     // of the newest finished request
  std::uint64_t request = 0;                   // whose trace it is
  std::shared_ptr<const vit::Image> photo;     // and the photo it belongs to,
  std::shared_ptr<const PhotoLevels> display;  // for display, too
  std::optional<DraftPicture> draft;           // the newest
  std::shared_ptr<const vit::Trace>
      part;  // the blocks that a pass of new pixels has done so far; its input came before
  std::shared_ptr<const vit::Trace> baseline;  // the same model and pixels with everything as trained
  std::vector<PassTime> times;                 // every pass that ran from block 0 to the end
  std::optional<LoadedModel> other_model;      // side B's
  std::optional<LoadedImage> other_image;
  std::optional<OtherPicture> other;
  std::vector<Failure> failures;
  std::vector<std::string> news;  // of finished errands
};

struct WorkerStatus {
  enum class Doing : std::uint8_t {
    resting,
    loading_model,
    loading_image,
    running,
    running_other,  // side B's pass
    baseline,
    measuring,
    sweeping,
    saving
  };
  Doing doing = Doing::resting;
  double fraction = 0;       // 0 … 1 of the load, pass or sweep
  double elapsed_ms = 0;     // since it began
  bool picture_due = false;  // a posted request or load has not been answered yet, or a file that was read not taken
};

/// Takes jobs from a queue, one at a time: the newest request first, then loads, then errands in the order in which
/// they came. With an empty queue it measures the newest picture (see measuring.h) until
/// a job comes, not before the window had kPictureMs to draw it: a software renderer needs the same processors. Results
/// wait for take(). Side B's loads and passes come behind side A's: they end when one of side A's comes, and begin
/// again after it. A new request lets the running pass of an older one finish, so that pictures change during a drag;
/// but not if that pass is of another model or image, or has more than kPatienceMs to go. While a control is held, slow
/// passes are drawn as drafts first: the exact pass follows when the control is let go or has rested for kRestMs, and a
/// newer request stops it at once. When it has rested for kReturnMs, it gives back what memory the program has freed.
/// All functions may be called from any thread.
class Worker {
 public:
  static constexpr double kPatienceMs = 300;
  static constexpr std::chrono::milliseconds kRestMs{150}, kPictureMs{200}, kReturnMs{2000};

  /// `wake` is called from the worker's thread, without a lock, whenever there is something to take.
  explicit Worker(std::function<void()> wake);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Replaces the request that waits, if any; so do the two loads.
  void post(Request request);
  /// Whether a control that changes numbers is held, or a key that does so repeats.
  void hold(bool held);
  void load_model(std::string source, vit::LoadOptions options, bool again = false, Side side = Side::a);
  void load_image(std::string source, const vit::ImageReading& reading, Side side = Side::a);
  /// Of side B: it is not drafted, and measured behind side A's.
  void post_other(Request request);
  /// There is no side B any more.
  void drop_other();
  /// What it captures must stay valid.
  void run_errand(Errand errand);
  /// Measures the newest picture with other head counts; a sweep that is under way ends.
  void sweep(Sweep sweep);
  void cancel_sweep();

  Outcome take();
  WorkerStatus status() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Doing = WorkerStatus::Doing;
  enum class Rank : std::uint8_t { request, image, model, other_image, other_model, other, errand, extra };
  struct Job {
    Rank rank = Rank::extra;
    Doing doing = Doing::resting;
    std::function<void(const std::stop_token&)> work;
    // Of a request: what makes an older one obsolete.
    std::shared_ptr<const vit::Model> model = nullptr;
    std::shared_ptr<const vit::Image> image = nullptr;
  };
  struct Running {
    Rank rank = Rank::extra;
    Doing doing = Doing::resting;
    std::stop_source stop;
    Clock::time_point began;
    double fraction = 0;
    std::shared_ptr<const vit::Model> model;
    std::shared_ptr<const vit::Image> image;
    bool is_draft = false;   // let finish: it is short, and what it took chooses the next one's size
    bool has_draft = false;  // an exact pass that a draft can stand for while a control is held
  };
  struct Owed {  // an exact pass whose draft is shown
    Request request;
    Clock::time_point due;
  };

  static bool is_of_other(Rank rank) {
    return rank == Rank::other_image || rank == Rank::other_model || rank == Rank::other;
  }
  void put(Job job);
  void put_back(Job job);  // one of side B's that gave way
  void insert(Job job);    // by its rank, with the lock
  void set_sweep(std::optional<Sweep> sweep);
  bool is_stopped_by(const Job& job) const;  // whether the running job is; call it with the lock
  double remaining_ms() const;               // of the running pass; call it with the lock

  void run();
  std::optional<Job> next_job();    // waits; none when the program ends
  Job take_front();                 // of the queue, with the lock
  std::optional<Job> next_extra();  // with the lock
  bool wait_for_picture(const Job& extra, std::unique_lock<std::mutex>& lock);
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  std::optional<Job> next_owed();  // likewise; none before it is due
  Job job_of(Request request, bool exact);
  void answer(const Request& request, const std::stop_token& stop);
  void answer_other(const Request& request, const std::stop_token& stop);
  /// False where the request has to be answered exactly.
  bool draw_draft(const Request& request, const std::stop_token& stop);
  void open_model(const LoadedModel& wanted, Side side, const std::stop_token& stop);
  void open_image(const LoadedImage& wanted, Side side);
  void measure(PassRunner& runner, const NextMeasurement& next, const std::stop_token& stop);
  PassControl control(const std::stop_token& stop);
  void progress(double fraction);
  void publish(const std::function<void(Outcome&)>& change);
  /// Runs `work`, whose exceptions become failures like `failure`; false where it failed or was cancelled.
  bool attempt(Failure failure, const char* no_memory, const std::function<void()>& work);

  const std::function<void()> wake_;
  mutable std::mutex mutex_;  // guards all down to outbox_
  std::condition_variable changed_;
  std::vector<Job> queue_;                     // by rank
  std::optional<std::optional<Sweep>> sweep_;  // one to begin, or none to end the one that runs
  std::optional<Owed> owed_;
  bool held_ = false;
  bool quit_ = false;
  bool has_other_ = false;  // something of side B was asked for, and it was not dropped since
  Running running_;
  double expected_ms_ = 0;       // of a whole pass of the newest picture
  Clock::time_point published_;  // when the newest picture was
  Outcome outbox_;

  // The worker thread's own:
  PassRunner runner_;
  std::optional<PassRunner> other_runner_;
  bool cancelled_ = false;  // the job that ran last
  std::thread thread_;
};

}  // namespace headlight
