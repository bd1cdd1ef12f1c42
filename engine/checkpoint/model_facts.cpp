#include "engine/checkpoint/model_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "engine/base/error.h"
#include "engine/checkpoint/labels.h"
#include "engine/checkpoint/load_model.h"

namespace vit {
namespace {

/// Channels of published networks whose heads are not 64 wide.
constexpr std::pair<int, int> kOddHeads[] = {{1280, 16}, {1408, 16}, {1664, 16}, {1152, 16}};

std::string number_text(double value) {
  return fmt::format("{:.6g}", value);
}

std::string triple_text(const std::array<float, 3>& values) {
  return number_text(values[0]) + " " + number_text(values[1]) + " " + number_text(values[2]);
}

void add(LoadReport& report, std::string name, std::string value, Source source, std::string reason) {
  report.facts.push_back({std::move(name), std::move(value), source, std::move(reason)});
}

/// Takes the hint if there is one, else the family's convention.
template <typename T>
T choose(LoadReport& report, const char* name, const std::optional<Hint<T>>& hint, const T& usual, Source usual_source,
         const std::string& usual_reason, const std::function<std::string(const T&)>& text) {
  const T value = hint ? hint->value : usual;
  add(report, name, text(value), hint ? Source::read : usual_source, hint ? hint->reason : usual_reason);
  return value;
}

std::string usual_of(const Family& family) {
  return "usual for " + std::string(family.name);
}

std::string implied_by(const Architecture& architecture) {
  return "timm's " + std::string(architecture.name);
}

/// What the convention of a family is worth: timm's names are shared by networks that differ in what no tensor says.
Source sureness(const Family& family, const ModelHints& hints) {
  return hints.has_config || !std::string_view(family.name).starts_with("timm") ? Source::implied : Source::guessed;
}

/// Of eps and activation.
Source usual_source(const Family& family, const ModelHints& hints) {
  return *family.unsure != '\0' ? Source::guessed : sureness(family, hints);
}

std::string usual_reason(const Family& family) {
  return usual_of(family) + (*family.unsure != '\0' ? std::string("; ") + family.unsure : "");
}

/// Replaces the newest fact by the user's choice, and says what it would be without.
void override_fact(LoadReport& report, std::string value) {
  Fact& fact = report.facts.back();
  fact.reason = "chosen by the user in place of " + fact.value + ", " + name_of(fact.source);
  fact.value = std::move(value);
  fact.source = Source::overridden;
}

}  // namespace

const Architecture* known_architecture(const ModelHints& hints, const ModelConfig& config) {
  if (const Architecture* named = architecture_named(hints.architecture)) return named;
  const Architecture* called = architecture_named(hints.file_name);
  const bool fits = called != nullptr && called->channels == config.channels && called->depth == config.depth &&
                    called->patch_px == config.patch_px;
  return fits ? called : nullptr;
}

int usual_heads(int channels) {
  for (const auto& [c, heads] : kOddHeads) {
    if (c == channels) return heads;
  }
  if (channels % 64 == 0) return channels / 64;
  int best = 1;
  for (int heads = 1; heads <= channels; ++heads) {
    if (channels % heads != 0) continue;
    const auto distance = [&](int h) { return std::abs(static_cast<double>(channels) / h - 64); };
    if (distance(heads) < distance(best)) best = heads;
  }
  return best;
}

std::vector<int> likely_heads(int channels) {
  std::vector<int> counts;
  for (int width = 128; width >= 32; width -= 8)
    if (channels % width == 0) counts.push_back(channels / width);
  const int usual = usual_heads(channels);
  const auto at = std::lower_bound(counts.begin(), counts.end(), usual);
  if (at == counts.end() || *at != usual) counts.insert(at, usual);
  return counts;
}

namespace {

/// Without the user's choice.
void decide_heads_by_file(ModelConfig& config, LoadReport& report, const ModelHints& hints, const Family& family,
                          int stored) {
  const auto decide = [&](int heads, Source source, std::string reason) {
    config.num_heads = heads;
    add(report, "heads", std::to_string(heads), source, std::move(reason));
  };
  if (stored > 0) return decide(stored, Source::read, "the tensors' shapes");
  if (hints.num_heads) {
    if (config.channels % hints.num_heads->value != 0) {
      throw Error(hints.num_heads->reason + " says " + std::to_string(hints.num_heads->value) +
                  " heads, which do not divide the " + std::to_string(config.channels) +
                  " channels: correct it, or give --trained-heads.");
    }
    return decide(hints.num_heads->value, Source::read, hints.num_heads->reason);
  }
  const Architecture* named = known_architecture(hints, config);
  if (named != nullptr && named->heads > 0 && config.channels % named->heads == 0) {
    return decide(named->heads, Source::implied, implied_by(*named));
  }
  if (hints.head_width && config.channels % hints.head_width->value == 0) {
    return decide(config.channels / hints.head_width->value, Source::read, hints.head_width->reason);
  }
  for (const auto& [channels, heads] : family.heads) {
    if (channels != config.channels) continue;
    return decide(heads, Source::implied,
                  std::string(family.name) + "'s network of " + std::to_string(channels) + " channels");
  }
  const int usual = usual_heads(config.channels);
  if (config.channels % 64 == 0 && usual == config.channels / 64) {
    return decide(usual, Source::guessed, "no file says it; heads are usually 64 channels wide");
  }
  decide(usual, Source::guessed,
         "no file says it; published networks with " + std::to_string(config.channels) + " channels, or 64 at best");
}

}  // namespace

void decide_heads(ModelConfig& config, LoadReport& report, const LoadOptions& options, const ModelHints& hints,
                  const Family& family, int stored) {
  if (!options.num_heads) return decide_heads_by_file(config, report, hints, family, stored);
  try {
    decide_heads_by_file(config, report, hints, family, stored);
  } catch (const Error&) {  // what the file says is impossible: the user's choice mends it
    add(report, "heads", std::to_string(hints.num_heads->value), Source::read, "");
  }
  config.num_heads = *options.num_heads;
  override_fact(report, std::to_string(config.num_heads));
}

void decide_eps(ModelConfig& config, LoadReport& report, const LoadOptions& options, const ModelHints& hints,
                const Family& family) {
  const Architecture* named = known_architecture(hints, config);
  config.eps = choose<float>(report, "eps", hints.eps, named != nullptr ? named->eps : family.eps,
                             named != nullptr ? Source::implied : usual_source(family, hints),
                             named != nullptr ? implied_by(*named) : usual_reason(family),
                             [](const float& eps) { return number_text(eps); });
  if (!options.eps) return;
  config.eps = *options.eps;
  override_fact(report, number_text(config.eps));
}

namespace {

/// What the names of published files tell of a CLIP tower's activation; the first that fits.
constexpr std::pair<const char*, Activation> kClipWords[] = {{"altogether", Activation::gelu},
                                                             {"worldwide", Activation::gelu},
                                                             {"39b", Activation::gelu},
                                                             {"quickgelu", Activation::quick_gelu},
                                                             {"quick_gelu", Activation::quick_gelu},
                                                             {"openai", Activation::quick_gelu},
                                                             {"dfn", Activation::quick_gelu},
                                                             {"metaclip", Activation::quick_gelu},
                                                             {"fullcc", Activation::quick_gelu},
                                                             {"_400m.", Activation::quick_gelu},
                                                             {"laion", Activation::gelu},
                                                             {"datacomp", Activation::gelu},
                                                             {"commonpool", Activation::gelu},
                                                             {"open_clip", Activation::gelu},
                                                             {"openclip", Activation::gelu}};

Hint<Activation> likely_of_clip(const ModelHints& hints, const ModelConfig& config, const Family& family) {
  for (const auto& [word, activation] : kClipWords) {
    if (hints.words.find(word) != std::string::npos)
      return {activation, "no file says it; it is called \"" + std::string(word) + "\""};
  }
  if (config.channels > 1024)
    return {Activation::gelu, "no file says it; OpenAI published no network of so many channels"};
  return {family.activation, "no file says it; " + usual_of(family)};
}

/// Each library's own configuration goes before the other's, and an architecture's name before what is likely.
void decide_clip_activation(ModelConfig& config, LoadReport& report, const ModelHints& hints, const Family& family) {
  const auto decide = [&](const Hint<Activation>& taken, Source source) {
    config.activation = taken.value;
    add(report, "activation", choice_of(taken.value).name, source, taken.reason);
  };
  const bool open_clip = family.clip == Clip::open_clip;
  const auto& own = open_clip ? hints.open_clip_activation : hints.activation;
  const auto& other = open_clip ? hints.activation : hints.open_clip_activation;
  // Hugging Face's configuration leaves out what is the default of its class.
  const bool by_default = !open_clip && hints.model_type.find("clip") != std::string::npos;
  if (own) return decide(*own, Source::read);
  if (by_default || hints.of_openai) return decide({family.activation, usual_of(family)}, Source::implied);
  if (other) return decide(*other, Source::read);
  if (const Architecture* named = known_architecture(hints, config))
    return decide({named->activation, implied_by(*named)}, Source::implied);
  decide(likely_of_clip(hints, config, family), Source::guessed);
}

void decide_activation_by_file(ModelConfig& config, LoadReport& report, const ModelHints& hints, const Family& family) {
  if (family.clip != Clip::none) return decide_clip_activation(config, report, hints, family);
  const Architecture* named = known_architecture(hints, config);
  config.activation = choose<Activation>(report, "activation", hints.activation,
                                         named != nullptr ? named->activation : family.activation,
                                         named != nullptr ? Source::implied : usual_source(family, hints),
                                         named != nullptr ? implied_by(*named) : usual_reason(family),
                                         [](const Activation& a) { return std::string(choice_of(a).name); });
}

}  // namespace

void decide_activation(ModelConfig& config, LoadReport& report, const LoadOptions& options, const ModelHints& hints,
                       const Family& family) {
  if (config.swiglu) {
    if (options.activation) throw Error("This network's activation is SwiGLU; no other can be chosen for it.");
    config.activation = Activation::none;
    return add(report, "activation", "SwiGLU", Source::read, "fc1 makes twice the inputs of fc2");
  }
  decide_activation_by_file(config, report, hints, family);
  if (!options.activation) return;
  config.activation = *options.activation;
  override_fact(report, choice_of(config.activation).name);
}

void decide_pool(ModelConfig& config, LoadReport& report, const ModelHints& hints, const Family& family) {
  using Pool = ModelConfig::Pool;
  const auto decide = [&](Pool pool, Source source, std::string reason) {
    config.pool = pool;
    const char* text = pool == Pool::class_token      ? "class token"
                       : pool == Pool::mean_patches   ? "mean of the patches"
                       : pool == Pool::class_and_mean ? "class token and mean of the patches"
                       : config.class_blocks > 0      ? "class token of class-attention blocks"
                       : pool == Pool::attention      ? "attention of a learned query"
                                                      : "mean of class and distillation logits";
    if (config.classes > 0 || pool == Pool::attention) add(report, "pooling", text, source, std::move(reason));
  };
  if (config.pool == Pool::attention) {
    if (config.class_blocks > 0) {
      if (hints.pool && hints.pool->value != Pool::class_token)
        throw Error(hints.pool->reason +
                    " says that the head reads the mean of the patches, which is not supported "
                    "where class-attention blocks make a class token of them.");
      return decide(config.pool, Source::implied, "there are class-attention blocks");
    }
    // Whether it looks at prefix tokens, too, no tensor tells.
    const bool known =
        config.prefix_tokens() == 0 || known_architecture(hints, config) != nullptr || family.pool_prefix;
    return decide(config.pool, known ? Source::implied : Source::guessed,
                  known ? "there is an attention-pooling head"
                        : "there is an attention-pooling head; no file says whether it looks at the prefix tokens");
  }
  if (config.classes > 0 && family.pool_mean) {
    config.pool_before_norm = family.pool_before_norm;
    return decide(Pool::mean_patches, Source::implied, usual_of(family));
  }
  if (!config.class_token) return decide(Pool::mean_patches, Source::implied, "there is no class token");
  if (config.pool == Pool::mean_with_distilled) {
    return decide(config.pool, Source::implied, "there is a head for the distillation token");
  }
  if (config.pool == Pool::class_and_mean) {
    return decide(config.pool, Source::implied, "the head reads twice as many numbers as a token has");
  }
  if (hints.pool) return decide(hints.pool->value, Source::read, hints.pool->reason);
  if (config.fc_norm) return decide(Pool::mean_patches, Source::implied, "there is an fc_norm");
  if (const Architecture* named = known_architecture(hints, config); named != nullptr && named->pool_mean) {
    return decide(Pool::mean_patches, Source::implied, implied_by(*named));
  }
  if (family.pool_unsaid) {
    return decide(Pool::class_token, Source::guessed,
                  "there is a class token; no tensor tells whether the head reads it or the mean of all tokens");
  }
  decide(Pool::class_token, sureness(family, hints), "there is a class token");
}

Preprocessing decide_preprocessing(const ModelConfig& config, LoadReport& report, const ModelHints& hints,
                                   const Family& family) {
  const InputDefaults& usual = family.input;
  const std::string why = usual_of(family);
  Preprocessing result;
  std::pair<int, int> size = {config.grid_height * config.patch_px, config.grid_width * config.patch_px};
  const bool unstored = !config.position.learned;
  const bool relative = config.relative_bias != ModelConfig::RelativeBias::none || config.axis_positions;
  std::string size_reason = unstored && !relative ? why : "stored positions";
  Source size_source = unstored && !relative ? Source::implied : Source::read;
  if (hints.input_px) {
    size = hints.input_px->value;
    size_reason = hints.input_px->reason;
  } else if (const int px =
                 config.position.of_square ? usual.input_px / config.patch_px * config.patch_px : usual.input_px;
             px > 0 && px < std::min(size.first, size.second) && px % config.patch_px == 0) {
    size = {px, px};
    size_reason = why;
    size_source = Source::implied;
  }
  result.height = size.first;
  result.width = size.second;
  result.cut_to_patches = size.first % config.patch_px != 0 || size.second % config.patch_px != 0;
  if (result.cut_to_patches) {
    size_reason += ", of which the last " + std::to_string(size.second % config.patch_px) +
                   " px are no whole patch and " + "are not read";
  }
  add(report, "input", std::to_string(result.width) + "×" + std::to_string(result.height) + " px", size_source,
      size_reason);

  const bool squash = hints.squash ? hints.squash->value : usual.resize == ResizeRule::squash;
  result.resize = squash ? ResizeRule::squash : ResizeRule::shorter_side;
  const int side = std::min(result.width, result.height);
  const double crop = hints.crop_pct ? hints.crop_pct->value : side <= 224 ? usual.crop_pct : usual.crop_pct_large;
  result.crop_rounds_down = hints.crop_rounds_down || std::string_view(family.name).starts_with("Hugging Face");
  if (hints.most_patches || (usual.resize == ResizeRule::patches && !hints.squash)) {
    result.resize = ResizeRule::patches;
    result.most_patches = hints.most_patches ? hints.most_patches->value : usual.most_patches;
    result.multiple = config.patch_px;
    result.crop = CropRule::multiple;
    add(report, "resize", "to at most " + std::to_string(result.most_patches) + " patches at the photo's aspect ratio",
        hints.most_patches ? Source::read : Source::implied, hints.most_patches ? hints.most_patches->reason : why);
  } else if (hints.least_change) {
    result.resize = ResizeRule::least;
    result.resize_px = side;
    add(report, "resize",
        "by the least change to " + std::to_string(result.width) + "×" + std::to_string(result.height) + " px",
        Source::read, hints.least_change->reason);
  } else if (hints.corner || (usual.resize == ResizeRule::corner && !hints.squash && !hints.shorter_side_px)) {
    result.resize = ResizeRule::corner;
    result.resize_px = side;
    add(report, "resize", "the whole photo in the upper left corner", hints.corner ? Source::read : Source::guessed,
        hints.corner ? hints.corner->reason : why);
  } else if (hints.box) {
    result.resize = ResizeRule::box;
    result.resize_px = side;
    add(report, "resize", "the whole photo as a person's box", Source::read, hints.box->reason);
  } else if (usual.resize == ResizeRule::box && !hints.squash) {
    result.resize = ResizeRule::box;
    result.resize_px = side;
    add(report, "resize", "the whole photo as a person's box", Source::guessed, why);
  } else if (hints.shorter_side_px || (usual.longest_px > 0 && !hints.squash)) {
    const bool read = hints.shorter_side_px.has_value();
    result.resize_px = read ? hints.shorter_side_px->value : usual.shorter_px;
    if (hints.longest_px) result.longest_px = hints.longest_px->value;
    if (!read) result.longest_px = usual.longest_px;
    if (!read) result.crop = CropRule::multiple;
    add(report, "resize",
        "shorter side " + std::to_string(result.resize_px) + " px" +
            (result.longest_px > 0 ? ", longer side at most " + std::to_string(result.longest_px) + " px" : ""),
        read ? Source::read : Source::guessed, read ? hints.shorter_side_px->reason : why);
  } else if (squash) {
    const int before_crop = hints.squash_px ? hints.squash_px->value : static_cast<int>(std::floor(side / crop));
    result.resize_px = side;
    result.squash_scale = static_cast<double>(before_crop) / side;
    add(report, "resize", "squash to " + std::to_string(before_crop) + " px",
        hints.squash ? Source::read : Source::implied, hints.squash ? hints.squash->reason : why);
  } else {
    result.resize_px = static_cast<int>(std::floor(side / crop));
    add(report, "resize", "shorter side " + std::to_string(result.resize_px) + " px",
        hints.crop_pct ? Source::read : Source::guessed, hints.crop_pct ? hints.crop_pct->reason : why);
  }
  const int multiple = hints.multiple                          ? hints.multiple->value
                       : hints.squash || hints.shorter_side_px ? 1
                                                               : usual.multiple;
  if (multiple > 1) {
    result.multiple = multiple;
    add(report, "sides", "multiples of " + std::to_string(multiple) + " px",
        hints.multiple ? Source::read : Source::guessed, hints.multiple ? hints.multiple->reason : why);
  }
  if (hints.unresized) {
    result.resize = ResizeRule::none;
    report.facts.back() = {"resize", "none", Source::read, hints.unresized->reason};
  }
  if (hints.uncropped) {
    result.crop = CropRule::multiple;
    add(report, "crop", "none: whole patches of the resized photo", Source::read, hints.uncropped->reason);
  }
  if (hints.rescale) {
    result.rescale = hints.rescale->value;
    if (result.rescale != 1.f / 255) {
      add(report, "levels", "times " + number_text(result.rescale), Source::read, hints.rescale->reason);
    }
  }
  if (config.input_channels == 1) {
    result.grey = true;
    add(report, "colours", "luminance", Source::implied, "the patch embedding reads one channel");
  }
  result.interpolation =
      choose<Interpolation>(report, "interpolation", hints.interpolation, usual.interpolation, Source::guessed, why,
                            [](const Interpolation& i) { return std::string(choice_of(i).name); });
  result.mean = choose<std::array<float, 3>>(report, "mean", hints.mean, usual.mean, Source::guessed, why, triple_text);
  result.std = choose<std::array<float, 3>>(report, "std", hints.std, usual.std, Source::guessed, why, triple_text);
  return result;
}

std::vector<std::string> decide_labels(const ModelConfig& config, LoadReport& report, const LoadOptions& options,
                                       const ModelHints& hints) {
  const auto count = static_cast<std::size_t>(config.classes);
  if (options.labels) {
    std::vector<std::string> labels = load_labels(*options.labels);
    if (labels.size() != count) {
      throw Error(options.labels->string() + " names " + std::to_string(labels.size()) +
                  " classes, but the network has " + std::to_string(count) + ".");
    }
    add(report, "labels", std::to_string(count) + " names", Source::overridden, options.labels->string());
    return labels;
  }
  if (count == 0) {
    add(report, "labels", "none", Source::implied, "the network has no classification head");
    return {};
  }
  if (hints.labels.size() == count) {
    add(report, "labels", std::to_string(count) + " names", Source::read, hints.labels_reason);
    return hints.labels;
  }
  if (count == 1000 && options.imagenet_labels) {
    std::vector<std::string> labels = load_labels(*options.imagenet_labels);
    if (labels.size() == count) {
      add(report, "labels", "ImageNet's 1000 names", Source::guessed, "the network has 1000 classes");
      return labels;
    }
  }
  add(report, "labels", "none", Source::guessed, "no file names the " + std::to_string(count) + " classes");
  return {};
}

void note_position_rule(const ModelConfig& config, LoadReport& report, const Family& family) {
  const PositionRule& rule = config.position;
  std::string text = std::to_string(config.grid_width) + "×" + std::to_string(config.grid_height);
  if (!rule.learned) {
    text.clear();
  } else if (!rule.resampled) {
    text += ", not resampled";
  } else {
    text += rule.bicubic ? ", bicubic" : ", bilinear";
    text += rule.antialias ? ", antialiased" : ", not antialiased";
    if (rule.offset != 0) text += ", offset " + number_text(rule.offset);
    if (rule.of_square) text += ", the upper left part of a square";
  }
  if (rule.rotary != PositionRule::Rotary::none) {
    text += (text.empty() ? "" : "; ") + (rule.learned_speeds
                                              ? std::string("rotary (RoPE), learned for each block and head")
                                              : "rotary (RoPE), base " + number_text(rule.rope_base));
    if (rule.turns_class) text += ", the class token's learned";
  }
  if (config.axis_positions)
    text += (text.empty() ? "" : "; ") + std::string("relative along both axes, times the query");
  if (config.mid_positions) text += "; others behind each block";
  if (config.relative_bias != ModelConfig::RelativeBias::none) {
    const bool shared = config.relative_bias == ModelConfig::RelativeBias::shared;
    text += (text.empty() ? "" : "; ") + std::string("relative, added to the scores, ") +
            (shared ? "the same in all blocks" : "of each block") + (rule.resampled ? ", bilinear" : ", not resampled");
  }
  add(report, "positions", text, Source::implied, usual_of(family));
}

}  // namespace vit
