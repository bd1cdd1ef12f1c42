// Which fields of an image processor's file change no pixel here, and which steps it must not have.
#pragma once

#include "engine/checkpoint/json_fields.h"
#include "engine/checkpoint/model_hints.h"

namespace vit {

/// Adds problems for steps that nobody knows and that are taken, and a warning that names fields nobody knows.
void check_processor_fields(JsonFields& source, ModelHints& hints);

}  // namespace vit
