// The commands of views: saved and opened as files, taken back and restored, and copied as a command line.
#include <GLFW/glfw3.h>
#include <imgui.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "app/export/view_export.h"
#include "app/files/write_file.h"
#include "app/pages/page.h"
#include "app/panels/bench.h"
#include "app/session/view_file.h"
#include "app/window/commands.h"
#include "engine/base/error.h"

namespace headlight {

namespace {

using Path = std::filesystem::path;

void warn(Bench& bench, const std::string& sentence) {
  bench.ui.announce(sentence);
  bench.toasts.warn(sentence);
}

void save_view(Bench& bench) {
  bench.browser.open({.mode = ui::FileBrowser::Mode::save_file,
                      .title = "Save the view",
                      .endings = {".json"},
                      .recent = {},
                      .folder = bench.preferences.folder,
                      .name = "view.json",
                      .chosen = [&bench, text = to_json(bench.session.wanted_view())](const Path& path) {
                        bench.session.run_errand([text, path](const std::stop_token&, const auto&) {
                          write_file(path, text);
                          return "Saved " + path.string() + ".";
                        });
                      }});
}

void open_view(Bench& bench) {
  bench.browser.open({.mode = ui::FileBrowser::Mode::open_file,
                      .title = "Open a view",
                      .endings = {".json", ".png"},
                      .recent = {},
                      .folder = bench.preferences.folder,
                      .name = {},
                      .chosen = [&bench](const Path& path) {
                        if (!open_if_view(bench, path.string()))
                          warn(bench, path.string() + " holds no view; choose a file that Save view… wrote, or a " +
                                          "picture that Headlight exported.");
                      }});
}

void show(Bench& bench, const SavedView& view) {
  const auto& pages = page_list();
  const std::string& page = view.wanted.view.page;
  if (std::none_of(pages.begin(), pages.end(), [&](const PageEntry& entry) { return entry.id == page; }))
    warn(bench, "The view has the page \"" + page + "\", which this program does not have.");
  bench.session.open_view(view);
}

void copy_command_line(Bench& bench) {
  const Session& session = bench.session;
  const Wanted wanted = mark_files(session.wanted_view()).wanted;
  ImGui::SetClipboardText(shell_line(export_arguments(wanted, *session.model(), "maps")).c_str());
  bench.toasts.say("Copied the command that writes this map into the folder maps.");
}

}  // namespace

bool open_if_view(Bench& bench, const std::string& path) {
  std::optional<SavedView> view;
  try {
    view = find_view(path);
  } catch (const vit::Error& error) {
    warn(bench, error.what());
    return true;
  }
  if (view) show(bench, *view);
  return view.has_value();
}

void open_photo_or_view(Bench& bench, const std::string& path) {
  if (Session::opens_as_sequence(path)) return bench.session.open_sequence(path);
  const bool again = std::exchange(bench.picture_of_view, {}) == path;
  std::optional<SavedView> view;
  try {
    if (!again) view = find_view(path);
  } catch (const vit::Error& error) {
    warn(bench, error.what());
  }
  if (!view) return bench.session.open_image(path);
  show(bench, *view);
  bench.picture_of_view = path;
  bench.toasts.say(Path(path).filename().string() +
                   " holds a view, which is opened. To see the picture as a photo, open it once more (Ctrl+O).");
}

void add_view_file_commands(Bench& bench) {
  CommandTable& table = bench.commands;
  Session& session = bench.session;
  table.add({.id = "file.open_view",
             .menu = "File",
             .name = "Open view…",
             .keys = {{GLFW_KEY_O, kControl | kShift}},
             .tooltip = "Opens a saved view, or what an exported picture shows: model, photo, settings and all.",
             .run = [&bench] { open_view(bench); },
             .separated = true});
  table.add({.id = "file.save_view",
             .menu = "File",
             .name = "Save view…",
             .keys = {{GLFW_KEY_V, kControl | kShift}},
             .tooltip = "Writes what is open, set and looked at into a small file that opens again.",
             .run = [&bench] { save_view(bench); },
             .enabled = [&session] { return session.model() != nullptr; }});
  table.add({.id = "edit.undo",
             .menu = "Edit",
             .name = "Undo",
             .keys = {{GLFW_KEY_Z, kControl}},
             .tooltip = "Takes the newest change of settings, input or view back.",
             .run = [&session] { session.undo(); },
             .enabled = [&session] { return session.can_undo(); },
             .reason = [] { return "There is nothing to take back."; }});
  table.add({.id = "edit.redo",
             .menu = "Edit",
             .name = "Redo",
             .keys = {{GLFW_KEY_Z, kControl | kShift}},
             .tooltip = "Makes the change again that was taken back.",
             .run = [&session] { session.redo(); },
             .enabled = [&session] { return session.can_redo(); },
             .reason = [] { return "Nothing was taken back."; }});
  table.add({.id = "edit.copy_command",
             .menu = "Edit",
             .name = "Copy as command line",
             .keys = {{GLFW_KEY_C, kControl | kShift}},
             .tooltip = "Copies the line for a terminal that writes the same picture.",
             .run = [&bench] { copy_command_line(bench); },
             .enabled = [&session] { return session.trace() != nullptr && session.image() != nullptr; },
             .separated = true});
}

}  // namespace headlight
