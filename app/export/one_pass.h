// One photo of many, or one frame of a film: its pass, as what is exported.
#pragma once

#include <cstddef>
#include <memory>

#include "app/export/batch.h"
#include "engine/base/pool.h"

namespace headlight {

/// What one of several threads gives to a pass.
struct PassShare {
  vit::Pool& pool;
  int threads = 1;
  std::size_t at_a_time = 1;     // passes, which share the memory
  bool notes_precision = false;  // with fewer bits, an exact pass follows and says what they changed
};

/// `image`: null where the photo's file is to be read. Sets what is asked of it, too. Throws std::exception for a photo
/// that cannot be read or asked that, vit::Cancelled.
ExportSource pass_over(const BatchJob& job, const BatchPhoto& photo, std::shared_ptr<const vit::Image> image,
                       const PassShare& share, ExportRequest& request);

/// How a frame stands among many photos.
BatchPhoto photo_of_frame(const std::string& source);

}  // namespace headlight
