#include "app/panels/file_summaries.h"

#include <algorithm>
#include <memory>
#include <system_error>

#include "app/files/file_summary.h"
#include "app/ui/texture_id.h"

namespace headlight {

namespace {

std::filesystem::file_time_type written(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::last_write_time(file, error);
}

}  // namespace

ui::FilePreview FileSummaries::of(const std::filesystem::path& file, Kind kind) {
  const int frame = ImGui::GetFrameCount();
  if (frame != frame_) forget_unseen(frame);
  const std::string place = (kind == Kind::picture ? "picture " : "checkpoint ") + file.string();
  auto found = known_.find(place);
  // A file that comes into sight again may be another one by now.
  if (found != known_.end() && found->second.frame < frame - 1 && found->second.written != written(file)) {
    desk_.forget(place);
    known_.erase(found);
    found = known_.end();
  }
  if (found == known_.end()) {
    found = known_.try_emplace(place).first;
    found->second.written = written(file);
    ask(place, file, kind);
  }
  Known& known = found->second;
  known.frame = frame;
  if (!known.done) take(place, known);
  ui::FilePreview preview{.words = known.words, .waits = !known.done};
  if (known.picture) {
    preview.picture = ui::texture_id(known.picture.texture());
    preview.width = known.picture.width();
    preview.height = known.picture.height();
  }
  return preview;
}

void FileSummaries::ask(const std::string& place, const std::filesystem::path& file, Kind kind) {
  desk_.ask(place, [file, kind](const std::stop_token&) -> std::shared_ptr<const void> {
    return std::make_shared<const FileSummary>(kind == Kind::picture ? summarise_picture(file, kPicturePx)
                                                                     : summarise_checkpoint(file));
  });
}

void FileSummaries::take(const std::string& place, Known& known) {
  if (const auto answer = std::static_pointer_cast<const FileSummary>(desk_.answer(place))) {
    known.words = answer->words;
    if (!answer->picture.rgb.empty()) known.picture = gl::Picture(answer->picture, gl::Sampling::smooth);
  } else if (desk_.failure(place).empty()) {
    return;
  }
  known.done = true;
  desk_.forget(place);
}

void FileSummaries::forget_unseen(int frame) {
  const int before = std::exchange(frame_, frame);
  std::erase_if(known_, [&](const auto& entry) {
    const bool gone = !entry.second.done && entry.second.frame < before;
    if (gone) desk_.forget(entry.first);
    return gone;
  });
  while (known_.size() > kMost) {
    const auto oldest = std::min_element(known_.begin(), known_.end(),
                                         [](const auto& a, const auto& b) { return a.second.frame < b.second.frame; });
    desk_.forget(oldest->first);
    known_.erase(oldest);
  }
}

}  // namespace headlight
