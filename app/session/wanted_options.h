// A view's run as the command line's options.
#pragma once

#include "app/session/run_options.h"
#include "app/session/wanted.h"

namespace headlight {

/// The options that give the same run with every model. What `wanted` leaves open (no model, no blocks, 0 threads)
/// stays at its default.
RunOptions options_of(const Wanted& wanted);

/// The same without what this model does by itself, and without the threads: for people to read.
RunOptions options_of(const Wanted& wanted, const vit::Model& model);

}  // namespace headlight
