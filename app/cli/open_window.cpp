#include <memory>

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/hint.h"
#include "app/cli/interrupt.h"
#include "app/window/window.h"

#include <filesystem>
#include <system_error>
#include <vector>

namespace headlight {
namespace {

/// A mistyped command looks like an image that does not exist; the hint saves a puzzled look at the file system.
void check_image_or_command(const CLI::App& root, const std::string& image) {
  std::error_code ignored;
  if (image.empty() || std::filesystem::exists(image, ignored)) return;
  std::vector<std::string> commands;
  for (const CLI::App* command : root.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_name().empty()) commands.push_back(command->get_name());
  if (const auto meant = nearest_word(image, commands))
    throw UsageError("there is no file \"" + image + "\"; did you mean the command " + *meant + "?");
}

/// A view says what all these say.
void refuse_beside_view(const CLI::App& root) {
  for (const CLI::Option* option : root.get_options()) {
    const std::string& group = option->get_group();
    const bool of_run = group == "Model" || group == "Image" || group == "Preprocessing" || group == "Settings" ||
                        option->get_name() == "IMAGE" || option->get_name() == "--tab";
    if (of_run && option->count() > 0)
      throw UsageError(option->get_name() + " and --view exclude each other; change it in the window.");
  }
}

}  // namespace

void add_window_options(CLI::App& root, Action& action) {
  auto options = std::make_shared<WindowOptions>();
  root.add_option("IMAGE", options->run.image, "Photograph to open in the window (default: a sample photograph)");
  add_model_options(root, options->run);
  add_image_options(root, options->run);
  add_settings_options(root, options->run);
  root.add_option("--view", options->view, "Open a view that was saved, or a picture with one in it")
      ->type_name("FILE")
      ->group("Window");
  root.add_option("--screenshot", options->screenshot, "Write the window as PNG once the first maps are shown, and end")
      ->type_name("FILE")
      ->group("Window");
  root.add_option("--ui-scale", options->ui_scale, "Size of everything in the window (default: as the display says)")
      ->type_name("X")
      ->check(is_finite())
      ->check(CLI::Range(0.5, 4.0))
      ->group("Window");
  root.add_option("--ui-map", options->ui_map, "After each frame write what is shown, and where, as JSON")
      ->type_name("FILE")
      ->group("Window");
  root.add_option("--frame-log", options->frame_log, "Write the time of each frame by phase")
      ->type_name("FILE")
      ->group("Window");
  add_choice(root, "--theme", options->theme, "Colours of the window")->group("Window");
  root.add_option("--tab", options->tab, "Page to open: " + pages_in_words())
      ->check(CLI::IsMember(page_ids()))
      ->type_name("NAME")
      ->group("Window");
  root.add_option("--width", options->width, "Width of the window")
      ->type_name("PX")
      ->check(CLI::Range(320, 16384))
      ->group("Window");
  root.add_option("--height", options->height, "Height of the window")
      ->type_name("PX")
      ->check(CLI::Range(240, 16384))
      ->group("Window");
  action = [&root, options] {
    check_image_or_command(root, options->run.image);
    if (!options->view.empty()) refuse_beside_view(root);
    const Interrupt interrupt;
    return run_window(*options, interrupt.token());
  };
}

}  // namespace headlight
