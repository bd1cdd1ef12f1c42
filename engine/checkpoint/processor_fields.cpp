#include "engine/checkpoint/processor_fields.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/checkpoint/config_fields.h"

namespace vit {
namespace {

/// Fields that other code reads or refuses, and those of labels, of boxes and masks, of videos, of texts, and of how
/// the result is handed over.
constexpr std::string_view kKnown[] = {"auto_map",
                                       "chat_template",
                                       "crop_pct",
                                       "crop_size",
                                       "data_format",
                                       "default_to_square",
                                       "device",
                                       "disable_grouping",
                                       "do_affine_transform",
                                       "do_align_long_axis",
                                       "do_center_crop",
                                       "do_convert_annotations",
                                       "do_convert_rgb",
                                       "do_flip_channel_order",
                                       "do_image_splitting",
                                       "do_normalize",
                                       "do_pad",
                                       "do_reduce_labels",
                                       "do_rescale",
                                       "do_resize",
                                       "do_sample_frames",
                                       "do_split_image",
                                       "do_thumbnail",
                                       "ensure_multiple_of",
                                       "feature_extractor_type",
                                       "format",
                                       "image_mean",
                                       "image_processor_class",
                                       "image_processor_type",
                                       "image_seq_len",
                                       "image_seq_length",
                                       "image_std",
                                       "input_data_format",
                                       "keep_aspect_ratio",
                                       "mask_pad_size",
                                       "mask_size",
                                       "max_num_patches",
                                       "max_size",
                                       "mean",
                                       "model_input_names",
                                       "normalize_factor",
                                       "num_channels",
                                       "offset",
                                       "pad_size",
                                       "patch_size",
                                       "processor_class",
                                       "reduce_labels",
                                       "resample",
                                       "rescale_factor",
                                       "return_tensors",
                                       "size",
                                       "size_divisor",
                                       "std"};

/// Steps that do not say by their name that they are one. They matter where they are taken.
constexpr std::string_view kSteps[] = {"crop_to_patches", "rescale_offset", "use_thumbnail"};

/// Sizes of steps, which matter with these alone.
constexpr std::pair<std::string_view, std::string_view> kOfSteps[] = {
    {"pan_and_scan_", "do_pan_and_scan"}, {"min_patches", "crop_to_patches"}, {"max_patches", "crop_to_patches"}};

bool is_any(std::string_view field, const std::string_view* begin, const std::string_view* end) {
  return std::find(begin, end, field) != end;
}

bool is_off(const Json* value) {
  return value == nullptr || value->is(Json::Kind::null) || (value->is(Json::Kind::boolean) && value->number == 0);
}

}  // namespace

void check_processor_fields(JsonFields& source, ModelHints& hints) {
  std::vector<std::string> unknown;
  for (const auto& [field, value] : source.json().fields) {
    if (field.starts_with("_") || is_any(field, std::begin(kKnown), std::end(kKnown))) continue;
    if (field.starts_with("do_") || is_any(field, std::begin(kSteps), std::end(kSteps))) {
      if (!is_off(&value)) source.refuse("preprocessing", field.c_str(), "false, and that step is not supported");
      continue;
    }
    const bool of_step = std::any_of(std::begin(kOfSteps), std::end(kOfSteps), [&, &name = field](const auto& step) {
      return name.starts_with(step.first) && is_off(source.find(std::string(step.second).c_str()));
    });
    if (!of_step) unknown.push_back(field);
  }
  warn_of_unknown(source, unknown, hints);
}

}  // namespace vit
