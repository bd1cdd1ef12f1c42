#include "app/session/pass_runner.h"

#include "engine/base/error.h"
#include "engine/network/meter.h"

namespace headlight {

void PassRunner::begin_picture(const Request& request) {
  const bool same = pixels_ && request.model == request_.model && request.image == request_.image &&
                    request.preprocessing == request_.preprocessing;
  request_ = request;
  if (same) return;
  pixels_.reset();
  trace_.reset();
  baseline_.reset();
  baseline_failed_ = false;
  series_.clear();
  sweep({});
  last_.reset();
  pixels_ = make_run(request.model, request.image, request.preprocessing, request.settings).pixels;
}

std::shared_ptr<const vit::Trace> PassRunner::pass(const vit::Settings& settings, const vit::Trace* previous,
                                                   const PassControl& control) {
  if (!pool_ || pool_threads_ != settings.threads) {
    pool_ = std::make_unique<vit::Pool>(settings.threads);
    pool_threads_ = settings.threads;
  }
  vit::Meter meter(control.stop, control.progress);
  return run_pass({request_.model, pixels_, settings}, *pool_, meter, previous);
}

std::shared_ptr<const vit::Trace> PassRunner::answer(const Request& request, const PassControl& control) {
  begin_picture(request);
  trace_ = pass(request.settings, trace_.get(), control);
  last_ = request.settings;
  if (vit::as_trained(request.settings, request.model->config)) baseline_ = trace_;
  return trace_;
}

std::optional<NextMeasurement> PassRunner::next() const {
  if (!trace_) return std::nullopt;
  vit::Settings trained = vit::trained_settings(trace_->model->config);
  static_cast<vit::Execution&>(trained) = trace_->settings;
  return next_measurement(
      {trace_->settings, std::move(trained), baseline_ != nullptr || baseline_failed_, series_, sweep_, swept_});
}

void PassRunner::measure(const NextMeasurement& next, const PassControl& control) {
  const PassControl part = {control.stop,
                            [&](double fraction) { control.progress(next.done + next.share * fraction); }};
  std::shared_ptr<const vit::Trace> trace;
  try {
    trace = pass(next.settings, nullptr, part);
  } catch (const vit::Cancelled&) {
    throw;
  } catch (...) {
    give_up(next);
    if (next.why == NextMeasurement::Why::sweep) throw;
    return;
  }
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
