// The thread that measures the cost lab's module and the machine's ceilings, while everything else is at rest.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "engine/lab/ceilings.h"
#include "engine/lab/lab.h"

namespace headlight {

/// One job at a time; a new one ends the one that runs. All functions may be called from any thread and never wait.
class LabDesk {
 public:
  enum class Job : std::uint8_t { none, module, ceilings };

  /// `wake` is called from the desk's thread, without a lock, when a job ends.
  explicit LabDesk(std::function<void()> wake);
  ~LabDesk();
  LabDesk(const LabDesk&) = delete;
  LabDesk& operator=(const LabDesk&) = delete;

  void measure(const vit::LabPlan& plan);
  /// `keep` hears of what was found, from the desk's thread.
  void calibrate(const vit::Execution& execution, std::function<void(const vit::Ceilings&)> keep);
  void cancel();

  /// Whether the machine is free for it: else the job waits, and what it was about to count it measures again.
  void let_run(bool at_rest);

  Job running() const;
  bool waits() const;                                     // the running job does, for the machine to be at rest
  double progress() const;                                // 0 … 1 of the running job
  std::string failure() const;                            // of the last job; empty: none
  std::shared_ptr<const vit::LabResult> result() const;   // of the last module that was measured; null: none yet
  std::shared_ptr<const vit::Ceilings> ceilings() const;  // the last that were measured; null: none yet

 private:
  using Work = std::function<void(const std::stop_token&)>;
  void start(Job job, Work work);
  void run();
  bool wait_for_rest(const std::stop_token& stop);

  const std::function<void()> wake_;
  mutable std::mutex mutex_;  // guards all down to ceilings_
  std::condition_variable changed_;
  Work next_;
  Job next_job_ = Job::none, running_ = Job::none;
  std::stop_source stop_;
  bool at_rest_ = false, waits_ = false, quit_ = false;
  double progress_ = 0;
  std::string failure_;
  std::shared_ptr<const vit::LabResult> result_;
  std::shared_ptr<const vit::Ceilings> ceilings_;

  std::thread thread_;
};

}  // namespace headlight
