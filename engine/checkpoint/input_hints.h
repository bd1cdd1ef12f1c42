// What the files beside a checkpoint say about how its pictures are prepared.
#pragma once

#include "engine/checkpoint/json_fields.h"
#include "engine/checkpoint/model_hints.h"

namespace vit {

/// timm's pretrained_cfg, OpenCLIP's preprocess_cfg, and our own fields.
void read_input(JsonFields& source, ModelHints& hints);

/// Hugging Face's image processor.
void read_processor(JsonFields& source, ModelHints& hints);

}  // namespace vit
