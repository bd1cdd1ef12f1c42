// Which fields of a config.json change no number, and which known ones must have one value.
#pragma once

#include <string>
#include <vector>

#include "engine/checkpoint/json_fields.h"
#include "engine/checkpoint/model_hints.h"

namespace vit {

/// Adds problems for fields that say what is not computed, and a warning that names fields nobody knows.
void check_fields(JsonFields& source, ModelHints& hints);
/// The same of a vision_cfg in OpenCLIP's own configuration.
void check_open_clip_fields(JsonFields& source, ModelHints& hints);

/// The warning; none where the list is empty.
void warn_of_unknown(const JsonFields& source, const std::vector<std::string>& unknown, ModelHints& hints);

}  // namespace vit
