// Writes what each frame cost the main thread, and how long each change took until its picture was on screen.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

namespace headlight {

/// Of one frame, in order: taking results and requesting, maps and panels, drawing calls, handing over the picture.
/// What OpenGL takes of the first two (uploads and heat maps, which a software renderer draws on this thread) stands
/// apart, as `paint`.
enum class Phase : std::uint8_t { update, panels, render, swap };
inline constexpr int kPhaseCount = 4;

/// One JSON object a line: when the window opened and when the first maps were on screen, since the program began; each
/// frame; each request's first picture, and where that was a draft its exact one. Does nothing without a file.
class FrameLog {
 public:
  explicit FrameLog(const std::optional<std::filesystem::path>& file);

  /// The window and its GL context are there.
  void window_opened();
  void begin_frame();
  void end_phase(Phase phase);       // since the last end, or the frame's begin
  void requested(std::uint64_t id);  // once a frame: the newest request
  /// After the picture is handed over: `shown` is the newest request whose maps it shows, 0 while it shows none;
  /// `draft`: they are a draft's.
  void end_frame(std::uint64_t frame, std::uint64_t shown, bool draft);

 private:
  using Clock = std::chrono::steady_clock;
  std::ofstream stream_;
  bool wanted_ = false;
  std::uint64_t shown_ = 0;
  bool shown_draft_ = false;
  std::uint64_t requested_ = 0;
  double cpu_mark_ms_ = 0;  // of this thread
  Clock::time_point began_;
  std::array<double, kPhaseCount> cpu_ms_{};
  double paint_ms_ = 0;
  std::map<std::uint64_t, Clock::time_point> waiting_;  // request and when it was posted
};

}  // namespace headlight
