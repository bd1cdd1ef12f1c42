#include "app/window/commands.h"

#include <GLFW/glfw3.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>

#include "app/panels/bench.h"
#include "app/panels/open_files.h"
#include "app/panels/tour.h"
#include "engine/base/lower.h"
#include "engine/image/image_format.h"

namespace headlight {

namespace {

using Path = std::filesystem::path;

void open_image(Bench& bench) {
  browse_photos(bench, [&bench](const Path& path) {
    open_photo_or_view(bench, path.string());
    if (bench.picture_of_view == path) bench.browser.close();  // a view has files of its own
  });
}

void open_model(Bench& bench) {
  browse_models(bench, [&bench](const Path& path) { bench.session.open_model(path.string()); });
}

/// Drops a list down from a name in the left column, which comes back for it.
void drop_down(Bench& bench, bool& list) {
  if (!bench.side_columns.shown(SideColumns::Side::left)) bench.side_columns.toggle(SideColumns::Side::left);
  list = true;
}

void add_file_commands(Bench& bench) {
  CommandTable& table = bench.commands;
  table.add({.id = "file.open_image",
             .menu = "File",
             .name = "Open photo…",
             .keys = {{GLFW_KEY_O, kControl}},
             .tooltip = "Opens a photo: " + vit::readable_formats() + ".",
             .run = [&bench] { open_image(bench); }});
  add_sequence_file_commands(bench);
  table.add({.id = "file.open_model",
             .menu = "File",
             .name = "Open model…",
             .keys = {{GLFW_KEY_M, kControl}},
             .tooltip = "Opens a checkpoint of a Vision Transformer.",
             .run = [&bench] { open_model(bench); }});
  table.add({.id = "file.photos",
             .menu = "File",
             .name = "Photos",
             .keys = {},
             .tooltip = "Lists the photos that ship with the program and those opened last.",
             .run = [&bench] { drop_down(bench, bench.dialogs.list_photos); },
             .separated = true});
  table.add({.id = "file.models",
             .menu = "File",
             .name = "Models",
             .keys = {},
             .tooltip = "Lists the networks that ship with the program and those opened last.",
             .run = [&bench] { drop_down(bench, bench.dialogs.list_models); }});
  table.add({.id = "file.get_model",
             .menu = "File",
             .name = "Get a model…",
             .keys = {{GLFW_KEY_G, kControl}},
             .tooltip = "Lists well-known models, fetches one from Hugging Face and opens it.",
             .run = [&bench] { bench.dialogs.get = !bench.dialogs.get; }});
}

void add_quit_command(Bench& bench) {
  bench.commands.add({.id = "file.quit",
                      .menu = "File",
                      .name = "Quit",
                      .keys = {{GLFW_KEY_Q, kControl}},
                      .tooltip = "Ends the program.",
                      .run = [&bench] { bench.quit = true; },
                      .separated = true});
}

void add_cost_commands(Bench& bench) {
  Session& session = bench.session;
  View& view = session.view;
  const auto ready = [&session] { return session.trace() != nullptr; };
  bench.commands.add({.id = "cost.scope",
                      .menu = "Analysis",
                      .name = "Cost of the whole network",
                      .keys = {{GLFW_KEY_M, 0}},
                      .tooltip = "On: the cost table adds up all blocks. Off: it shows the chosen one.",
                      .run = [&view] { view.cost_of_model = !view.cost_of_model; },
                      .enabled = ready,
                      .checked = [&view] { return view.cost_of_model; },
                      .separated = true});
  bench.commands.add({.id = "cost.sweep",
                      .menu = "Analysis",
                      .name = "Measure all head counts",
                      .keys = {{GLFW_KEY_W, 0}},
                      .tooltip = "Measures every possible head count; again: stops.",
                      .run = [&session] { session.toggle_sweep(); },
                      .enabled = ready});
}

void add_help_commands(Bench& bench) {
  bench.commands.add({.id = "help.keys",
                      .menu = "Help",
                      .name = "Keys",
                      .keys = {{GLFW_KEY_F1, 0}},
                      .tooltip = "Lists every command with its key.",
                      .run = [&bench] { bench.dialogs.help = !bench.dialogs.help; },
                      .checked = [&bench] { return bench.dialogs.help; }});
  bench.commands.add({.id = "help.tour",
                      .menu = "Help",
                      .name = "Walk through a pass",
                      .keys = {},
                      .tooltip = "Explains one step of the network after the other, on the photo that is open.",
                      .run = [&bench] { begin_tour(bench); },
                      .enabled = [&bench] { return bench.session.trace() != nullptr; },
                      .checked = [&bench] { return bench.tour.on(); }});
}

}  // namespace

void add_commands(Bench& bench) {
  add_file_commands(bench);
  add_view_file_commands(bench);
  add_quit_command(bench);
  add_look_commands(bench);
  add_analysis_commands(bench);
  add_input_commands(bench);
  add_compare_commands(bench);
  add_sequence_commands(bench);
  add_save_commands(bench);
  add_cost_commands(bench);
  add_help_commands(bench);
}

void open_by_content(Bench& bench, const char* path) {
  std::array<std::byte, 32> head{};
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) {
    std::ifstream stream(path, std::ios::binary);
    stream.read(reinterpret_cast<char*>(head.data()), head.size());
  }
  const std::string ending = vit::lower(std::filesystem::path(path).extension().string());
  const auto endings = vit::picture_endings();
  // A safetensors file begins with a number, which may look like any signature.
  const auto kind = ending == ".safetensors" ? std::nullopt : vit::kind_of_file(head, path);
  if (Session::opens_as_sequence(path))
    bench.session.open_sequence(path);
  else if ((kind && kind->is_picture()) || std::find(endings.begin(), endings.end(), ending) != endings.end())
    open_photo_or_view(bench, path);
  else if (!open_if_view(bench, path))
    bench.session.open_model(path);
}

}  // namespace headlight
