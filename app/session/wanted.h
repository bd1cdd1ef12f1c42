// What the user wants to see, and what is shown: two types, because a picture comes later than the wish for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/session/other_side.h"
#include "app/session/view.h"
#include "engine/checkpoint/load_model.h"
#include "engine/image/photo_levels.h"
#include "engine/image/preprocessing.h"
#include "engine/network/settings.h"
#include "engine/network/trace.h"

namespace headlight {

/// All that the user chose, and nothing that follows from it. A saved view holds this.
struct Wanted {
  std::string model;          // file, folder or "random:…" of the open model; empty: none yet
  vit::LoadOptions load;      // its overrides
  std::string image;          // file of the open photo; empty: none yet
  vit::ImageReading reading;  // its levels and its colour profile
  vit::Preprocessing preprocessing;
  vit::Settings settings;
  View view;
  bool heads_for_all = true;  // the head-count control sets every block, not the chosen one alone
  OtherSide other;            // what is compared with all this
};

/// Side B's newest picture. The same photo as side A's is the same object.
struct OtherShown {
  std::shared_ptr<const vit::Trace> trace;     // null: there is none, or not yet
  std::shared_ptr<const vit::Image> photo;     // as decoded
  std::shared_ptr<const PhotoLevels> display;  // the same, in the sizes that are drawn
  std::uint64_t photo_version = 0;             // grows when the photo changes
  std::uint64_t id = 0;                        // of the request that it answers
};

/// The newest answer: one trace with its own model, pixels and settings, and the photo that it belongs to.
struct Shown {
  std::shared_ptr<const vit::Trace> trace;     // null before the first; never a draft
  std::shared_ptr<const vit::Trace> baseline;  // the same model and pixels as trained; null where there is none
  std::shared_ptr<const vit::Image> photo;     // as decoded
  std::shared_ptr<const PhotoLevels> display;  // the same, in the sizes that are drawn
  std::uint64_t photo_version = 0;             // grows when the photo changes
  std::uint64_t id = 0;                        // of the request that it answers
  /// While a control is held: a newer request on a smaller input of the same photo, until its exact pass is there. It
  /// is drawn in place of the trace's maps and serves nothing else: no number, no file, no measurement. Null: none.
  std::shared_ptr<const vit::Trace> draft;
  std::uint64_t draft_id = 0;  // of the request that it answers
  OtherShown other;            // side B's

  /// What is drawn, and the request that it answers.
  const std::shared_ptr<const vit::Trace>& picture() const { return draft ? draft : trace; }
  std::uint64_t picture_id() const { return draft ? draft_id : id; }
};

}  // namespace headlight
