// Keeps side B as it is wanted: its files are read, then its pass is run, and both again when something changes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/session/other_side.h"
#include "app/session/wanted.h"
#include "app/session/worker.h"

namespace headlight {

/// What side B falls back on. Null where side A does not have it yet.
struct SideA {
  const Wanted& wanted;
  std::shared_ptr<const vit::Model> model;
  std::shared_ptr<const vit::Image> image;
  std::shared_ptr<const PhotoLevels> display;  // of it
};

/// Main thread only.
class OtherFollower {
 public:
  /// Once a frame: asks the worker for what side A's wishes and side B's need and was not asked for yet.
  void request(const SideA& a, const std::optional<std::filesystem::path>& imagenet_labels, Worker& worker);
  /// Takes what is ready. What did not open goes back to what it was in `wanted`. True if the picture changed.
  bool take(Outcome& out, OtherSide& wanted, OtherShown& shown);

  /// Nothing of it is under way: it is shown as it is wanted, or cannot be.
  bool settled() const;
  /// Why the newest pass has no picture; empty: it has, or will have one.
  const std::string& failure() const { return failure_; }

 private:
  struct ModelFile {
    std::string source;
    vit::LoadOptions load;
    std::shared_ptr<const vit::Model> model;
    bool is(const std::string& wanted_source, const vit::LoadOptions& options) const {
      return source == wanted_source && same_overrides(load, options);
    }
  };
  struct ImageFile {
    std::string source;
    vit::ImageReading reading;
    std::shared_ptr<const vit::Image> image;
    std::shared_ptr<const PhotoLevels> display;
    bool is(const std::string& wanted_source, const vit::ImageReading& wanted_reading) const {
      return source == wanted_source && reading == wanted_reading;
    }
  };
  bool have_model(const SideA& a, const std::optional<std::filesystem::path>& imagenet_labels, Worker& worker);
  bool have_image(const SideA& a, Worker& worker);
  void end(Worker& worker);

  bool on_ = false;
  ModelFile model_;                   // that the newest request ran
  ImageFile image_;                   // likewise
  std::optional<ModelFile> loading_;  // without a model
  std::optional<ImageFile> loading_image_;
  OtherSide good_;  // the last one whose files were all there
  std::optional<Request> requested_;
  std::uint64_t id_ = 0, answered_ = 0;  // of requests
  std::string failure_;
};

}  // namespace headlight
