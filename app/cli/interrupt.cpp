#include "app/cli/interrupt.h"

#include <csignal>

#include <pthread.h>
#include <unistd.h>

#include "app/cli/exit_codes.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

/// What whoever started the program has it ignore (a shell does so for a job in the background) is not asked of it.
bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && (action.sa_flags & SA_SIGINFO) == 0 &&
         action.sa_handler == SIG_IGN;
}

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM})
    if (!is_ignored(signal)) sigaddset(&signals, signal);
  sigaddset(&signals, SIGUSR1);  // the destructor sends it to end the waiting thread
  return signals;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t signals = watched_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  waiter_ = std::thread([this] {
    const sigset_t waited = watched_signals();
    int signal = 0;
    while (sigwait(&waited, &signal) == 0 && signal != SIGUSR1) {
      if (source_.stop_requested()) ::_exit(kExitCancelled);
      source_.request_stop();
    }
  });
}

Interrupt::~Interrupt() {
  pthread_kill(waiter_.native_handle(), SIGUSR1);
  waiter_.join();
}

void Interrupt::throw_if_requested() const {
  if (source_.stop_requested()) throw vit::Cancelled();
}

}  // namespace headlight
