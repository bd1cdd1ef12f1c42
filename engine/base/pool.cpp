#include "engine/base/pool.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace vit {
namespace {

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Tens of microseconds, as long as the gaps inside a pass last; a thread that waits longer goes to sleep.
constexpr int kSpins = 2000;

/// A count that only grows, and that threads wait for: a short spin, then sleep.
class Signal {
 public:
  std::uint64_t value() const { return value_.load(std::memory_order_acquire); }

  void raise() {
    value_.fetch_add(1, std::memory_order_seq_cst);
    // A sleeper announces itself before it looks at the value for the last time, so one of the two sees the other.
    if (sleepers_.load(std::memory_order_seq_cst) == 0) return;
    { std::lock_guard lock(mutex_); }  // whoever has announced itself is inside wait() now, or has seen the value
    wake_.notify_all();
  }

  /// Returns once the value is no longer `seen`.
  void wait(std::uint64_t seen, int spins) {
    for (int i = 0; i < spins; ++i) {
      if (value() != seen) return;
      relax();
    }
    std::unique_lock lock(mutex_);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    wake_.wait(lock, [&] { return value_.load(std::memory_order_seq_cst) != seen; });
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
  std::atomic<int> sleepers_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
};

/// Leaves a team's body on a thread whose team has already failed; the exception that counts is another one.
struct TeamFailed {};

}  // namespace

struct Pool::State {
  int threads = 1;
  int spins = kSpins;  // none where the threads outnumber the processors: a spinner would keep the others from work
  std::vector<std::thread> workers;
  bool quit = false;  // guarded by `start`

  // One team. The caller writes these before it raises `start`.
  const std::function<void(Member&)>* body = nullptr;
  int active = 0;  // threads of the team
  alignas(64) Signal start;
  alignas(64) Signal done;
  alignas(64) Signal barrier;
  alignas(64) std::atomic<int> working{0};  // workers that have not finished this team
  alignas(64) std::atomic<int> arrived{0};  // threads that wait at the barrier
  std::atomic<bool> failed{false};
  std::mutex failure_mutex;
  std::exception_ptr failure;
  std::atomic<bool> busy{false};

  void take_part(Member member) {
    try {
      (*body)(member);
    } catch (const TeamFailed&) {
    } catch (...) {
      {
        std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
      }
      failed.store(true, std::memory_order_seq_cst);
      barrier.raise();
    }
  }
};

Share share_of(int count, int part, int parts) {
  const int each = count / parts;
  const int more = count % parts;  // the first `more` parts hold one index more
  const int begin = part * each + std::min(part, more);
  return {begin, begin + each + (part < more ? 1 : 0)};
}

void Member::sync() {
  if (threads_ == 1) return;
  auto& team = *pool_.state_;
  const std::uint64_t seen = team.barrier.value();
  if (team.failed.load(std::memory_order_seq_cst)) throw TeamFailed();
  if (team.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
    team.arrived.store(0, std::memory_order_relaxed);
    team.barrier.raise();
    return;
  }
  team.barrier.wait(seen, team.spins);
  if (team.failed.load(std::memory_order_seq_cst)) throw TeamFailed();
}

Pool::Pool(int threads) : state_(std::make_unique<State>()) {
  state_->threads = std::max(1, threads);
  if (state_->threads > available_processors()) state_->spins = 0;
  state_->workers.reserve(static_cast<std::size_t>(state_->threads));
  for (int thread = 1; thread < state_->threads; ++thread) {
    const auto work = [this, thread] {
      State& state = *state_;
      for (std::uint64_t seen = 0;; ++seen) {
        state.start.wait(seen, state.spins);
        if (state.quit) return;
        if (thread < state.active) state.take_part(Member(*this, thread, state.active));
        if (state.working.fetch_sub(1, std::memory_order_acq_rel) == 1) state.done.raise();
      }
    };
    try {
      state_->workers.emplace_back(work);
    } catch (const std::system_error&) {  // the system gives no more: those that there are do the work
      state_->threads = thread;
    }
  }
}

Pool::~Pool() {
  assert(!state_->busy.load() && "a pool outlives its teams");
  state_->quit = true;
  state_->start.raise();
  for (std::thread& worker : state_->workers) worker.join();
}

int Pool::threads() const {
  return state_->threads;
}

void Pool::team(int threads, const std::function<void(Member&)>& body) {
  State& state = *state_;
  [[maybe_unused]] const bool nested = state.busy.exchange(true, std::memory_order_acquire);
  assert(!nested && "one caller at a time, and no team inside a team");
  state.body = &body;
  state.active = threads == 0 ? state.threads : std::clamp(threads, 1, state.threads);
  state.arrived.store(0, std::memory_order_relaxed);
  state.failed.store(false, std::memory_order_relaxed);
  state.failure = nullptr;
  const bool alone = state.active == 1;  // the workers may go on sleeping
  const std::uint64_t seen = state.done.value();
  if (!alone) {
    state.working.store(state.threads - 1, std::memory_order_relaxed);
    state.start.raise();
  }
  state.take_part(Member(*this, 0, state.active));
  if (!alone) state.done.wait(seen, state.spins);
  state.busy.store(false, std::memory_order_release);
  if (state.failure) std::rethrow_exception(std::exchange(state.failure, nullptr));
}

void Pool::run(int count, const std::function<void(int index, int thread)>& task) {
  std::atomic<int> next{0};
  team(std::max(1, std::min(count, threads())), [&](Member& member) {
    try {
      for (int i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) task(i, member.thread());
    } catch (...) {
      next.store(count, std::memory_order_relaxed);
      throw;
    }
  });
}

int available_processors() {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace vit
