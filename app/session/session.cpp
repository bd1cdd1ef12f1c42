#include "app/session/session.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "app/files/frame_source.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

namespace headlight {

Session::Session(RunOptions start, std::function<void()> wake)
    : start_(std::move(start)), sequence_(wake), worker_(std::move(wake)) {
  wanted.reading = start_.reading;
}

void Session::open_model(const std::string& source, vit::LoadOptions options) {
  if (!options.imagenet_labels) options.imagenet_labels = imagenet_labels;
  worker_.load_model(source, std::move(options));
}

void Session::override_model(vit::LoadOptions options) {
  if (model_) worker_.load_model(wanted.model, std::move(options), true);
}

void Session::open_image(const std::string& source) {
  worker_.load_image(source, reading_for(source));
  asked_reading_.reset();
}

void Session::open_sequence(const std::string& source) {
  sequence_.open(source, reading_for(source));
  asked_reading_.reset();
}

bool Session::opens_as_sequence(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return is_named_as_video(path);
  return holds_pictures(path) && !std::filesystem::exists(std::filesystem::path(path) / "config.json", error);
}

void Session::read_photo(const vit::ImageReading& reading) {
  if (!image_ || reading == this->reading()) return;
  asked_reading_ = reading;
  if (sequence_.on())
    sequence_.open(sequence_.source(), reading, sequence_.wanted());
  else
    worker_.load_image(wanted.image, reading);
}

/// Numbers that were chosen for one photo are none for another.
vit::ImageReading Session::reading_for(const std::string& source) const {
  vit::ImageReading wanted_now = reading();
  const bool another = !wanted.image.empty() && source != wanted.image;
  if (another && wanted_now.levels.rule == vit::Levels::Rule::fixed) wanted_now.levels = {};
  return wanted_now;
}

void Session::adopt_again(LoadedModel loaded) {
  const int was = model_->config.num_heads;
  model_ = std::move(loaded.model);
  wanted.load = std::move(loaded.options);
  // Blocks that run as trained go on doing so; counts that the user chose stay.
  for (int block = 0; block < settings.depth(); ++block)
    if (settings.heads(block) == was) settings.set_heads(model_->config.num_heads, block);
}

void Session::adopt_model(LoadedModel loaded) {
  if (loaded.again && model_ && loaded.source == wanted.model) return adopt_again(std::move(loaded));
  vit::Settings as_wanted = vit::trained_settings(loaded.model->config);
  vit::Preprocessing prepared = loaded.model->preprocessing;
  if (first_model_) {  // the command line's settings are for the model it names
    try {
      as_wanted = settings_for(start_, loaded.model->config);
      prepared = preprocessing_for(start_.preprocessing, prepared);
    } catch (const vit::Error& error) {
      failures_.push_back({Failure::What::model, error.what()});
    }
  } else {
    static_cast<vit::Execution&>(as_wanted) = settings;
  }
  settings = std::move(as_wanted);
  preprocessing = prepared;
  model_ = std::move(loaded.model);
  wanted.model = std::move(loaded.source);
  wanted.load = std::move(loaded.options);
  opened_model_ = wanted.model;
  view.block = first_model_ || view.block >= model_->config.depth ? model_->config.depth - 1 : view.block;
  if (!first_model_) view.head = kMeanOfHeads;
  view.query = 0;
  first_model_ = false;
}

/// A photo that was opened apart. Where it is a frame of several, they are opened behind it.
void Session::adopt_opened(LoadedImage loaded) {
  const FrameName name = frame_name(loaded.source);
  if (loaded.animated || name.number > 0)
    sequence_.open(name.file, loaded.reading, std::max(0, name.number - 1));
  else
    sequence_.close();
  opened_image_ = loaded.source;
  adopt_image(std::move(loaded));
}

/// The frame whose turn it is becomes the photo.
void Session::take_frame() {
  Sequence::Update update = sequence_.update();
  if (!update.failures.empty()) asked_reading_.reset();
  for (std::string& sentence : update.failures) failures_.push_back({Failure::What::image, std::move(sentence)});
  if (!update.frame) return;
  if (update.opened) opened_image_ = sequence_.source();
  const ReadyFrame& frame = *update.frame;
  const bool same_shape = image_ && image_->width == frame.image->width && image_->height == frame.image->height;
  adopt_image({frame.source, sequence_.reading(), frame.image, frame.display, false});
  if (model_ && !same_shape) fit_input();
}

void Session::adopt_image(LoadedImage loaded) {
  image_ = std::move(loaded.image);
  display_ = std::move(loaded.display);
  input_.reset();
  wanted.image = std::move(loaded.source);
  wanted.reading = loaded.reading;
  if (asked_reading_ == wanted.reading) asked_reading_.reset();
}

void Session::watch_hand(double time_s, bool button_down) {
  time_s_ = time_s;
  hand_.watch(time_s, button_down);
  worker_.hold(hand_.holds());
}

bool Session::update() {
  Outcome out = worker_.take();
  for (const Failure& failure : out.failures) {
    if (failure.what == Failure::What::pass && failure.side == Side::a) {
      failed_id_ = std::max(failed_id_, failure.request);
      if (failure.request >= shown_.draft_id) shown_.draft.reset();
      held_query_.reset();
    }
    if (failure.what == Failure::What::image && failure.side == Side::a) asked_reading_.reset();
    failures_.push_back(failure);
  }
  for (std::string& sentence : out.news) news_.push_back(std::move(sentence));
  const Moment before_files = moment();
  if (out.other_model) opened_model_ = out.other_model->source;
  if (out.other_image) opened_image_ = out.other_image->source;
  const bool other_changed = other_.take(out, wanted.other, shown_.other);
  if (out.model) adopt_model(*out.model);
  if (out.image) adopt_opened(*out.image);
  if ((out.model || out.image) && model_) fit_input();
  take_frame();
  forget_impossible(out);
  history_.follow(before_files, moment());
  follow_opening(out);
  for (PassTime& time : out.times) times_.add(std::move(time));
  if (out.input && out.input->photo == image_) input_ = out.input->pixels;
  if (out.part) part_ = std::move(out.part);
  if (part_ && (out.trace || part_->pixels != input_ || part_->model != model_)) part_.reset();

  const Moment before_trace = moment();
  const bool traced = adopt_trace(out), drafted = adopt_draft(out);
  fit_view();
  history_.follow(before_trace, moment());
  return traced || drafted || other_changed;
}

bool Session::adopt_trace(Outcome& out) {
  bool changed = false;
  if (out.trace && out.trace->model == model_) {
    const auto& before = shown_.trace;
    if (before && before->model == model_ && before->pixels != out.trace->pixels && shown_.photo == out.photo)
      view.query = same_place(view.query, before->grid, before->pixels->box, out.trace->grid, out.trace->pixels->box);
    shown_.trace = std::move(out.trace);
    shown_.id = out.request;
    if (held_query_ && shown_.id == requested_id_) view.query = *std::exchange(held_query_, {});
    changed = true;
    if (shown_.photo != out.photo) {
      shown_.photo = std::move(out.photo);
      shown_.display = std::move(out.display);
      ++shown_.photo_version;
    }
    const auto& baseline = shown_.baseline;
    if (baseline && (baseline->model != shown_.trace->model || baseline->pixels != shown_.trace->pixels))
      shown_.baseline.reset();
  }
  if (out.baseline && shown_.trace && out.baseline->pixels == shown_.trace->pixels) {
    shown_.baseline = std::move(out.baseline);
    changed = true;
  }
  return changed;
}

bool Session::adopt_draft(Outcome& out) {
  const auto& before = shown_.draft;
  const bool over = before && (before->model != model_ || shown_.draft_id <= shown_.id);
  if (over) shown_.draft.reset();
  const auto& draft = out.draft;
  if (!draft || draft->trace->model != model_ || draft->request <= std::max(shown_.id, failed_id_)) return over;
  // Maps of another photo wait for its exact pass: the photo comes with it.
  if (!shown_.trace || shown_.trace->model != model_ || draft->photo != shown_.photo) return over;
  shown_.draft = draft->trace;
  shown_.draft_id = draft->request;
  return true;
}

void Session::request_wanted() {
  request_side_a();
  other_.request({wanted, model_, image_, display_}, imagenet_labels, worker_);
}

void Session::request_side_a() {
  if (!model_ || !image_) return;
  const bool differs = !requested_ || requested_->model != model_ || requested_->image != image_ ||
                       requested_->preprocessing != preprocessing || !(requested_->settings == settings);
  if (differs) {
    const bool again = requested_ && requested_->model == model_ && requested_->image == image_;
    if (again) hand_.change(time_s_);
    worker_.hold(hand_.holds());
    requested_ = Request{model_, image_, display_, preprocessing, settings, ++requested_id_, sequence_.on()};
    worker_.post(*requested_);
  }
}

void Session::fit_view() {
  if (!model_) return;
  view.block = std::clamp(view.block, 0, model_->config.depth - 1);
  if (shown_.trace && shown_.trace->model == model_) {
    if (view.query >= shown_.trace->grid.tokens()) view.query = 0;
    if (shown_.trace->grid.prefix == 0 && view.query < 0) view.query = 0;
  }
  const int heads = settings.heads(view.block);
  if (view.head >= heads) view.head = heads - 1;
}

int Session::wanted_heads() const {
  return model_ ? settings.heads(view.block) : 0;
}

void Session::set_heads(int heads) {
  if (model_) settings.set_heads(heads, heads_for_all ? -1 : view.block);
}

void Session::switch_head(int block, int head, bool off) {
  if (model_ && block >= 0 && block < settings.depth() && head >= 0 && head < settings.heads(block))
    settings.switch_head(block, head, off);
}

bool Session::head_off(int block, int head) const {
  return block >= 0 && block < settings.depth() && settings.blocks[static_cast<std::size_t>(block)].is_off(head);
}

void Session::scale_head(int block, int head, float factor) {
  if (model_ && block >= 0 && block < settings.depth() && head >= 0 && head < settings.heads(block))
    settings.scale_head(block, head, factor);
}

float Session::head_factor(int block, int head) const {
  if (block < 0 || block >= settings.depth()) return 1.f;
  return settings.blocks[static_cast<std::size_t>(block)].factor(head);
}

void Session::solo_head(int block, int head) {
  if (!model_ || block < 0 || block >= settings.depth() || head < 0 || head >= settings.heads(block)) return;
  const bool again = head_alone(block, head);
  for (int other = 0; other < settings.heads(block); ++other)
    settings.switch_head(block, other, !again && other != head);
}

bool Session::head_alone(int block, int head) const {
  if (block < 0 || block >= settings.depth()) return false;
  const vit::BlockSettings& own = settings.blocks[static_cast<std::size_t>(block)];
  return own.heads > 1 && static_cast<int>(own.off.size()) == own.heads - 1 && !own.is_off(head);
}

void Session::set_training(bool on) {
  constexpr float kUsualRate = 0.1f;
  settings.training = on;
  if (on && settings.attn_drop == 0.f && settings.proj_drop == 0.f)
    settings.attn_drop = settings.proj_drop = kUsualRate;
}

void Session::restore_trained_settings() {
  if (model_) static_cast<vit::Numbers&>(settings) = vit::trained_settings(model_->config);
}

bool Session::as_trained() const {
  return !model_ || vit::as_trained(settings, model_->config);
}

void Session::set_query(int token) {
  if (shown_.trace && token >= 0 && token < shown_.trace->grid.tokens()) {
    view.query = token;
    held_query_.reset();
  }
}

void Session::set_query_of(const vit::Trace& drawn, int token) {
  const auto& trace = shown_.trace;
  if (trace && token >= 0 && token < drawn.grid.tokens())
    set_query(same_place(token, drawn.grid, drawn.pixels->box, trace->grid, trace->pixels->box));
}

int Session::query_in(const vit::Trace& drawn) const {
  const auto& trace = shown_.trace;
  if (!trace || trace->pixels == drawn.pixels) return view.query;
  const int query = std::clamp(view.query, 0, trace->grid.tokens() - 1);
  return same_place(query, trace->grid, trace->pixels->box, drawn.grid, drawn.pixels->box);
}

bool Session::SizesFor::operator==(const SizesFor& other) const {
  return model == other.model && image == other.image && fit == other.fit && vit::same_work(settings, other.settings);
}

const std::vector<int>& Session::input_sizes() {
  if (!model_ || !image_) {
    sizes_.clear();
    return sizes_;
  }
  const SizesFor now{model_->id, image_, fit_of(preprocessing), settings};
  if (sizes_.empty() || !(now == sizes_for_)) {
    sizes_for_ = now;
    // Half of what is free: the window keeps the trace on screen while the next one is made.
    sizes_ =
        possible_sizes(*model_, image_->width, image_->height, preprocessing, settings, vit::available_memory() / 2);
  }
  return sizes_;
}

void Session::set_input(Fit fit, int size_px) {
  if (!model_) return;
  preprocessing = fitted(fit, size_px, model_->preprocessing, preprocessing, model_->config.patch_px);
  fit_input();
}

/// A photo of another shape, or another fit, may leave no patch or too many at the wanted size.
void Session::fit_input() {
  const std::optional<Fit> fit = fit_of(preprocessing);
  const std::vector<int>& sizes = input_sizes();
  if (!fit || sizes.empty()) return;
  const int size = size_of(preprocessing), patch = model_->config.patch_px;
  const vit::InputSize input = vit::input_size(image_->width, image_->height, preprocessing, patch);
  if (input.width > 0 && input.height > 0 && size <= sizes.back()) return;
  const auto next = std::lower_bound(sizes.begin(), sizes.end(), size);
  preprocessing = fitted(*fit, next == sizes.end() ? sizes.back() : *next, model_->preprocessing, preprocessing, patch);
}

void Session::reset_input() {
  if (!model_) return;
  const vit::Preprocessing before = preprocessing;
  preprocessing = model_->preprocessing;
  preprocessing.interpolation = before.interpolation;
  preprocessing.mean = before.mean;
  preprocessing.std = before.std;
}

bool Session::native_input() const {
  if (!model_) return true;
  const vit::Preprocessing &p = preprocessing, &own = model_->preprocessing;
  return p.resize == own.resize && p.resize_px == own.resize_px && p.crop == own.crop && p.width == own.width &&
         p.height == own.height && p.longest_px == own.longest_px && p.most_patches == own.most_patches &&
         p.multiple == own.multiple && p.squash_scale == own.squash_scale && p.crop_rounds_down == own.crop_rounds_down;
}

void Session::select_block(int block) {
  if (model_) view.block = std::clamp(block, 0, model_->config.depth - 1);
}

void Session::choose_other_model(const std::string& source) {
  wanted.other.model = source;
  wanted.other.load = {};
  wanted.other.preprocessing.reset();
  wanted.other.numbers.reset();
}

void Session::choose_other_image(const std::string& source) {
  wanted.other.image = source;
  wanted.other.reading = {};
  if (wanted.reading.levels.rule == vit::Levels::Rule::automatic) wanted.other.reading.levels = wanted.reading.levels;
}

void Session::pin_other() {
  if (!model_ || !image_) return;
  wanted.other = {.model = wanted.model,
                  .load = wanted.load,
                  .image = wanted.image,
                  .reading = wanted.reading,
                  .preprocessing = preprocessing,
                  .numbers = settings};
}

vit::Subject Session::subject_of(std::shared_ptr<const vit::Trace> drawn) const {
  return {std::move(drawn), shown_.other.trace, shown_.other.photo == shown_.photo};
}

void Session::toggle_sweep() {
  if (worker_.status().doing == WorkerStatus::Doing::sweeping)
    worker_.cancel_sweep();
  else if (model_)
    worker_.sweep({.head_counts = vit::possible_heads(model_->config), .block = sweeps_all_blocks() ? -1 : view.block});
}

bool Session::answered() const {
  const bool answered = !requested_ || std::max(shown_.id, failed_id_) >= requested_id_;
  return answered && other_.settled() && !worker_.status().picture_due;
}

bool Session::settled() const {
  return answered() && sequence_.settled();
}

bool Session::measured() const {
  return settled() && worker_.status().doing == WorkerStatus::Doing::resting;
}

std::vector<std::string> Session::take_news() {
  return std::exchange(news_, {});
}

std::vector<Failure> Session::take_failures() {
  return std::exchange(failures_, {});
}

}  // namespace headlight
