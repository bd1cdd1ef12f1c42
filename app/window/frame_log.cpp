#include "app/window/frame_log.h"

#include <iterator>

#include <nlohmann/json.hpp>

#include "app/gl/gl_time.h"
#include "engine/base/error.h"

namespace headlight {

namespace {

const std::chrono::steady_clock::time_point kProgramBegan = std::chrono::steady_clock::now();

double ms_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - then).count();
}

}  // namespace

FrameLog::FrameLog(const std::optional<std::filesystem::path>& file) : wanted_(file.has_value()) {
  if (!wanted_) return;
  stream_.open(*file);
  if (!stream_) throw vit::Error(file->string() + ": the frame log cannot be written there.");
}

void FrameLog::window_opened() {
  if (wanted_) stream_ << nlohmann::json{{"window_opened_ms", ms_since(kProgramBegan)}}.dump() << '\n';
}

void FrameLog::begin_frame() {
  if (!wanted_) return;
  began_ = Clock::now();
  cpu_ms_ = {};
  paint_ms_ = 0;
  gl::take_gl_ms();
  cpu_mark_ms_ = gl::thread_cpu_ms();
}

void FrameLog::end_phase(Phase phase) {
  if (!wanted_) return;
  const double now = gl::thread_cpu_ms(), painted = gl::take_gl_ms();
  cpu_ms_[static_cast<std::size_t>(phase)] += now - cpu_mark_ms_ - painted;
  paint_ms_ += painted;
  cpu_mark_ms_ = now;
}

void FrameLog::requested(std::uint64_t id) {
  if (!wanted_ || id == requested_) return;
  requested_ = id;
  waiting_.emplace(id, Clock::now());
}

void FrameLog::end_frame(std::uint64_t frame, std::uint64_t shown, bool draft) {
  if (!wanted_) return;
  if (shown > 0 && shown_ == 0)
    stream_ << nlohmann::json{{"first_maps_ms", ms_since(kProgramBegan)}, {"frame", frame}}.dump() << '\n';
  const nlohmann::json line = {{"frame", frame},
                               {"update_cpu_ms", cpu_ms_[0]},
                               {"panels_cpu_ms", cpu_ms_[1]},
                               {"paint_cpu_ms", paint_ms_},
                               {"render_cpu_ms", cpu_ms_[2]},
                               {"swap_cpu_ms", cpu_ms_[3]},
                               {"wall_ms", ms_since(began_)}};
  stream_ << line.dump() << '\n';
  if (shown != shown_ || draft != shown_draft_) {
    for (auto it = waiting_.begin(); it != waiting_.end() && it->first <= shown;) {
      const nlohmann::json picture = {{"request", it->first},
                                      {"shown", shown},
                                      {"frame", frame},
                                      {"draft", draft},
                                      {"latency_ms", ms_since(it->second)}};
      stream_ << picture.dump() << '\n';
      it = draft && it->first == shown ? std::next(it) : waiting_.erase(it);  // its exact picture follows
    }
    shown_ = shown;
    shown_draft_ = draft;
  }
  stream_.flush();
}

}  // namespace headlight
