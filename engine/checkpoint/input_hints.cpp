#include "engine/checkpoint/input_hints.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/checkpoint/processor_fields.h"

namespace vit {
namespace {

constexpr const char* kTopic = "preprocessing";

std::optional<Interpolation> interpolation_named(const std::string& name) {
  if (name == "nearest") return Interpolation::nearest;
  if (name == "bilinear") return Interpolation::bilinear;
  if (name == "bicubic") return Interpolation::bicubic;
  if (name == "lanczos") return Interpolation::lanczos;
  return std::nullopt;
}

/// PIL's numbers for its filters.
std::optional<Interpolation> interpolation_numbered(std::int64_t number) {
  switch (number) {
    case 0:
      return Interpolation::nearest;
    case 1:
      return Interpolation::lanczos;
    case 2:
      return Interpolation::bilinear;
    case 3:
      return Interpolation::bicubic;
    default:
      return std::nullopt;
  }
}

void read_filter(JsonFields& source, ModelHints& hints) {
  for (const char* path :
       {"pretrained_cfg.interpolation", "preprocess_cfg.interpolation", "interpolation", "resample"}) {
    const Json* found = source.find(path);
    if (found == nullptr || found->is(Json::Kind::null)) continue;
    std::optional<Interpolation> known;
    if (found->is(Json::Kind::text)) known = interpolation_named(found->text);
    if (found->integer) known = interpolation_numbered(*found->integer);
    if (!known) return source.refuse(kTopic, path, "nearest, bilinear, bicubic or lanczos (0, 2, 3, 1)");
    hints.interpolation = {*known, std::string(path) + " in " + source.file()};
    return;
  }
}

void read_levels(JsonFields& source, ModelHints& hints) {
  const std::string where = " in " + source.file();
  if (source.is_true("do_normalize", true)) {
    source.triple(hints.mean, kTopic, {"image_mean", "mean"}, false);
    source.triple(hints.std, kTopic, {"image_std", "std"}, true);
  } else {
    hints.mean = {{0.f, 0.f, 0.f}, "do_normalize" + where};
    hints.std = {{1.f, 1.f, 1.f}, "do_normalize" + where};
  }
  if (!source.is_true("do_rescale", true)) {
    hints.rescale = {1.f, "do_rescale" + where};
    return;
  }
  std::optional<Hint<double>> factor;
  source.real(factor, kTopic, {"rescale_factor"});
  if (factor) hints.rescale = {static_cast<float>(factor->value), factor->reason};
}

/// Processors with steps of their own, by how their names begin.
enum class Kind : std::uint8_t { usual, yolos, dpt, pose, naflex, sam };

Kind kind_of(const std::string& type) {
  if (type.starts_with("yolos")) return Kind::yolos;
  if (type.starts_with("dpt")) return Kind::dpt;
  if (type.starts_with("siglip2")) return Kind::naflex;
  if (type.starts_with("samimage") || type.starts_with("samhqimage")) return Kind::sam;
  return type.starts_with("vitpose") ? Kind::pose : Kind::usual;
}

bool is_one_or_null(const Json* found) {
  return found == nullptr || found->is(Json::Kind::null) || (found->integer && *found->integer == 1);
}

/// Steps that no preprocessing here has.
void refuse_other_steps(JsonFields& source, Kind kind) {
  for (const char* path : {"do_flip_channel_order", "offset", "do_thumbnail", "do_align_long_axis",
                           "do_image_splitting", "do_split_image"}) {
    if (source.is_true(path, false)) source.refuse(kTopic, path, "false, and that step is not supported");
  }
  // YOLOS pads the pictures of a batch to the largest, which is nothing for one.
  if (kind != Kind::yolos && kind != Kind::sam && source.is_true("do_pad", false))
    source.refuse(kTopic, "do_pad", "false, and padding is not supported");
  if (kind != Kind::dpt && source.is_true("keep_aspect_ratio", false))
    source.refuse(kTopic, "keep_aspect_ratio", "false, and that step is known of DPT's processor alone");
  if (kind != Kind::pose && source.is_true("do_affine_transform", false))
    source.refuse(kTopic, "do_affine_transform", "false, and that step is known of ViTPose's processor alone");
  if (kind != Kind::dpt && !is_one_or_null(source.find("ensure_multiple_of")))
    source.refuse(kTopic, "ensure_multiple_of", "1, and rounding to a multiple is known of DPT's processor alone");
  for (const char* path : {"size_divisor", "pad_size"}) {
    if (kind != Kind::sam && !is_one_or_null(source.find(path)))
      source.refuse(kTopic, path, "1 or null, and padding is not supported");
  }
  for (const char* path : {"size.longest_edge", "size.max_height", "size.max_width", "crop_size.shortest_edge"}) {
    if ((kind == Kind::yolos || kind == Kind::sam) && std::string_view(path) == "size.longest_edge") continue;
    if (source.find(path) != nullptr) source.refuse(kTopic, path, "supported");
  }
}

/// The shorter side, unless the longer one would be too long then, and both down to multiples of 16.
void read_yolos(JsonFields& source, ModelHints& hints) {
  constexpr int kMultiple = 16;  // px
  const Json* size = source.find("size");
  const bool number = size != nullptr && size->is(Json::Kind::number);  // early files
  source.integer(hints.shorter_side_px, kTopic, {number ? "size" : "size.shortest_edge"});
  source.integer(hints.longest_px, kTopic, {number ? "max_size" : "size.longest_edge"});
  const std::string why = "usual for YOLOS's processor";
  if (!hints.shorter_side_px) {
    if (size != nullptr) source.refuse(kTopic, "size", "a shortest and a longest edge");
    hints.shorter_side_px = {800, why};
  }
  if (!hints.longest_px) hints.longest_px = {1333, why};
  hints.multiple = {kMultiple, why};
  hints.uncropped = {true, hints.shorter_side_px->reason};
  hints.squash = {false, hints.shorter_side_px->reason};
}

/// Both sides near multiples of a number; the aspect ratio may stay, and then the side that changes less tells.
void read_dpt(JsonFields& source, ModelHints& hints) {
  std::optional<Hint<std::pair<int, int>>> size;
  source.size(size, kTopic, {"size"});
  source.integer(hints.multiple, kTopic, {"ensure_multiple_of"});
  if (!size) return;
  const auto keeps = source.boolean(kTopic, {"keep_aspect_ratio"});
  hints.input_px = size;
  if (keeps && keeps->value) {
    hints.least_change = keeps;
    hints.uncropped = {true, keeps->reason};
    return;
  }
  const int multiple = hints.multiple ? hints.multiple->value : 1;
  const auto nearest = [&](int side) {
    return static_cast<int>(std::nearbyint(static_cast<double>(side) / multiple)) * multiple;
  };
  hints.input_px->value = {nearest(size->value.first), nearest(size->value.second)};
  hints.squash = {true, size->reason};
}

/// The affine transform of a person's box.
void read_pose(JsonFields& source, ModelHints& hints) {
  std::optional<Hint<std::pair<int, int>>> size;
  source.size(size, kTopic, {"size"});
  if (size) hints.input_px = size;
  std::optional<Hint<double>> factor;
  source.real(factor, kTopic, {"normalize_factor"});
  if (factor && factor->value != 200) source.refuse(kTopic, "normalize_factor", "200");
  const auto does = source.boolean(kTopic, {"do_affine_transform"});
  if (does && !does->value) {
    hints.unresized = {true, does->reason};
    hints.uncropped = {true, does->reason};
  } else {
    hints.box = {true, does ? does->reason : "usual for ViTPose's processor"};
  }
}

/// The longer side is met, and padding fills the rest of a square up.
void read_sam(JsonFields& source, ModelHints& hints) {
  constexpr int kUsual = 1024;  // px
  const std::string why = "usual for SAM's processor";
  std::optional<Hint<int>> longest;
  std::optional<Hint<std::pair<int, int>>> padded;
  source.integer(longest, kTopic, {"size.longest_edge"});
  source.size(padded, kTopic, {"pad_size"});
  if (!longest) longest = {kUsual, why};
  if (!padded) padded = {{longest->value, longest->value}, longest->reason};
  if (std::max(padded->value.first, padded->value.second) != longest->value)
    source.refuse(kTopic, "pad_size", "as large as size.longest_edge");
  if (!source.is_true("do_pad", true)) source.refuse(kTopic, "do_pad", "true, as SAM's networks need it");
  if (source.is_true("do_center_crop", false)) source.refuse(kTopic, "do_center_crop", "false");
  hints.input_px = padded;
  hints.corner = {true, longest->reason};
}

/// As many whole patches as the sequence holds, at the photo's own aspect ratio.
void read_naflex(JsonFields& source, ModelHints& hints) {
  source.integer(hints.most_patches, kTopic, {"max_num_patches"});
  if (!hints.most_patches) hints.most_patches = {256, "usual for SigLIP 2's processor"};
  std::optional<Hint<int>> patch;
  source.integer(patch, kTopic, {"patch_size"});
  if (patch && !hints.patch_px) hints.patch_px = patch;
  if (!source.is_true("do_resize", true)) {
    hints.unresized = {true, "do_resize in " + source.file()};
    hints.uncropped = {true, "do_resize in " + source.file()};
  }
}

/// Whether a processor crops if its file does not say so with do_center_crop: Hugging Face's defaults.
bool crops_by_default(const std::string& type) {
  return type.starts_with("clip") || type.starts_with("bit") || type.starts_with("deit") ||
         type.starts_with("chineseclip");
}

}  // namespace

void read_input(JsonFields& source, ModelHints& hints) {
  source.triple(hints.mean, kTopic, {"pretrained_cfg.mean", "preprocess_cfg.mean", "image_mean", "mean"}, false);
  source.triple(hints.std, kTopic, {"pretrained_cfg.std", "preprocess_cfg.std", "image_std", "std"}, true);
  source.real(hints.crop_pct, kTopic, {"pretrained_cfg.crop_pct", "crop_pct"});
  if (hints.crop_pct && hints.crop_pct->value > 1) {
    hints.crop_pct.reset();
    source.refuse(kTopic, source.find("pretrained_cfg.crop_pct") != nullptr ? "pretrained_cfg.crop_pct" : "crop_pct",
                  "a share of the picture, at most 1");
  }
  // Our own files name the crop and train on whole pictures.
  const auto crop = source.text(kTopic, {"crop"});
  if (crop && !hints.crop_pct) hints.crop_pct = {1.0, crop->reason};
  read_filter(source, hints);
  for (const char* path : {"pretrained_cfg.crop_mode", "preprocess_cfg.resize_mode", "crop_mode"}) {
    const auto mode = source.text(kTopic, {path});
    if (!mode) continue;
    // OpenCLIP calls the shorter side's resize "shortest".
    if (mode->value == "squash" || mode->value == "center" || mode->value == "shortest") {
      hints.squash = {mode->value == "squash", mode->reason};
    } else {
      source.refuse(kTopic, path, "center or squash");
    }
    break;
  }
}

void read_processor(JsonFields& source, ModelHints& hints) {
  const auto type = source.text(kTopic, {"image_processor_type", "feature_extractor_type"});
  const std::string kind = type ? type->value : "";
  read_levels(source, hints);
  read_filter(source, hints);
  refuse_other_steps(source, kind_of(kind));
  check_processor_fields(source, hints);
  hints.crop_rounds_down = true;
  if (kind_of(kind) == Kind::pose) return read_pose(source, hints);
  if (kind_of(kind) == Kind::naflex) return read_naflex(source, hints);
  if (!source.is_true("do_resize", true)) {
    hints.unresized = {true, "do_resize in " + source.file()};
  } else if (kind_of(kind) == Kind::sam) {
    return read_sam(source, hints);
  } else if (kind_of(kind) == Kind::yolos) {
    return read_yolos(source, hints);
  } else if (kind_of(kind) == Kind::dpt) {
    return read_dpt(source, hints);
  }

  std::optional<Hint<std::pair<int, int>>> size, crop;
  std::optional<Hint<int>> shortest;
  std::optional<Hint<double>> crop_pct;
  source.size(size, kTopic, {"size"});
  source.integer(shortest, kTopic, {"size.shortest_edge"});
  source.real(crop_pct, kTopic, {"crop_pct"});
  const auto does_crop = source.boolean(kTopic, {"do_center_crop"});
  const bool crops = does_crop ? does_crop->value : source.find("crop_size") != nullptr && crops_by_default(kind);
  if (crops) source.size(crop, kTopic, {"crop_size"});

  const bool number = source.find("size") != nullptr && source.find("size")->is(Json::Kind::number);
  if (number && crop && !kind.starts_with("deit")) {  // an early CLIP processor: the shorter side, then a crop
    shortest = Hint<int>{size->value.first, size->reason};
    size.reset();
  }
  if (hints.unresized) {
    if (!crop) hints.uncropped = {true, "do_resize in " + source.file()};
  } else if (shortest && crop_pct) {  // ConvNeXt's processor: a crop for small inputs, a squash for large ones
    const bool large = shortest->value >= 384;
    hints.squash = {large, crop_pct->reason};
    crop = {{shortest->value, shortest->value}, shortest->reason};
    if (!large) hints.shorter_side_px = {static_cast<int>(shortest->value / crop_pct->value), crop_pct->reason};
  } else if (shortest) {
    hints.shorter_side_px = shortest;
    hints.squash = {false, shortest->reason};
    if (!crop && does_crop) hints.uncropped = {true, does_crop->reason};
    if (!crop && !does_crop) crop = {{shortest->value, shortest->value}, shortest->reason};
  } else if (size) {
    hints.squash = {true, size->reason};
    const auto [height, width] = size->value;  // a size without a crop is the whole input
    // One number says how much larger than the crop both sides become.
    if (crop && std::int64_t{height} * crop->value.second != std::int64_t{width} * crop->value.first) {
      hints.problems.push_back(
          {kTopic, size->reason + " is " + std::to_string(height) + " px high and " + std::to_string(width) +
                       " px wide, of other proportions than crop_size, and such a squash before a crop is not "
                       "supported: correct it, or move the file away."});
    }
    hints.squash_px = {std::min(height, width), size->reason};
    if (!crop) crop = size;
  }
  if (crop) hints.input_px = crop;
}

}  // namespace vit
