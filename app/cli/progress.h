// A progress bar on a terminal; nothing where the output goes elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace headlight {

/// Draws on standard error, at most ten times a second, and wipes itself when it ends.
class ProgressBar {
 public:
  explicit ProgressBar(std::string what);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(double fraction);                           // 0 … 1
  void show(double fraction, const std::string& what);  // with another caption

 private:
  std::string what_;
  bool terminal_ = false;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace headlight
