#include "app/cli/progress.h"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

namespace headlight {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr int kCells = 30;

}  // namespace

ProgressBar::ProgressBar(std::string what)
    : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) == 1), last_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::show(double fraction) {
  const auto now = std::chrono::steady_clock::now();
  // What ends within the first interval needs no bar.
  if (!terminal_ || now - last_ < kInterval) return;
  last_ = now;
  drawn_ = true;
  const double clamped = std::clamp(fraction, 0.0, 1.0);
  std::string bar;
  for (int cell = 0; cell < kCells; ++cell) bar += cell < clamped * kCells ? "█" : "░";
  std::fprintf(stderr, "\r\033[K%s %s %3.0f %%", what_.c_str(), bar.c_str(), 100 * clamped);
  std::fflush(stderr);
}

void ProgressBar::show(double fraction, const std::string& what) {
  what_ = what;
  show(fraction);
}

}  // namespace headlight
