#include "app/export/one_pass.h"

#include <system_error>
#include <utility>

#include "app/files/frame_source.h"
#include "engine/network/forward.h"

namespace headlight {

namespace fs = std::filesystem;

ExportSource pass_over(const BatchJob& job, const BatchPhoto& photo, std::shared_ptr<const vit::Image> image,
                       const PassShare& share, ExportRequest& request) {
  vit::Settings settings = job.settings;
  settings.threads = share.threads;
  settings.keep = vit::Keep::qk;
  if (!image) image = std::make_shared<const vit::Image>(load_photo(photo.file.string(), job.reading));
  Run run = make_run(job.model, image, job.preprocessing, std::move(settings));
  request = job.request(run);
  request.folder = job.folder / photo.folder;
  run.extent = extent_for(request);
  ExportSource source{
      .trace = nullptr, .photo = image, .model = job.model_name, .image = photo.name, .files = job.files};
  if (!photo.nameless) {
    std::error_code ignored;
    source.files.wanted.image = fs::absolute(photo.file, ignored).string();
    source.files.image = mark_file(source.files.wanted.image);
  }
  vit::Meter meter(job.stop);
  source.trace = run_pass(run, share.pool, meter, nullptr, share.at_a_time);
  validate(request, source);
  if (share.notes_precision) note_precision(run, *source.trace, share.pool, job.stop);
  return source;
}

BatchPhoto photo_of_frame(const std::string& source) {
  return {.file = source, .folder = {}, .name = fs::path(source).filename().string()};
}

}  // namespace headlight
