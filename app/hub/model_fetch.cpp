#include "app/hub/model_fetch.h"

#include <chrono>
#include <utility>

#include "engine/base/error.h"
#include "engine/network/meter.h"

namespace headlight {

namespace {

constexpr std::chrono::milliseconds kBetweenWakes{150};

}  // namespace

void ModelFetch::start(const HubModel& model, std::filesystem::path folder) {
  if (busy()) return;
  if (thread_.joinable()) thread_.join();
  {
    std::lock_guard lock(mutex_);
    name_ = model.name;
    progress_ = {};
    fetched_.reset();
  }
  thread_ = std::jthread(
      [this, model, folder = std::move(folder)](const std::stop_token& stop) { run(model, folder, stop); });
}

void ModelFetch::cancel() {
  thread_.request_stop();
}

bool ModelFetch::busy() const {
  std::lock_guard lock(mutex_);
  return !name_.empty();
}

std::string ModelFetch::name() const {
  std::lock_guard lock(mutex_);
  return name_;
}

HubProgress ModelFetch::progress() const {
  std::lock_guard lock(mutex_);
  return progress_;
}

std::optional<Fetched> ModelFetch::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(fetched_, {});
}

void ModelFetch::run(const HubModel& model, const std::filesystem::path& folder, const std::stop_token& stop) {
  Fetched result{.name = model.name, .folder = {}, .failure = {}};
  auto woken = std::chrono::steady_clock::time_point{};
  const auto hear = [&](const HubProgress& progress) {
    {
      std::lock_guard lock(mutex_);
      progress_ = progress;
    }
    if (const auto now = std::chrono::steady_clock::now(); now - woken > kBetweenWakes) {
      woken = now;
      wake_();
    }
  };
  try {
    result.folder = get_model(model, folder, hear, stop);
  } catch (const vit::Cancelled&) {
  } catch (const std::exception& error) {
    result.failure = error.what();
  }
  {
    std::lock_guard lock(mutex_);
    name_.clear();
    fetched_ = std::move(result);
  }
  wake_();
}

}  // namespace headlight
