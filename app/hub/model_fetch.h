// Fetches one well-known model on a thread of its own, so that pictures go on while it comes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "app/hub/model_hub.h"

namespace headlight {

/// What came of a fetch.
struct Fetched {
  std::string name;
  std::filesystem::path folder;  // opens as a model; empty if it did not come
  std::string failure;           // why not; empty with an empty folder: cancelled
};

/// One fetch at a time. All functions but the constructor's `wake` are the main thread's.
class ModelFetch {
 public:
  /// `wake` is called from the fetching thread, without a lock: a few times a second, and at the end.
  explicit ModelFetch(std::function<void()> wake) : wake_(std::move(wake)) {}

  void start(const HubModel& model, std::filesystem::path folder);  // does nothing while one runs
  void cancel();                                                    // what has come so far is kept for the next time

  bool busy() const;
  /// The name of the model that comes; empty at rest.
  std::string name() const;
  HubProgress progress() const;
  /// Once after each fetch.
  std::optional<Fetched> take();

 private:
  void run(const HubModel& model, const std::filesystem::path& folder, const std::stop_token& stop);

  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::string name_;
  HubProgress progress_;
  std::optional<Fetched> fetched_;
  std::jthread thread_;  // stops and joins before the rest goes
};

}  // namespace headlight
