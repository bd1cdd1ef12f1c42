// Accuracy of a network over a folder of pictures, one sub-folder a class, on all processors.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/image/image.h"
#include "engine/network/model.h"
#include "engine/network/settings.h"
#include "engine/network/trace.h"

namespace headlight {

/// A picture and the class it belongs to.
struct LabelledImage {
  std::filesystem::path file;
  int label = 0;
};

/// The pictures in the sub-folders of `folder`, sorted by name within a class. `limit` > 0 keeps that many, the same
/// number of each class as far as possible. Throws vit::Error for a folder that cannot be read, has no class folders
/// with pictures, or whose folders name classes that the model does not know.
std::vector<LabelledImage> labelled_images(const std::filesystem::path& folder, const vit::Model& model, int limit);

struct Verdict {
  int predicted = 0;
  double probability = 0;  // of the predicted class
  bool in_top5 = false;    // the true class is among the five likeliest
};

struct Evaluation {
  std::vector<Verdict> verdicts;  // one an image, in their order
  int threads = 1;                // that took part
  double seconds = 0;             // wall time, decoding included
  double decode_seconds = 0;      // sum over threads: reading, decoding, preprocessing
  double forward_seconds = 0;     // sum over threads
};

struct EvaluationJob {
  std::shared_ptr<const vit::Model> model;
  vit::Preprocessing preprocessing;
  vit::ImageReading reading = {};
  vit::Settings settings;  // its threads each take a whole picture
  vit::Extent extent = {};
  std::function<void(double)> progress = {};
  std::stop_token stop = {};
};

/// Every picture through the network, each on one thread. Throws vit::Error for the first picture that cannot be read,
/// vit::Cancelled after a stop request.
Evaluation evaluate(const EvaluationJob& job, const std::vector<LabelledImage>& images);

}  // namespace headlight
