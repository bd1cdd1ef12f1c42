#include "engine/base/bus_guard.h"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#endif

namespace vit {

#if defined(__unix__) || defined(__APPLE__)

namespace {

/// Read by the signal handler, which may take no lock: `begin` is written last and cleared first.
struct Slot {
  std::atomic<std::uintptr_t> begin{0}, end{0};
};
std::array<Slot, 1024> slots;
std::mutex slots_mutex;
struct sigaction action_before;
std::uintptr_t page_bytes = 4096;

/// A page of zeros in place of the one that is gone; then the read goes on.
void on_bus_error(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (const Slot& slot : slots) {
    const std::uintptr_t begin = slot.begin;
    if (begin == 0 || address < begin || address >= slot.end) continue;
    void* const page = static_cast<char*>(info->si_addr) - address % page_bytes;
    if (::mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) return;
  }
  // Not ours: whoever was there before, or the end of the process, which the repeated access brings.
  if ((action_before.sa_flags & SA_SIGINFO) != 0 && action_before.sa_sigaction != nullptr)
    return action_before.sa_sigaction(signal, info, context);
  ::sigaction(SIGBUS, &action_before, nullptr);
  if (info->si_code <= 0) ::raise(signal);  // sent by somebody: no access is repeated
}

void install_handler() {
  page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, &action_before);
}

}  // namespace

BusGuard::BusGuard(const void* begin, std::size_t size) {
  const std::lock_guard lock(slots_mutex);
  static const bool installed = (install_handler(), true);
  static_cast<void>(installed);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].begin != 0) continue;
    const auto from = reinterpret_cast<std::uintptr_t>(begin);
    slots[i].end = from + size;
    slots[i].begin = from;
    slot_ = static_cast<int>(i);
    return;
  }
}

BusGuard::~BusGuard() {
  if (slot_ < 0) return;
  const std::lock_guard lock(slots_mutex);
  slots[static_cast<std::size_t>(slot_)].begin = 0;
}

#else

BusGuard::BusGuard(const void*, std::size_t) {}
BusGuard::~BusGuard() = default;

#endif

}  // namespace vit
