#include "app/session/other_follower.h"

#include <algorithm>
#include <utility>

namespace headlight {

void OtherFollower::end(Worker& worker) {
  if (!on_) return;
  worker.drop_other();
  const std::uint64_t last = id_;
  *this = {};
  id_ = answered_ = last;  // what is still on its way is none of what comes
}

bool OtherFollower::have_model(const SideA& a, const std::optional<std::filesystem::path>& imagenet_labels,
                               Worker& worker) {
  const OtherSide& wanted = a.wanted.other;
  if (wanted.model.empty() || (wanted.model == a.wanted.model && same_overrides(wanted.load, a.wanted.load))) {
    if (a.model && model_.model != a.model) model_ = {a.wanted.model, a.wanted.load, a.model};
    loading_.reset();
    return a.model != nullptr;
  }
  if (model_.model && model_.is(wanted.model, wanted.load)) {
    loading_.reset();
    return true;
  }
  if (loading_ && loading_->is(wanted.model, wanted.load)) return false;
  loading_ = ModelFile{wanted.model, wanted.load, nullptr};
  vit::LoadOptions options = wanted.load;
  if (!options.imagenet_labels) options.imagenet_labels = imagenet_labels;
  worker.load_model(wanted.model, std::move(options), false, Side::b);
  return false;
}

bool OtherFollower::have_image(const SideA& a, Worker& worker) {
  const OtherSide& wanted = a.wanted.other;
  if (wanted.image.empty() || (wanted.image == a.wanted.image && wanted.reading == a.wanted.reading)) {
    if (a.image && image_.image != a.image) image_ = {a.wanted.image, a.wanted.reading, a.image, a.display};
    loading_image_.reset();
    return a.image != nullptr;
  }
  if (image_.image && image_.is(wanted.image, wanted.reading)) {
    loading_image_.reset();
    return true;
  }
  if (loading_image_ && loading_image_->is(wanted.image, wanted.reading)) return false;
  loading_image_ = ImageFile{wanted.image, wanted.reading, nullptr, nullptr};
  worker.load_image(wanted.image, wanted.reading, Side::b);
  return false;
}

void OtherFollower::request(const SideA& a, const std::optional<std::filesystem::path>& imagenet_labels,
                            Worker& worker) {
  const OtherSide& wanted = a.wanted.other;
  if (!wanted.on()) return end(worker);
  on_ = true;
  const bool model = have_model(a, imagenet_labels, worker), image = have_image(a, worker);
  if (!model || !image || !a.model) return;
  good_ = wanted;
  Request next{model_.model,
               image_.image,
               image_.display,
               preprocessing_of(wanted, *model_.model, *a.model, a.wanted.preprocessing),
               settings_of(wanted, *model_.model, *a.model, a.wanted.settings),
               0};
  const bool same = requested_ && requested_->model == next.model && requested_->image == next.image &&
                    requested_->preprocessing == next.preprocessing && requested_->settings == next.settings;
  if (same) return;
  failure_.clear();
  next.id = ++id_;
  requested_ = next;
  worker.post_other(std::move(next));
}

bool OtherFollower::take(Outcome& out, OtherSide& wanted, OtherShown& shown) {
  for (const Failure& failure : out.failures) {
    if (failure.side != Side::b) continue;
    if (failure.what == Failure::What::pass && failure.request == id_) {
      answered_ = id_;
      failure_ = failure.sentence;
    }
    if (failure.what == Failure::What::model && loading_ && wanted.model == loading_->source) {
      wanted.model = good_.model;
      wanted.load = good_.load;
      wanted.preprocessing = good_.preprocessing;
      wanted.numbers = good_.numbers;
      loading_.reset();
    }
    if (failure.what == Failure::What::image && loading_image_ && wanted.image == loading_image_->source) {
      wanted.image = good_.image;
      wanted.reading = good_.reading;
      loading_image_.reset();
    }
  }
  if (out.other_model && loading_ && loading_->is(out.other_model->source, out.other_model->options))
    model_ = {out.other_model->source, loading_->load, std::move(out.other_model->model)};
  if (out.other_image && loading_image_ && loading_image_->is(out.other_image->source, out.other_image->reading))
    image_ = {out.other_image->source, out.other_image->reading, std::move(out.other_image->image),
              std::move(out.other_image->display)};

  bool changed = false;
  if (out.other && out.other->request > shown.id && requested_ && out.other->trace->model == requested_->model) {
    answered_ = out.other->request;
    shown.trace = std::move(out.other->trace);
    shown.id = answered_;
    if (shown.photo != out.other->photo) {
      shown.photo = std::move(out.other->photo);
      shown.display = std::move(out.other->display);
      ++shown.photo_version;
    }
    changed = true;
  }
  const bool none = !wanted.on() || !failure_.empty();
  if (none && shown.trace) {
    shown.trace.reset();
    shown.photo.reset();
    shown.display.reset();
    changed = true;
  }
  return changed;
}

bool OtherFollower::settled() const {
  return !on_ || (!loading_ && !loading_image_ && (!requested_ || answered_ >= id_));
}

}  // namespace headlight
