// A view's run as the command line's options.
#pragma once

#include "app/session/run_options.h"
#include "app/session/wanted.h"

namespace headlight {

/// The options that give the same run with every model. What `wanted` leaves open (no model, no blocks, 0 threads)
/// stays at its default.
RunOptions options_of(const Wanted& wanted);

/// Side B's own alone: of all else the default. Its settings name the head count and its input both resize and crop, so
/// that it can be told from one that follows side A.
RunOptions options_of(const OtherSide& other);
/// Whether options of side B say anything of its own settings, or of how its photo is prepared.
bool has_numbers(const RunOptions& other);
bool has_preprocessing(const RunOptions& other);

/// The same without what this model does by itself, and without the threads: for people to read.
RunOptions options_of(const Wanted& wanted, const vit::Model& model);

}  // namespace headlight
