// What the commands share: their common options, and opening model, image and settings for a run.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

#include "app/session/run.h"
#include "app/session/run_options.h"
#include "engine/base/choices.h"
#include "engine/image/image.h"
#include "engine/network/trace.h"

namespace headlight {

/// Arguments that make no sense together: exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void describe_version(CLI::App& app);  // --version

/// An option whose values are an enum's choices; the help line lists them.
template <class Enum>
CLI::Option* add_choice(CLI::App& app, const std::string& name, std::optional<Enum>& target, const std::string& help) {
  return app
      .add_option_function<std::string>(
          name, [&target](const std::string& id) { target = vit::choice_by_id<Enum>(id); }, help)
      ->type_name("NAME")
      ->check(CLI::IsMember(vit::choice_ids<Enum>()));
}

/// For numbers: ranges let NaN pass.
CLI::Validator is_finite();

/// --model and what overrides a checkpoint's guesses. `options` must outlive the parsing.
void add_model_options(CLI::App& app, RunOptions& options);
/// --resize, --crop, --crop-rounding, --interpolation, --mean, --std, --icc, --levels.
void add_preprocessing_options(CLI::App& app, RunOptions& options);
/// --image and the preprocessing.
void add_image_options(CLI::App& app, RunOptions& options);
/// --num-heads, --heads-off, --kernel, --threads, dropout.
void add_settings_options(CLI::App& app, RunOptions& options);
/// --class-token-only. `where` says what it does to this command's output.
void add_extent_option(CLI::App& app, vit::Extent& extent, const std::string& where);
/// Model, image and settings.
void add_run_options(CLI::App& app, RunOptions& options);
/// --other-model, --other-image, --other-crop, --other-num-heads …: what side B has of its own.
void add_other_options(CLI::App& app, RunOptions& other);

/// The model of the options, by default the one among the assets. Shows a progress bar on a terminal. Throws
/// vit::Error.
std::shared_ptr<const vit::Model> open_model(const RunOptions& options);

enum class ImageNeed {
  required,     // a usage error without --image (or --pixels, where the command has it)
  or_generated  // without --image a generated picture of the network's own size: costs depend on sizes alone
};
Run open_run(const RunOptions& options, ImageNeed need);
/// Side B beside side A's run: what the options leave out follows side A (see OtherSide).
Run open_other(const RunOptions& other, const RunOptions& options_of_a, const Run& a);

/// The photo of the options; what is to be said of it goes to standard error. Throws vit::Error.
std::shared_ptr<const vit::Image> open_image(const RunOptions& options);

/// A picture of pseudo-random pixels, the same on every machine.
vit::Image generated_image(int width, int height);

/// Throws UsageError if both go to standard output, where nobody could tell one from the other.
void refuse_two_on_stdout(const std::string& json, const std::string& csv);

/// Writes to a file, or to standard output for "-". Makes the file's folder. Throws vit::Error; what standard output
/// refuses shows when the command ends.
void write_output(const std::string& file, const std::string& text);

/// Text for a terminal: names of files and tensors may hold line breaks, and what moves its cursor; such bytes are
/// shown, not sent.
std::string printable(const std::string& text);

/// "1,258,219,584"
std::string with_separators(double number);

}  // namespace headlight
