#include "app/cli/common.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "app/cli/progress.h"
#include "app/cli/version.h"
#include "app/files/assets.h"
#include "app/files/frame_source.h"
#include "app/files/write_file.h"
#include "app/session/other_side.h"
#include "app/session/wanted_options.h"
#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"
#include "engine/image/image_format.h"

namespace headlight {
namespace {

/// An option of three numbers or one.
void add_rgb_option(CLI::App& app, const std::string& name, std::optional<std::array<float, 3>>& target,
                    const std::string& help, const std::string& group) {
  app.add_option_function<std::string>(
         name,
         [&target, name](const std::string& text) {
           try {
             target = parse_rgb(text);
           } catch (const vit::Error& error) {
             throw CLI::ValidationError(name, error.what());
           }
         },
         help)
      ->type_name("R,G,B")
      ->group(group);
}

void add_levels_option(CLI::App& app, const std::string& name, vit::Levels& target, const std::string& help,
                       const std::string& group) {
  app.add_option_function<std::string>(
         name,
         [&target, name](const std::string& text) {
           try {
             target = vit::parse_levels(text);
           } catch (const vit::Error& error) {
             throw CLI::ValidationError(name, error.what());
           }
         },
         help)
      ->type_name("RULE")
      ->group(group);
}

void add_grid_option(CLI::App& app, const std::string& name, vit::LoadOptions& load, const std::string& help,
                     const std::string& group) {
  app.add_option_function<std::string>(
         name,
         [&load, name](const std::string& text) {
           int rows = 0, columns = 0, end = 0;
           if (std::sscanf(text.c_str(), "%4dx%4d%n", &rows, &columns, &end) != 2 ||
               end != static_cast<int>(text.size()) || rows < 1 || columns < 1)
             throw CLI::ValidationError(name, "\"" + text + "\" is no grid: give rows and columns as in 4x6");
           load.grid = {rows, columns};
         },
         help)
      ->type_name("ROWSxCOLUMNS")
      ->group(group);
}

std::uint64_t parse_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc() || end != text.data() + text.size())
    throw CLI::ValidationError("--seed", "\"" + text + "\" is no whole number from 0 to 18446744073709551615");
  return seed;
}

}  // namespace

CLI::Validator is_finite() {
  return CLI::Validator(
      [](std::string& text) {
        char* end = nullptr;
        return std::isfinite(std::strtod(text.c_str(), &end)) ? std::string() : "\"" + text + "\" is no finite number";
      },
      "");
}

void describe_version(CLI::App& app) {
  app.set_version_flag(
      "--version", [] { return version_text(); }, "Print version, libraries and instruction set");
}

void add_model_options(CLI::App& app, RunOptions& options) {
  app.add_option("-m,--model", options.model,
                 "Checkpoint file or folder, or random:C=768,L=12,h=12,P=16,S=224,K=1000,reg=0,dist=0,seed=1 "
                 "(default: the model that ships with the program)")
      ->type_name("FILE")
      ->group("Model");
  app.add_option("--trained-heads", options.load.num_heads,
                 "Heads the model was trained with, where the file does not say or is wrong")
      ->type_name("H")
      ->check(CLI::Range(1, 65536))
      ->group("Model");
  app.add_option("--eps", options.load.eps, "Epsilon of every LayerNorm, where the file does not say")
      ->type_name("E")
      ->check(is_finite())
      ->check(CLI::PositiveNumber)
      ->group("Model");
  add_choice(app, "--activation", options.load.activation, "Activation of the MLP, where the file does not say")
      ->group("Model");
  app.add_option("--family", options.load.family, "Checkpoint family, where it is not recognised")
      ->type_name("NAME")
      ->group("Model");
  app.add_option("--weights", options.load.weights,
                 "Which of several networks in the file: the beginning of its tensors' names, as target_encoder")
      ->type_name("NAME")
      ->group("Model");
  add_grid_option(app, "--grid", options.load,
                  "Rows and columns of the patches that the stored positions are for, where no file says it", "Model");
  app.add_option("--labels", options.load.labels, "Class names: one a line, or JSON")
      ->type_name("FILE")
      ->group("Model");
}

void add_preprocessing_options(CLI::App& app, RunOptions& options) {
  constexpr const char* kGroup = "Preprocessing";
  PreprocessingOptions& rules = options.preprocessing;
  app.add_option("--resize", rules.resize,
                 "PX or shorter:PX, shorter:PX:LONGEST:MULTIPLE, longer:PX, squash, squash:PX (before the crop), "
                 "least:WIDTHxHEIGHT:MULTIPLE (the aspect ratio stays), patches:COUNT:PX (likewise, to at most so many "
                 "patches), box (the photo as a person's box), corner (whole, padded right and "
                 "below), none")
      ->type_name("RULE")
      ->group(kGroup);
  app.add_option("--crop", rules.crop,
                 "Input size PX or WIDTHxHEIGHT, cut from the middle, or multiple (of the patch); without --resize "
                 "the resize follows")
      ->type_name("RULE")
      ->group(kGroup);
  app.add_option("--crop-rounding", rules.crop_rounding,
                 "Where an odd surplus is cut: even as torchvision does, down as Hugging Face does")
      ->check(CLI::IsMember({"even", "down"}))
      ->type_name("RULE")
      ->group(kGroup);
  add_choice(app, "--interpolation", rules.interpolation, "Resampling filter")->group(kGroup);
  add_rgb_option(app, "--mean", rules.mean, "Subtracted from RGB in 0…1", kGroup);
  add_rgb_option(app, "--std", rules.std, "RGB is divided by it", kGroup);
  app.add_flag(
         "--icc", options.reading.applies_profile,
         "Apply a colour profile that is not sRGB, which the reference pipelines pass over and so does the default")
      ->group(kGroup);
  add_levels_option(app, "--levels", options.reading.levels,
                    "What becomes black and white: LOW,HIGH in the file's own values (0,4095 for 12 bits in a file of "
                    "16), auto (each picture's least and greatest), auto:PERCENT (without so many at each end), stored "
                    "(default, as the reference pipelines have it)",
                    kGroup);
}

void add_image_options(CLI::App& app, RunOptions& options) {
  app.add_option("-i,--image", options.image, "Photograph: " + vit::readable_formats())
      ->type_name("FILE")
      ->group("Image");
  add_preprocessing_options(app, options);
}

void add_settings_options(CLI::App& app, RunOptions& options) {
  constexpr const char* kGroup = "Settings";
  app.add_option("--num-heads", options.num_heads,
                 "Heads of every block, or BLOCK:H,BLOCK:H,… (divisors of the channels)")
      ->type_name("H")
      ->group(kGroup);
  app.add_option("--heads-off", options.heads_off,
                 "Heads whose output is replaced by zeros, BLOCK:HEAD,HEAD,… as in 5:0,3 or 5:0-3,7:1; all stands for "
                 "every block, or every head of one")
      ->type_name("LIST")
      ->group(kGroup);
  app.add_option("--scale-heads", options.heads_scaled,
                 "Heads whose output is multiplied by a factor, BLOCK:HEAD=FACTOR,HEAD=FACTOR,… as in 5:0=0.5,3=2")
      ->type_name("LIST")
      ->group(kGroup);
  app.add_flag_callback(
         "--no-qkv-bias", [&options] { options.qkv_bias = false; }, "Leave the bias of the qkv projections out")
      ->group(kGroup);
  app.add_flag("--train", options.training, "Training mode: the dropouts act")->group(kGroup);
  app.add_option("--attn-drop", options.attn_drop, "Dropout of attention probabilities, with --train")
      ->type_name("P")
      ->check(is_finite())
      ->check(CLI::Range(0.0, 0.999))
      ->group(kGroup);
  app.add_option("--proj-drop", options.proj_drop, "Dropout after the projection, with --train")
      ->type_name("P")
      ->check(is_finite())
      ->check(CLI::Range(0.0, 0.999))
      ->group(kGroup);
  app.add_option_function<std::string>(
         "--seed", [&options](const std::string& text) { options.seed = parse_seed(text); },
         "Seed of the dropout masks, 0 to 18446744073709551615")
      ->type_name("S")
      ->group(kGroup);
  add_choice(app, "--kernel", options.kernel, "How attention is computed (default: tiled)")->group(kGroup);
  add_choice(app, "--precision", options.precision,
             "exact: products in F32 (default); bf16: their factors rounded, up to twice as fast, on processors with "
             "AVX-512 BF16 (--version says how fast this one is)")
      ->group(kGroup);
  app.add_option("-t,--threads", options.threads, "Threads (default: all processors)")
      ->type_name("T")
      ->check(CLI::Range(1, 1024))
      ->group(kGroup);
}

void add_extent_option(CLI::App& app, vit::Extent& extent, const std::string& where) {
  app.add_flag(
         "--class-token-only", extent.class_token_only,
         "Behind the last block's keys and values the class token (and other prefix tokens) alone goes on: " + where)
      ->group("Settings");
}

void add_run_options(CLI::App& app, RunOptions& options) {
  add_model_options(app, options);
  add_image_options(app, options);
  add_settings_options(app, options);
}

void add_other_options(CLI::App& app, RunOptions& other) {
  constexpr const char* kGroup = "Side B";
  const auto name_of = [](const std::string& name) { return "--other-" + name; };
  const auto likewise = [](const std::string& name) { return "As --" + name + ", of side B"; };
  const auto add = [&](const std::string& name, auto& target, const char* type, const std::string& help = "") {
    return app.add_option(name_of(name), target, help.empty() ? likewise(name) : help)->type_name(type)->group(kGroup);
  };
  add("model", other.model, "FILE", "The network to compare with (default: the same)");
  add("image", other.image, "FILE", "The photo to compare with (default: the same)");
  add("trained-heads", other.load.num_heads, "H")->check(CLI::Range(1, 65536));
  add("eps", other.load.eps, "E")->check(is_finite())->check(CLI::PositiveNumber);
  add_choice(app, name_of("activation"), other.load.activation, likewise("activation"))->group(kGroup);
  add("family", other.load.family, "NAME");
  add("weights", other.load.weights, "NAME");
  add_grid_option(app, name_of("grid"), other.load, likewise("grid"), kGroup);
  add("labels", other.load.labels, "FILE");
  add_levels_option(app, name_of("levels"), other.reading.levels, likewise("levels"), kGroup);
  app.add_flag(name_of("icc"), other.reading.applies_profile, likewise("icc"))->group(kGroup);
  PreprocessingOptions& rules = other.preprocessing;
  add("resize", rules.resize, "RULE");
  add("crop", rules.crop, "RULE",
      "As --crop, of side B (default: as side A, where both have one network, else as its network has it)");
  add("crop-rounding", rules.crop_rounding, "RULE")->check(CLI::IsMember({"even", "down"}));
  add_choice(app, name_of("interpolation"), rules.interpolation, likewise("interpolation"))->group(kGroup);
  add_rgb_option(app, name_of("mean"), rules.mean, likewise("mean"), kGroup);
  add_rgb_option(app, name_of("std"), rules.std, likewise("std"), kGroup);
  add("num-heads", other.num_heads, "H",
      "As --num-heads, of side B (default: as side A, where both have one network, else as trained)");
  add("heads-off", other.heads_off, "LIST");
  add("scale-heads", other.heads_scaled, "LIST");
  app.add_flag_callback(
         name_of("no-qkv-bias"), [&other] { other.qkv_bias = false; }, likewise("no-qkv-bias"))
      ->group(kGroup);
  app.add_flag(name_of("train"), other.training, likewise("train"))->group(kGroup);
  add("attn-drop", other.attn_drop, "P")->check(is_finite())->check(CLI::Range(0.0, 0.999));
  add("proj-drop", other.proj_drop, "P")->check(is_finite())->check(CLI::Range(0.0, 0.999));
  app.add_option_function<std::string>(
         name_of("seed"), [&other](const std::string& text) { other.seed = parse_seed(text); }, likewise("seed"))
      ->type_name("S")
      ->group(kGroup);
}

std::shared_ptr<const vit::Model> open_model(const RunOptions& options) {
  ProgressBar bar("loading");
  vit::LoadOptions load = options.load;
  if (!load.imagenet_labels) load.imagenet_labels = imagenet_labels();
  const std::string source = options.model.empty() ? default_model().string() : options.model;
  return vit::load_model(source, load, [&bar](double fraction) { bar.show(fraction); });
}

namespace {

/// What `info` tells in full, where numbers follow from it.
void say_what_is_guessed(const vit::Model& model) {
  for (const vit::Fact& doubt : vit::doubts_of(model.report))
    std::fprintf(stderr, "headlight: %s\n", vit::doubt_text(doubt).c_str());
}

}  // namespace

std::shared_ptr<const vit::Image> open_image(const RunOptions& options) {
  auto photo = std::make_shared<const vit::Image>(load_photo(options.image, options.reading));
  for (const std::string& remark : photo->remarks)
    std::fprintf(stderr, "headlight: %s: %s\n", options.image.c_str(), remark.c_str());
  return photo;
}

vit::Image generated_image(int width, int height) {
  vit::Image image;
  image.width = width;
  image.height = height;
  image.name = "generated " + std::to_string(width) + "×" + std::to_string(height);
  image.rgb.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  std::uint32_t state = 12345;
  for (std::uint8_t& value : image.rgb) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<std::uint8_t>(state >> 24);
  }
  return image;
}

Run open_run(const RunOptions& options, ImageNeed need) {
  if (!options.image.empty() && !options.pixels.empty()) throw UsageError("--image and --pixels exclude each other.");
  if (need == ImageNeed::required && options.image.empty() && options.pixels.empty())
    throw UsageError("--image is missing.");
  auto model = open_model(options);
  say_what_is_guessed(*model);
  vit::Settings settings = settings_for(options, model->config);
  const vit::Preprocessing rules = preprocessing_for(options.preprocessing, model->preprocessing);
  if (!options.pixels.empty())
    return make_run(std::move(model), std::filesystem::path(options.pixels), rules, std::move(settings));
  auto photo = options.image.empty() ? std::make_shared<const vit::Image>(generated_image(rules.width, rules.height))
                                     : open_image(options);
  return make_run(std::move(model), std::move(photo), rules, std::move(settings));
}

Run open_other(const RunOptions& other, const RunOptions& options_of_a, const Run& a) {
  const std::string model_of_a = options_of_a.model.empty() ? default_model().string() : options_of_a.model;
  const bool same_model =
      other.model.empty() || (other.model == model_of_a && same_overrides(other.load, options_of_a.load));
  const bool same_photo =
      other.image.empty() || (other.image == options_of_a.image && other.reading == options_of_a.reading);
  auto model = same_model ? a.model : open_model(other);
  if (!same_model) say_what_is_guessed(*model);
  OtherSide own;
  if (has_numbers(other)) own.numbers = settings_for(other, model->config);
  if (has_preprocessing(other)) own.preprocessing = preprocessing_for(other.preprocessing, model->preprocessing);
  const vit::Preprocessing rules = preprocessing_of(own, *model, *a.model, a.pixels->preprocessing);
  vit::Settings settings = settings_of(own, *model, *a.model, a.settings);
  if (same_photo && !a.photo) {
    if (!same_model || own.preprocessing)
      throw UsageError("--pixels are one network's input: name a photo for side B with --other-image.");
    return {{std::move(model), a.pixels, std::move(settings)}, nullptr};
  }
  auto photo = same_photo ? a.photo : open_image(other);
  return make_run(std::move(model), std::move(photo), rules, std::move(settings));
}

void refuse_two_on_stdout(const std::string& json, const std::string& csv) {
  if (json == "-" && csv == "-")
    throw UsageError("--json - and --csv - exclude each other on standard output; name a file for one of them.");
}

void write_output(const std::string& file, const std::string& text) {
  if (file == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  write_file(file, text);
}

std::string printable(const std::string& text) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      shown += fmt::format("\\x{:02x}", byte);
    else
      shown += c;
  }
  return shown;
}

std::string with_separators(double number) {
  const std::string plain = fmt::format("{:.0f}", std::abs(number));
  std::string text = number <= -0.5 ? "-" : "";
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (i > 0 && (plain.size() - i) % 3 == 0) text += ',';
    text += plain[i];
  }
  return text;
}

}  // namespace headlight
