#include "engine/image/animation.h"

#include <exception>
#include <utility>

#include "engine/base/error.h"
#include "engine/image/animation_parts.h"
#include "engine/image/image_format.h"

namespace vit {
namespace {

class DrawnAnimation : public Animation {
 public:
  DrawnAnimation(std::vector<std::byte> bytes, std::string name, ImageFormat format, const ImageReading& reading)
      : bytes_(std::move(bytes)), name_(std::move(name)), file_{bytes_, name_, format}, reading_(reading) {
    drawer_ = format == ImageFormat::gif ? gif_frames(file_) : png_frames(file_);
    if (drawer_ && format == ImageFormat::png) words_ = png_words(file_);
  }
  DrawnAnimation(const DrawnAnimation&) = delete;
  DrawnAnimation& operator=(const DrawnAnimation&) = delete;

  bool has_several() const { return drawer_ != nullptr; }
  int count() const override { return static_cast<int>(drawer_->seconds.size()); }
  double seconds(int frame) const override { return drawer_->seconds.at(static_cast<std::size_t>(frame)); }

  Image read(int frame) override {
    if (frame < 0 || frame >= count())
      throw Error(name_ + " has no frame " + std::to_string(frame + 1) + "; it has " + std::to_string(count()) + ".");
    if (!begun_ || frame < drawn_ - 1) {
      begun_ = false;
      drawer_->begin();
      drawn_ = 0;
      begun_ = true;
    }
    for (; drawn_ <= frame; ++drawn_) draw();
    Decoded decoded = words_;
    decoded.image = drawer_->picture();
    return finished(std::move(decoded), name_, reading_);
  }

 private:
  void draw() {
    try {
      drawer_->draw_next();
    } catch (...) {
      begun_ = false;  // it stands somewhere within a frame
      throw;
    }
  }

  std::vector<std::byte> bytes_;
  std::string name_;
  PictureFile file_;
  ImageReading reading_;
  std::unique_ptr<FrameDrawer> drawer_;
  Decoded words_ = {};  // that go with every frame
  bool begun_ = false;
  int drawn_ = 0;  // frames
};

}  // namespace

void refuse_many_frames(const std::string& name) {
  throw Error(name + " has more than " + std::to_string(kMostFrames) + " frames; cut it into shorter films.");
}

std::unique_ptr<Animation> open_animation(std::vector<std::byte> bytes, const std::string& name,
                                          const ImageReading& reading) {
  const auto kind = kind_of_file(bytes, name);
  if (!kind || (kind->format != ImageFormat::gif && kind->format != ImageFormat::png)) return nullptr;
  auto animation = std::make_unique<DrawnAnimation>(std::move(bytes), name, *kind->format, reading);
  if (!animation->has_several()) return nullptr;
  return animation;
}

std::unique_ptr<Animation> open_animation(const std::filesystem::path& file, const ImageReading& reading) {
  return open_animation(read_picture_file(file), file.string(), reading);
}

bool is_animation(const std::filesystem::path& file) noexcept {
  try {
    return open_animation(file) != nullptr;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace vit
