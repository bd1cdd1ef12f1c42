// One run of a network: how a photo, a model and settings become what a forward pass takes. Window, command line and
// evaluation all go this way.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>

#include "engine/image/image.h"
#include "engine/image/preprocessing.h"
#include "engine/network/forward.h"

namespace headlight {

/// A run, and the photo that its pixels were made of.
struct Run : vit::PassInput {
  std::shared_ptr<const vit::Image> photo;  // null where another program prepared the pixels
};

/// The photo as this network reads it. Throws vit::Error where the rules cannot be met.
Run make_run(std::shared_ptr<const vit::Model> model, std::shared_ptr<const vit::Image> photo,
             const vit::Preprocessing& rules, vit::Settings settings);

/// Pixels that another program prepared, from a safetensors file; see files/pixels_file.h.
Run make_run(std::shared_ptr<const vit::Model> model, const std::filesystem::path& pixels_file,
             const vit::Preprocessing& rules, vit::Settings settings);

/// The grid of tokens. Throws vit::Error where so many passes at a time do not fit into memory.
vit::TokenGrid check_fits(const vit::PassInput& run, std::size_t at_a_time = 1);

/// Says in the trace of a pass with fewer bits what they changed, by an exact pass; does nothing for an exact one.
void note_precision(const vit::PassInput& run, const vit::Trace& trace, vit::Pool& pool,
                    const std::stop_token& stop = {});

/// Threads that run_pass takes: those of the settings, or fewer where the network is so small that they would wait.
int threads_of(const vit::PassInput& run);

/// One pass, after checking that it fits into memory; see vit::forward.
std::shared_ptr<const vit::Trace> run_pass(const vit::PassInput& run, vit::Pool& pool, vit::Meter& meter,
                                           const vit::Trace* previous = nullptr, std::size_t at_a_time = 1);

}  // namespace headlight
