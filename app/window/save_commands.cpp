// The commands of the Export sheet, which writes what `headlight export` writes.
#include <GLFW/glfw3.h>

#include "app/panels/bench.h"
#include "app/panels/export_subject.h"
#include "app/window/commands.h"

namespace headlight {

void add_save_commands(Bench& bench) {
  const auto ready = [&bench] { return can_export(bench); };
  bench.commands.add({.id = "export.sheet",
                      .menu = "Export",
                      .name = "Export…",
                      .keys = {{GLFW_KEY_E, kControl}},
                      .tooltip = "Map, overlay, all heads, grid or cost table as PNG, PDF, SVG, NPY or CSV, with a "
                                 "preview and the command that writes the same.",
                      .run = [&bench] { bench.dialogs.sheet = !bench.dialogs.sheet; },
                      .enabled = ready});
  bench.commands.add({.id = "export.save",
                      .menu = "Export",
                      .name = "Save figure…",
                      .keys = {{GLFW_KEY_S, kControl}},
                      .tooltip = "Saves what the Export sheet was set to last; at first the chosen map over the photo.",
                      .run = [&bench] { bench.dialogs.save_sheet = true; },
                      .enabled = ready});
}

}  // namespace headlight
