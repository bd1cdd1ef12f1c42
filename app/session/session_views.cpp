// Opening a view: the files that it names first, and once they are there everything else; and undo and redo, which
// change all of it but the files.
#include <algorithm>
#include <utility>

#include "app/session/session.h"
#include "engine/base/error.h"

namespace headlight {

void Session::open_view(const SavedView& saved) {
  Opening opening{.wanted = saved.wanted};
  const auto left_out = [this](const FileMark& file) {
    const std::string why = difference_from(file);
    if (!why.empty()) failures_.push_back({Failure::What::view, why + " The rest of the view is opened."});
    return file.path.empty() || !why.empty();
  };
  if (!left_out(saved.model)) {
    opening.model = !model_ || wanted.model != saved.model.path || !same_overrides(wanted.load, saved.wanted.load);
    if (opening.model) open_model(saved.model.path, saved.wanted.load);
  }
  if (!left_out(saved.image)) {
    opening.image = !image_ || wanted.image != saved.image.path || wanted.reading != saved.wanted.reading;
    if (opening.image) worker_.load_image(saved.image.path, saved.wanted.reading);
  }
  OtherSide& other = opening.wanted.other;  // its files are read once it is wanted
  if (left_out(saved.other_model) && !other.model.empty()) {
    other.model.clear();
    other.load = {};
    other.preprocessing.reset();
    other.numbers.reset();
  }
  if (left_out(saved.other_image)) other.image.clear();
  opening_ = std::move(opening);
  follow_opening({});
}

void Session::swap_sides() {
  if (!can_swap_sides()) return;
  const vit::Trace &a = *shown_.trace, &b = *shown_.other.trace;
  Wanted to = wanted_view();
  const OtherSide was = to.other;
  to.other = {.model = wanted.model,
              .load = wanted.load,
              .image = wanted.image,
              .reading = wanted.reading,
              .preprocessing = preprocessing,
              .numbers = settings};
  if (!was.model.empty()) {
    to.model = was.model;
    to.load = was.load;
  }
  if (!was.image.empty()) {
    to.image = was.image;
    to.reading = was.reading;
  }
  to.preprocessing = b.pixels->preprocessing;
  static_cast<vit::Numbers&>(to.settings) = b.settings;
  // The same two maps stand beside each other, whichever block of side B was asked.
  const int last_of_a = a.model->config.depth - 1, last_of_b = b.model->config.depth - 1;
  const int block_of_a = std::clamp(view.block, 0, last_of_a);
  const char* const parameter = "difference.block_b";
  const auto known = view.parameters.find(parameter);
  const int chosen = known == view.parameters.end() ? -1 : static_cast<int>(known->second);
  to.view.block = std::min(chosen >= 0 ? chosen : block_of_a, last_of_b);
  if (std::min(to.view.block, last_of_a) == block_of_a)  // as without a choice
    to.view.parameters.erase(parameter);
  else
    to.view.parameters[parameter] = block_of_a;
  const bool same_photo = shown_.photo == shown_.other.photo;
  to.view.query = same_place(std::clamp(view.query, 0, a.grid.tokens() - 1), a.grid,
                             same_photo ? a.pixels->box : b.pixels->box, b.grid, b.pixels->box);
  SavedView saved{.wanted = std::move(to), .model = {}, .image = {}, .other_model = {}, .other_image = {}};
  saved.model.path = saved.wanted.model;
  saved.image.path = saved.wanted.image;
  saved.other_model.path = saved.wanted.other.model;
  saved.other_image.path = saved.wanted.other.image;
  open_view(saved);
}

/// A model or photo that was opened meanwhile ends the opening: what came last is wanted.
void Session::follow_opening(const Outcome& out) {
  if (!opening_) return;
  Opening& opening = *opening_;
  for (const Failure& failure : out.failures) {  // what does not open is left out
    if (failure.side != Side::a) continue;
    if (failure.what == Failure::What::model) opening.model = false;
    if (failure.what == Failure::What::image) opening.image = false;
  }
  const bool others = (out.model && (!opening.model || out.model->source != opening.wanted.model)) ||
                      (out.image && (!opening.image || out.image->source != opening.wanted.image));
  if (others) return opening_.reset();
  if (out.model) opening.model = false;
  if (out.image) opening.image = false;
  if (opening.model || opening.image) return;
  const Wanted to = std::move(opening.wanted);
  opening_.reset();
  apply(to);
}

/// Everything but the files.
void Session::apply(const Wanted& to) {
  heads_for_all = to.heads_for_all;
  wanted.other = to.other;
  view = to.view;
  view.query = 0;
  if (!model_) return;
  vit::Settings asked = to.settings;
  if (asked.threads < 1) asked.threads = settings.threads;
  try {
    vit::validate(asked, model_->config);
    settings = std::move(asked);
  } catch (const vit::Error& error) {
    failures_.push_back(
        {Failure::What::view, std::string("The settings of the view do not fit this model: ") + error.what()});
  }
  preprocessing = to.preprocessing;
  fit_input();
  if (preprocessing != to.preprocessing)
    failures_.push_back({Failure::What::view, "The input size of the view is not possible here; " +
                                                  std::to_string(size_of(preprocessing)) + " px takes its place."});
  hold_query(to.view.query);
}

/// Asks for what is wanted, and for `query` as soon as the trace is there that it belongs to.
void Session::hold_query(int query) {
  request_wanted();
  held_query_.reset();
  const auto& trace = shown_.trace;
  if (!trace || trace->model != model_ || shown_.id != requested_id_)
    held_query_ = query;
  else
    view.query = query;
  fit_view();
}

Moment Session::moment() const {
  const Wanted all = wanted_view();
  return {all.settings, all.preprocessing, all.view, all.heads_for_all, all.other};
}

void Session::note_changes(double time_s, bool held) {
  if (model_) history_.watch(moment(), time_s, held);
}

void Session::go_to(const std::optional<Moment>& to) {
  if (!to) return;
  Wanted all = wanted;
  all.settings = to->settings;
  all.preprocessing = to->preprocessing;
  all.view = to->view;
  all.heads_for_all = to->heads_for_all;
  all.other = to->other;
  apply(all);
  history_.follow(*to, moment());
}

void Session::forget_impossible(const Outcome& out) {
  if (out.model && !out.model->again) return history_.clear();
  if (!model_ || (!out.model && !out.image)) return;
  history_.keep([this](const Moment& then) {
    try {
      vit::validate(then.settings, model_->config);
    } catch (const vit::Error&) {
      return false;
    }
    if (!image_) return true;
    const int patch = model_->config.patch_px;
    const vit::InputSize input = vit::input_size(image_->width, image_->height, then.preprocessing, patch);
    return input.width > 0 && input.height > 0;
  });
}

Wanted Session::wanted_view() const {
  Wanted all = wanted;
  if (held_query_) all.view.query = *held_query_;
  return all;
}

}  // namespace headlight
