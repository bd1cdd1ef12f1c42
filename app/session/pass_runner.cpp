#include "app/session/pass_runner.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/cost/estimate.h"
#include "engine/maps/precision_comparison.h"
#include "engine/network/meter.h"

namespace headlight {

namespace {

/// A pass that is done sooner is not shown in parts.
constexpr std::chrono::milliseconds kFirstPart{120}, kBetweenParts{80};

/// With fewer bits where this processor is quicker so: a draft may be larger in the same time.
vit::Settings quick(vit::Settings settings) {
  if (vit::is_quicker_with_bf16(settings.kernel)) settings.precision = vit::Precision::bf16;
  return settings;
}

std::function<void(std::shared_ptr<const vit::Trace>)> now_and_then(
    std::function<void(std::shared_ptr<const vit::Trace>)> hear) {
  using Clock = std::chrono::steady_clock;
  return [hear = std::move(hear), due = Clock::now() + kFirstPart](std::shared_ptr<const vit::Trace> part) mutable {
    const auto now = Clock::now();
    if (now < due) return;
    due = now + kBetweenParts;
    hear(std::move(part));
  };
}

}  // namespace

bool PassRunner::same_picture(const Request& request) const {
  return pixels_ && request.model == request_.model && request.image == request_.image &&
         request.preprocessing == request_.preprocessing;
}

void PassRunner::begin_picture(const Request& request, const PassControl& control) {
  const bool same = same_picture(request);
  if (request.model != request_.model) {
    exact_speed_.forget();
    draft_speed_.forget();
  }
  if (!same) keep();
  if (!request.of_sequence || request.model != request_.model) kept_.clear();
  request_ = request;
  restored_ = false;
  if (same) return;
  pixels_.reset();
  trace_.reset();
  baseline_.reset();
  baseline_failed_ = exact_failed_ = false;
  series_.clear();
  sweep({});
  last_.reset();
  if (auto kept = kept_.take(*request.model, *request.image, request.preprocessing)) {
    pixels_ = std::move(kept->pixels);
    trace_ = std::move(kept->trace);
    baseline_ = std::move(kept->baseline);
    restored_ = kept->settings == request.settings;
    if (control.prepared) control.prepared(pixels_);
    return;
  }
  pixels_ = make_run(request.model, request.image, request.preprocessing, request.settings).pixels;
  if (control.prepared) control.prepared(pixels_);
}

/// The pass of a frame that gives way to another photo.
void PassRunner::keep() {
  constexpr std::size_t kMostBytes = std::size_t{512} << 20;
  if (!request_.of_sequence || !trace_) return;
  const std::size_t bytes = vit::estimate(request_.model->config, trace_->grid, trace_->settings, {}).trace_bytes;
  const std::size_t all = baseline_ && baseline_ != trace_ ? 2 * bytes : bytes;
  kept_.put({request_.model, request_.image, request_.preprocessing, answered_, pixels_, trace_, baseline_}, all,
            std::min(kMostBytes, vit::available_memory() / 8));
}

std::shared_ptr<const vit::Trace> PassRunner::pass(const vit::PassInput& input, const vit::Trace* previous,
                                                   const PassControl& control) {
  const int threads = input.settings.threads;
  if (!pool_ || pool_threads_ != threads) {
    pool_ = std::make_unique<vit::Pool>(threads);
    pool_threads_ = threads;
  }
  vit::Meter meter(control.stop, control.progress);
  if (control.grown && !previous) meter.on_growth(now_and_then(control.grown));
  return run_pass(input, *pool_, meter, previous);
}

std::shared_ptr<const vit::Trace> PassRunner::answer(const Request& request, const PassControl& control) {
  begin_picture(request, control);
  draft_.trace.reset();  // its memory is of use now
  if (std::exchange(restored_, false)) {
    answered_ = request.settings;
    return trace_;
  }
  trace_ = pass({request_.model, pixels_, request.settings}, trace_.get(), control);
  answered_ = request.settings;
  exact_speed_.note(*trace_);
  last_ = request.settings;
  if (vit::as_trained(request.settings, request.model->config)) baseline_ = trace_;
  return trace_;
}

std::optional<Draft> PassRunner::draft_rules(const Request& request) const {
  if (request.model != request_.model || !exact_speed_.known()) return std::nullopt;
  const vit::ModelConfig& config = request.model->config;
  vit::validate(request.settings, config);
  const PhotoSize photo{request.image->width, request.image->height};
  const bool restarts = trace_ && same_picture(request);
  const vit::InputSize exact = vit::input_size(photo.width, photo.height, request.preprocessing, config.patch_px);
  const auto predict = [&](const vit::TokenGrid& grid, int first_block) {
    const bool is_exact = grid.rows == exact.height / config.patch_px && grid.cols == exact.width / config.patch_px;
    const PassSpeed& speed = is_exact || !draft_speed_.known() ? exact_speed_ : draft_speed_;
    return speed.predict_ms(grid, request.settings, first_block);
  };
  return draft_for({.config = config,
                    .photo = photo,
                    .exact = request.preprocessing,
                    .first_block = restarts ? vit::first_changed_block(trace_->settings, request.settings) : 0,
                    .patches_before = draft_.patches},
                   predict);
}

std::shared_ptr<const vit::Trace> PassRunner::draft(const Request& request, const PassControl& control) {
  try {
    const std::optional<Draft> chosen = draft_rules(request);
    if (!chosen) return nullptr;
    if (!draft_.pixels || draft_.image != request.image || draft_.pixels->preprocessing != chosen->rules)
      draft_ = {request.image, make_run(request.model, request.image, chosen->rules, request.settings).pixels, 0,
                nullptr};
    draft_.patches = chosen->patches;
    draft_.trace = pass({request.model, draft_.pixels, quick(request.settings)}, draft_.trace.get(), control);
    draft_speed_.note(*draft_.trace);
    last_.reset();
    return draft_.trace;
  } catch (const vit::Cancelled&) {
    throw;
  } catch (const std::exception&) {  // the exact pass says what is wrong
    return nullptr;
  }
}

std::optional<NextMeasurement> PassRunner::next() const {
  if (!trace_) return std::nullopt;
  vit::Settings trained = vit::trained_settings(trace_->model->config);
  static_cast<vit::Execution&>(trained) = trace_->settings;
  return next_measurement({trace_->settings, std::move(trained), knows_change(),
                           baseline_ != nullptr || baseline_failed_, series_, sweep_, swept_});
}

bool PassRunner::knows_change() const {
  return trace_->settings.precision == vit::Precision::exact || exact_failed_ || trace_->fewer_bits->get();
}

void PassRunner::measure(const NextMeasurement& next, const PassControl& control) {
  const PassControl part = {control.stop,
                            [&](double fraction) { control.progress(next.done + next.share * fraction); }};
  std::shared_ptr<const vit::Trace> trace;
  try {
    trace = pass({request_.model, pixels_, next.settings}, nullptr, part);
  } catch (const vit::Cancelled&) {
    throw;
  } catch (...) {
    give_up(next);
    if (next.why == NextMeasurement::Why::sweep) throw;
    return;
  }
  if (next.why == NextMeasurement::Why::exact)
    trace_->fewer_bits->set(vit::precision_change(*trace_, *trace, control.stop));
  // The first pass after a change finds caches cold and memory to be allocated: it does not count.
  const bool counts = last_ && vit::same_work(*last_, next.settings);
  last_ = next.settings;
  if (next.why == NextMeasurement::Why::baseline) baseline_ = trace;
  if (!counts) return;
  const double ms = trace->timings.wall_ms;
  Series& series = series_of(next.why == NextMeasurement::Why::sweep ? swept_ : series_, next.settings);
  series.ms.push_back(ms);
  series.waiting_share.push_back(trace->timings.waiting_ms() / ms);
  times_.push_back({request_.model, next.settings, trace->grid, trace->timings});
  if (next.why == NextMeasurement::Why::sweep && !this->next()) sweep({});  // that was its last pass
}

void PassRunner::give_up(const NextMeasurement& next) {
  switch (next.why) {
    case NextMeasurement::Why::exact:
      exact_failed_ = true;
      break;
    case NextMeasurement::Why::baseline:  // the network cannot run as trained: there is nothing to compare with
      baseline_failed_ = true;
      break;
    case NextMeasurement::Why::timing:
      series_of(series_, next.settings).given_up = true;
      break;
    case NextMeasurement::Why::sweep:
      sweep({});
      break;
  }
}

void PassRunner::sweep(std::optional<Sweep> sweep) {
  sweep_ = std::move(sweep);
  swept_.clear();
}

}  // namespace headlight
