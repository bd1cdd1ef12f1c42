#include "app/window/first_files.h"

#include "app/files/assets.h"
#include "app/session/view_file.h"
#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"

namespace headlight {

namespace {

// The head of the default network that traces the moose's antlers on the first photo.
constexpr int kFirstHead = 1;

}  // namespace

std::string open_first_files(Session& session, const WindowOptions& options) {
  try {
    vit::LoadOptions load = options.run.load;
    if (!load.imagenet_labels) load.imagenet_labels = imagenet_labels();
    session.imagenet_labels = load.imagenet_labels;
    if (!options.view.empty()) {
      session.open_view(read_view(options.view));
      return {};
    }
    if (options.run.model.empty() && options.run.image.empty()) session.view.head = kFirstHead;
    const std::string model = options.run.model.empty() ? default_model().string() : options.run.model;
    std::string image = options.run.image;
    if (const auto samples = sample_images(); image.empty() && !samples.empty()) image = samples.front().string();
    if (!image.empty()) session.open_image(image);  // first: it is there to be looked at while the model loads
    session.open_model(model, load);
    return {};
  } catch (const vit::Error& error) {
    return error.what();
  }
}

}  // namespace headlight
