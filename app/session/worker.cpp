#include "app/session/worker.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/cost/estimate.h"
#include "engine/cost/prediction.h"
#include "engine/network/meter.h"

namespace headlight {

namespace {

double ms_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

/// Work that a newer wish stops at once: it only refines what is on screen.
bool is_extra(WorkerStatus::Doing doing) {
  using Doing = WorkerStatus::Doing;
  return doing == Doing::baseline || doing == Doing::measuring || doing == Doing::sweeping;
}

}  // namespace

Worker::Worker(std::function<void()> wake) : wake_(std::move(wake)) {
  thread_ = std::thread([this] { run(); });
}

Worker::~Worker() {
  {
    std::lock_guard lock(mutex_);
    inbox_.quit = true;
    running_.stop.request_stop();
  }
  changed_.notify_one();
  thread_.join();
}

// ---- the window's side ----

void Worker::post(Request request) {
  {
    std::lock_guard lock(mutex_);
    const Doing doing = running_.doing;
    if (is_extra(doing) || (doing == Doing::running && (obsolete(request) || remaining_ms() > kPatienceMs)))
      running_.stop.request_stop();
    inbox_.request = std::move(request);
  }
  changed_.notify_one();
}

void Worker::load_model(std::string source, vit::LoadOptions options, bool again) {
  {
    std::lock_guard lock(mutex_);
    if (is_extra(running_.doing) || running_.doing == Doing::loading_model) running_.stop.request_stop();
    inbox_.model = ModelLoad{std::move(source), std::move(options), again};
  }
  changed_.notify_one();
}

void Worker::load_image(std::string source) {
  {
    std::lock_guard lock(mutex_);
    if (is_extra(running_.doing)) running_.stop.request_stop();
    inbox_.image = std::move(source);
  }
  changed_.notify_one();
}

void Worker::sweep(Sweep sweep) {
  {
    std::lock_guard lock(mutex_);
    inbox_.sweep = std::move(sweep);
  }
  changed_.notify_one();
}

void Worker::cancel_sweep() {
  {
    std::lock_guard lock(mutex_);
    if (running_.doing == Doing::sweeping) running_.stop.request_stop();
    inbox_.sweep = Sweep{};  // an empty one ends the one that runs
  }
  changed_.notify_one();
}

void Worker::run_errand(Errand errand) {
  {
    std::lock_guard lock(mutex_);
    inbox_.errands.push_back(std::move(errand));
  }
  changed_.notify_one();
}

Outcome Worker::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(outbox_, {});
}

WorkerStatus Worker::status() const {
  std::lock_guard lock(mutex_);
  const Doing doing = running_.doing;
  WorkerStatus status{.doing = doing, .fraction = running_.fraction};
  if (doing != Doing::resting) status.elapsed_ms = ms_between(running_.began, Clock::now());
  status.picture_due = inbox_.model || inbox_.image || inbox_.request || doing == Doing::loading_model ||
                       doing == Doing::loading_image || doing == Doing::running || doing == Doing::saving ||
                       !inbox_.errands.empty();
  return status;
}

bool Worker::obsolete(const Request& newer) const {
  return newer.model != running_.model || newer.image != running_.image;
}

double Worker::remaining_ms() const {
  const double elapsed = ms_between(running_.began, Clock::now());
  const double whole = running_.fraction > 0.05 ? elapsed / running_.fraction : std::max(expected_ms_, elapsed * 2);
  return whole - elapsed;
}

// ---- the worker thread's side ----

void Worker::run() {
  for (;;) {
    if (step()) continue;
    std::unique_lock lock(mutex_);
    if (running_.doing != Doing::resting) {
      running_ = {};
      lock.unlock();
      wake_();  // the window shows that everything is at rest
      lock.lock();
    }
    changed_.wait(lock, [this] {
      return inbox_.quit || inbox_.model || inbox_.image || inbox_.request || inbox_.sweep || !inbox_.errands.empty();
    });
    if (inbox_.quit) return;
  }
}

bool Worker::step() {
  std::optional<ModelLoad> model;
  std::optional<std::string> image;
  std::optional<Request> request;
  std::optional<Errand> errand;
  {
    std::lock_guard lock(mutex_);
    if (inbox_.quit) return false;
    if (inbox_.model) {
      model = std::exchange(inbox_.model, {});
      running_.doing = Doing::loading_model;
    } else if (inbox_.image) {
      image = std::exchange(inbox_.image, {});
      running_.doing = Doing::loading_image;
    } else if (inbox_.request) {
      request = std::exchange(inbox_.request, {});
      running_.doing = Doing::running;
    } else if (!inbox_.errands.empty()) {
      errand = std::move(inbox_.errands.front());
      inbox_.errands.erase(inbox_.errands.begin());
      running_.doing = Doing::saving;
    }
    if (inbox_.sweep) {
      sweep_ = std::exchange(inbox_.sweep, {});
      swept_ = 0;
      if (sweep_->head_counts.empty()) sweep_.reset();
    }
  }
  if (model)
    run_model_load(*model);
  else if (image)
    run_image_load(*image);
  else if (request)
    run_request(std::move(*request));
  else if (errand)
    run_saving(*errand);
  else if (trace_ && !baseline_ && !baseline_tried_)
    run_baseline();
  else if (trace_ && !measured_.enough())
    run_measurement(measured_);
  else if (trace_ && !yardstick().enough())
    run_measurement(yardstick());
  else if (sweep_ && trace_)
    run_sweep_pass();
  else
    return false;
  return true;
}

std::stop_token Worker::begin(Doing doing) {
  std::lock_guard lock(mutex_);
  running_ = {};
  running_.doing = doing;
  running_.began = Clock::now();
  if (current_) {
    running_.model = current_->model;
    running_.image = current_->image;
  }
  // What was posted since this job was chosen stops it as it would have a moment later.
  const bool newer = is_extra(doing) && (inbox_.request || inbox_.model || inbox_.image);
  const bool stale = doing == Doing::running && inbox_.request && obsolete(*inbox_.request);
  if (inbox_.quit || newer || stale) running_.stop.request_stop();
  return running_.stop.get_token();
}

void Worker::progress(double fraction) {
  double elapsed_ms = 0;
  {
    std::lock_guard lock(mutex_);
    running_.fraction = fraction;
    elapsed_ms = ms_between(running_.began, Clock::now());
  }
  if (elapsed_ms > 100) wake_();  // short work needs no progress bar
}

void Worker::publish(const std::function<void(Outcome&)>& change) {
  {
    std::lock_guard lock(mutex_);
    change(outbox_);
  }
  wake_();
}

void Worker::fail(Failure::What what, const std::string& sentence, std::uint64_t request) {
  publish([&](Outcome& out) { out.failures.push_back({what, sentence, request}); });
}

void Worker::run_model_load(const ModelLoad& load) {
  const std::stop_token stop = begin(Doing::loading_model);
  try {
    auto model = vit::load_model(load.source, load.options, [&](double fraction) {
      if (stop.stop_requested()) throw vit::Cancelled();
      progress(fraction);
    });
    publish([&](Outcome& out) { out.model = LoadedModel{load.source, load.options, load.again, std::move(model)}; });
  } catch (const vit::Cancelled&) {
  } catch (const std::bad_alloc&) {
    fail(Failure::What::model, load.source + ": not enough memory for this network.");
  } catch (const std::exception& error) {
    fail(Failure::What::model, error.what());
  }
}

void Worker::run_image_load(const std::string& source) {
  begin(Doing::loading_image);
  try {
    auto image = std::make_shared<const vit::Image>(vit::load_image(source));
    auto display = std::make_shared<const PhotoLevels>(photo_levels(image));
    publish([&](Outcome& out) { out.image = LoadedImage{source, std::move(image), std::move(display)}; });
  } catch (const std::bad_alloc&) {
    fail(Failure::What::image, source + ": not enough memory for this picture.");
  } catch (const std::exception& error) {
    fail(Failure::What::image, error.what());
  }
}

void Worker::prepare_pixels() {
  if (pixels_) return;
  pixels_ = std::make_shared<const vit::Pixels>(
      vit::preprocess(*current_->image, current_->preprocessing, current_->model->config.patch_px));
}

std::shared_ptr<const vit::Trace> Worker::pass(Doing doing, const vit::Settings& settings, const vit::Trace* previous,
                                               double done, double share) {
  const std::stop_token stop = begin(doing);
  const vit::TokenGrid grid = vit::token_grid(current_->model->config, pixels_->width, pixels_->height);
  vit::check_memory(vit::estimate(current_->model->config, grid, settings));
  if (!pool_ || pool_threads_ != settings.threads) {
    pool_ = std::make_unique<vit::Pool>(settings.threads);
    pool_threads_ = settings.threads;  // the system may have given fewer
  }
  vit::Meter meter(stop, [&](double fraction) { progress(done + share * fraction); });
  auto trace = vit::forward({current_->model, pixels_, settings}, meter, *pool_, previous);
  const bool whole = trace->timings.first_block == 0;
  std::lock_guard lock(mutex_);
  if (whole) {
    outbox_.times.push_back({current_->model, settings, trace->grid, trace->timings});
    if (doing == Doing::running) expected_ms_ = trace->timings.wall_ms;
  }
  return trace;
}

void Worker::run_request(Request request) {
  const bool other_model = !current_ || request.model != current_->model;
  const bool other_pixels =
      other_model || request.image != current_->image || request.preprocessing != current_->preprocessing;
  current_ = std::move(request);
  if (other_pixels) {
    pixels_.reset();
    trace_.reset();
    baseline_.reset();
    baseline_tried_ = false;
    sweep_.reset();
    yardsticks_.clear();
  }
  measured_ = {.settings = current_->settings};
  try {
    begin(Doing::running);
    prepare_pixels();
    trace_ = pass(Doing::running, current_->settings, trace_.get());
    if (vit::as_trained(current_->settings, current_->model->config)) baseline_ = trace_;
    publish([&](Outcome& out) {
      out.trace = trace_;
      out.request = current_->id;
      out.photo = current_->image;
      out.display = current_->display;
      out.baseline = baseline_;
    });
  } catch (const vit::Cancelled&) {
    measured_.give_up();  // the request that stopped it measures in its place
  } catch (const std::bad_alloc&) {
    measured_.give_up();
    fail(Failure::What::pass, "Not enough memory for this pass: try the tiled kernel or a smaller input.",
         current_->id);
  } catch (const std::exception& error) {
    measured_.give_up();
    fail(Failure::What::pass, error.what(), current_->id);
  }
}

void Worker::run_saving(const Errand& errand) {
  const std::stop_token stop = begin(Doing::saving);
  try {
    std::string sentence = errand(stop, [this](double fraction) { progress(fraction); });
    publish([&](Outcome& out) { out.news.push_back(std::move(sentence)); });
  } catch (const vit::Cancelled&) {
  } catch (const std::bad_alloc&) {
    fail(Failure::What::errand, "Not enough memory to save this: choose fewer blocks or a smaller size.");
  } catch (const std::exception& error) {
    fail(Failure::What::errand, error.what());
  }
}

void Worker::run_baseline() {
  vit::Settings settings = vit::trained_settings(current_->model->config);
  static_cast<vit::Execution&>(settings) = current_->settings;
  baseline_tried_ = true;
  try {
    baseline_ = pass(Doing::baseline, settings, nullptr);
    publish([&](Outcome& out) { out.baseline = baseline_; });
  } catch (const vit::Cancelled&) {
    baseline_tried_ = false;
  } catch (const std::exception&) {  // it does not fit: there is nothing to compare with, and the window says so
  }
}

Worker::Measured& Worker::yardstick() {
  const vit::Settings settings = vit::with_heads(current_->settings, current_->model->config.num_heads, -1);
  for (Measured& known : yardsticks_)
    if (known.settings == settings) return known;
  yardsticks_.push_back(settings == measured_.settings ? measured_ : Measured{.settings = settings});
  return yardsticks_.back();
}

void Worker::run_measurement(Measured& measured) {
  const double share = 1.0 / kMeasurePasses;
  try {
    const auto trace = pass(Doing::measuring, measured.settings, nullptr, measured.passes * share, share);
    ++measured.passes;
    measured.ms += trace->timings.wall_ms;
  } catch (const vit::Cancelled&) {  // the request that stopped it is measured in its place
  } catch (const std::exception&) {
    measured.give_up();
  }
}

void Worker::run_sweep_pass() {
  const int total = static_cast<int>(sweep_->head_counts.size()) * sweep_->passes;
  const int heads = sweep_->head_counts[static_cast<std::size_t>(swept_ / sweep_->passes)];
  const vit::Settings settings = vit::with_heads(current_->settings, heads, sweep_->block);
  try {
    pass(Doing::sweeping, settings, nullptr, static_cast<double>(swept_) / total, 1.0 / total);
    if (++swept_ == total) sweep_.reset();
    wake_();
  } catch (const vit::Cancelled&) {  // a newer request goes first; the sweep comes back to this pass
  } catch (const std::bad_alloc&) {
    sweep_.reset();
    fail(Failure::What::pass, "Not enough memory to sweep the head counts: choose a smaller input.");
  } catch (const std::exception& error) {
    sweep_.reset();
    fail(Failure::What::pass, error.what());
  }
}

}  // namespace headlight
