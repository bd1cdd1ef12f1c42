// Many photos through one network, and the same files of each: `headlight export --images`.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/export/export.h"
#include "app/files/frame_source.h"
#include "app/session/run.h"
#include "engine/image/image.h"
#include "engine/network/model.h"

namespace headlight {

struct BatchPhoto {
  std::filesystem::path file;
  std::filesystem::path folder;  // where its files go, below the batch's folder: as the photo lies below its own
  std::string name;              // what they are named by: the photo's name, made different where two are alike
  bool nameless = false;         // it came through a pipe: nothing opens it again
};

/// All pictures of a folder and of the folders in it, by their endings, sorted by path; or those that a text file
/// lists, a path a line, relative to that file. Hidden files are left out, and so is what lies in `target`, the batch's
/// folder. Throws vit::Error where there are none, and where the photos lie in that very folder.
std::vector<BatchPhoto> batch_photos(const std::filesystem::path& source, const std::filesystem::path& target);

struct BatchProgress {
  std::size_t done = 0, of = 0;  // photos, failed ones and those of an earlier run included
  double seconds_left = 0;       // a guess from those that were done; 0: none yet
};

struct BatchJob {
  std::shared_ptr<const vit::Model> model;
  vit::Preprocessing preprocessing;
  vit::ImageReading reading = {};
  vit::Settings settings;  // its threads each take a whole photo
  SavedView files;         // of the model, for the views in pictures; the photos are filled in
  std::string model_name;  // see network_name()
  /// What is asked of a photo's run, the folder aside. Throws std::exception where that cannot be asked of this photo.
  std::function<ExportRequest(const Run&)> request;
  std::filesystem::path folder;  // made if it is not there
  std::string asked;             // everything that decides what the files hold, but for the photos: files of an earlier
                                 // run that was asked the same are kept
  std::function<void(const BatchProgress&)> progress = {};  // called from any of the threads, one at a time
  std::stop_token stop = {};
};

struct BatchFailure {
  std::filesystem::path file;
  std::string sentence;
};

struct BatchResult {
  std::size_t exported = 0, kept = 0;  // photos: of this run, and of an earlier one
  std::size_t files = 0;               // that this run wrote
  std::vector<BatchFailure> failures;  // in the order of the photos
  int threads = 1;                     // that took part
  double seconds = 0;                  // wall time
};

/// A photo that fails does not stop the others. What is done stands in a log in the folder (see batch_log.h), so that
/// the same batch goes on where it was interrupted. Throws vit::Error where the folder cannot be written into,
/// vit::Cancelled after a stop request; then files are whole, and the log is right.
BatchResult export_batch(const BatchJob& job, const std::vector<BatchPhoto>& photos);
/// The same of the frames of a sequence, each read once, while the one before is computed. `nameless`: they come
/// through a pipe, so that nothing of an earlier run can be kept. A frame that fails ends a sequence that is read in
/// order.
BatchResult export_batch(const BatchJob& job, FrameSource& frames, bool nameless);

/// How far a pass must go for a request: to the last block that it asks for, or to its end.
vit::Extent extent_for(const ExportRequest& request);

}  // namespace headlight
