// The state of one window without the window: model, image, wanted settings, and the newest picture of them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/session/hand.h"
#include "app/session/history.h"
#include "app/session/input_fit.h"
#include "app/session/other_follower.h"
#include "app/session/pass_times.h"
#include "app/session/run_options.h"
#include "app/session/saved_view.h"
#include "app/session/sequence.h"
#include "app/session/wanted.h"
#include "app/session/worker.h"

namespace headlight {

/// Panels edit what is wanted; `request_wanted()` compares it with what was requested and asks the worker for the
/// difference. A load that fails changes nothing of either. Main thread only.
class Session {
 public:
  Session(RunOptions start, std::function<void()> wake);

  /// Loads in the background; `failures()` hears of what did not open, and everything else stays as it was.
  void open_model(const std::string& source, vit::LoadOptions options = {});
  void open_image(const std::string& source);
  /// A folder of frames, an animated picture or a video: its first frame becomes the photo once it is there, and every
  /// photo that is opened apart ends it.
  void open_sequence(const std::string& source);
  /// A video, or a folder in which pictures lie and no network does.
  static bool opens_as_sequence(const std::string& path);
  Sequence& sequence() { return sequence_; }
  const Sequence& sequence() const { return sequence_; }
  /// Reads the open photo, and the frames of an open sequence, again in another way: levels, colour profile.
  void read_photo(const vit::ImageReading& reading);
  /// The way that was asked for last; the photo may not be there yet.
  const vit::ImageReading& reading() const { return asked_reading_ ? *asked_reading_ : wanted.reading; }
  /// Reads the open model again with other overrides; what is wanted and looked at stays as it is.
  void override_model(vit::LoadOptions options);

  /// Opens what another model or photo the view has, and applies the rest once they are there. A file that is gone or
  /// another than it was is left out, and so is what does not fit the model; failures() says so.
  void open_view(const SavedView& saved);
  /// Settings, preprocessing and view as they were before the newest change, or after the one that was taken back.
  bool can_undo() const { return history_.can_undo(); }
  bool can_redo() const { return history_.can_redo(); }
  void undo() { go_to(history_.undo(moment())); }
  void redo() { go_to(history_.redo(moment())); }
  /// Once a frame, after the panels. `held`: a mouse button is down.
  void note_changes(double time_s, bool held);
  /// All that is wanted, as a view holds it: with the query that the newest request is for.
  Wanted wanted_view() const;

  /// Once a frame, before anything is requested: whether a mouse button is down.
  void watch_hand(double time_s, bool button_down);
  /// Once a frame, before the panels: takes what is ready. True if the picture changed.
  bool update();
  /// Before and after the panels: asks the worker for what is wanted and has not been requested yet.
  void request_wanted();
  /// Measures every possible head count, or stops doing so: of all blocks, or of the chosen one.
  void toggle_sweep();
  bool sweeps_all_blocks() const { return view.cost_of_model || heads_for_all; }

  Wanted wanted;
  // Its parts that panels edit, by short names.
  vit::Settings& settings = wanted.settings;
  vit::Preprocessing& preprocessing = wanted.preprocessing;
  View& view = wanted.view;
  bool& heads_for_all = wanted.heads_for_all;
  std::optional<std::filesystem::path> imagenet_labels;  // for models that are opened later

  int wanted_heads() const;   // of the chosen block; 0 without a model
  void set_heads(int heads);  // for all blocks or the chosen one; another count switches all heads on
  void switch_head(int block, int head, bool off);
  bool head_off(int block, int head) const;
  void scale_head(int block, int head, float factor);  // 0 … vit::kLargestFactor
  float head_factor(int block, int head) const;        // 1 for a head that there is not
  /// Switches all other heads of its block off; again: on. The head itself is on.
  void solo_head(int block, int head);
  bool head_alone(int block, int head) const;  // of several heads of its block it is the only one that is on
  void set_training(bool on);                  // with dropouts of 0.1 where neither has a rate yet
  void restore_trained_settings();             // heads, bias, dropout; kernel and threads stay
  bool as_trained() const;                     // the wanted numbers are the trained ones
  void set_query(int token);
  /// The same for a token of what is drawn, which may be a draft: the patch at that place of the photo.
  void set_query_of(const vit::Trace& drawn, int token);
  /// The query's place in what is drawn.
  int query_in(const vit::Trace& drawn) const;
  /// Sizes of the input that fit into memory, for the photo and the way it is fitted; empty without both.
  const std::vector<int>& input_sizes();
  void set_input(Fit fit, int size_px);  // the nearest size that this photo can have
  void reset_input();                    // fit and size as the model has them
  bool native_input() const;             // they are
  void select_block(int block);

  // Side B of a comparison. It is `wanted.other` alone that says what it is; files are read as they are needed, and one
  // that does not open leaves side B as it was.
  void choose_other_model(const std::string& source);  // with the numbers and the input that it has by itself
  void choose_other_image(const std::string& source);
  void pin_other();  // all that side A is now becomes side B, and stays
  void end_other() { wanted.other = {}; }
  bool can_swap_sides() const { return trace() && shown_.other.trace && other_settled(); }
  /// Side B becomes side A and the reverse, each with its network, photo, input and numbers; the query stays at its
  /// place.
  void swap_sides();
  /// Side B is shown as it is wanted, or cannot be: then why_no_other() says why.
  bool other_settled() const { return other_.settled(); }
  const std::string& why_no_other() const { return other_.failure(); }
  /// This pass of side A with side B's beside it.
  vit::Subject subject_of(std::shared_ptr<const vit::Trace> drawn) const;

  // What is there.
  const std::shared_ptr<const vit::Model>& model() const { return model_; }
  /// What the open model was read with: its overrides.
  const vit::LoadOptions& load_options() const { return wanted.load; }
  const std::string& model_source() const { return wanted.model; }
  const std::shared_ptr<const vit::Image>& image() const { return image_; }
  const std::string& image_source() const { return wanted.image; }
  const PhotoLevels& image_display() const { return *display_; }  // of image(), which must be there
  /// What the newest pass reads of image(), as soon as it begins; null before.
  const std::shared_ptr<const vit::Pixels>& input() const { return input_; }
  /// The blocks that the first pass of it has done so far; null before and after.
  const std::shared_ptr<const vit::Trace>& part() const { return part_; }
  bool hand_holds() const { return hand_.holds(); }
  const Shown& shown() const { return shown_; }
  const std::shared_ptr<const vit::Trace>& trace() const { return shown_.trace; }
  const std::shared_ptr<const vit::Trace>& baseline() const { return shown_.baseline; }
  const std::shared_ptr<const vit::Image>& photo() const { return shown_.photo; }
  const PhotoLevels& photo_display() const { return *shown_.display; }
  std::uint64_t photo_version() const { return shown_.photo_version; }

  const PassTimes& times() const { return times_; }
  WorkerStatus status() const { return worker_.status(); }
  std::uint64_t requested_id() const { return requested_id_; }
  std::uint64_t shown_id() const { return shown_.id; }
  /// The newest request is answered and no load is under way.
  bool answered() const;
  bool settled() const;   // and no other frame of a sequence follows by itself
  bool measured() const;  // and the repeats for the timings are done, too
  std::vector<Failure> take_failures();
  std::vector<std::string> take_news();  // of finished errands
  void run_errand(Errand errand) { worker_.run_errand(std::move(errand)); }
  /// True once after a model or image has been opened: for the lists of recent files.
  std::optional<std::string> take_opened_model() { return std::exchange(opened_model_, {}); }
  std::optional<std::string> take_opened_image() { return std::exchange(opened_image_, {}); }

 private:
  struct Opening {  // a view whose files are being read
    Wanted wanted;
    bool model = false, image = false;  // still to come
  };
  void request_side_a();
  void follow_opening(const Outcome& out);
  Moment moment() const;
  void go_to(const std::optional<Moment>& to);
  void forget_impossible(const Outcome& out);  // steps that cannot be taken back with what was opened
  void apply(const Wanted& to);
  void hold_query(int query);
  void adopt_model(LoadedModel loaded);
  void adopt_again(LoadedModel loaded);
  void adopt_image(LoadedImage loaded);
  void adopt_opened(LoadedImage loaded);
  vit::ImageReading reading_for(const std::string& source) const;
  void take_frame();
  bool adopt_trace(Outcome& out);  // true if the picture changed
  bool adopt_draft(Outcome& out);  // likewise
  void fit_view();
  void fit_input();

  RunOptions start_;
  std::shared_ptr<const vit::Model> model_;
  std::shared_ptr<const vit::Image> image_;
  std::shared_ptr<const PhotoLevels> display_;  // of it
  std::shared_ptr<const vit::Pixels> input_;    // likewise
  std::shared_ptr<const vit::Trace> part_;      // of the pass over it
  Shown shown_;
  std::optional<vit::ImageReading> asked_reading_;  // of the open photo, until it is read so
  std::optional<std::string> opened_model_, opened_image_;
  std::optional<Request> requested_;
  std::uint64_t requested_id_ = 0, failed_id_ = 0;
  PassTimes times_;
  struct SizesFor {  // what the possible sizes depend on
    std::uint64_t model = 0;
    std::shared_ptr<const vit::Image> image;
    std::optional<Fit> fit;
    vit::Settings settings;
    bool operator==(const SizesFor& other) const;
  } sizes_for_;
  std::vector<int> sizes_;
  OtherFollower other_;
  Hand hand_;
  double time_s_ = 0;  // of the frame
  History history_;
  std::optional<Opening> opening_;
  std::optional<int> held_query_;  // for the trace of the newest request; the shown one may not have it
  std::vector<Failure> failures_;
  std::vector<std::string> news_;
  bool first_model_ = true;
  Sequence sequence_;
  Worker worker_;
};

}  // namespace headlight
