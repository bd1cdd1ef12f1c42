#include "app/panels/dialogs.h"

#include <algorithm>
#include <array>
#include <string>

#include "app/panels/bench.h"
#include "app/panels/dialog_frame.h"
#include "app/ui/widgets.h"

namespace headlight {

void draw_help(Bench& bench) {
  if (!begin_dialog(bench, "help", "Keys", {860, 720}, bench.dialogs.help)) return;
  ui::Ui& ui = bench.ui;
  const float width = ImGui::GetContentRegionAvail().x, gap = ui.px(18);
  float keys = 0, names = 0;  // px, the widest
  for (const Command& command : bench.commands.all()) {
    keys = std::max(keys, ui::measure(ui, ui::Type::body, bench.commands.keys_of(command.id)).x);
    names = std::max(names, ui::measure(ui, ui::Type::body, command.name).x);
  }
  const float name_x = keys + gap, words_x = name_x + names + gap;
  std::string menu;
  for (const Command& command : bench.commands.all()) {
    if (command.menu != menu) {
      menu = command.menu;
      ui::gap(ui, 4);
      ui::heading(ui, menu);
    }
    column_text(ui, 0, ui.theme.accent, bench.commands.keys_of(command.id), keys + 1);
    column_text(ui, name_x, ui.theme.text, command.name, names + 1);
    wrapped_column_text(ui, words_x, ui.theme.soft, command.tooltip, width - words_x - gap);
  }
  ui::gap(ui, 6);
  ui::heading(ui, "MOUSE");
  constexpr std::array<std::array<const char*, 2>, 6> kMouse = {{
      {"Click a patch", "in the photo or any tile: it becomes the query"},
      {"Click a caption", "shows that head's map in the photo"},
      {"Right click on a tile", "its head's factor: scales what it says to the blocks behind it"},
      {"Wheel", "zooms the photo about the cursor"},
      {"Right or middle drag", "moves the photo"},
      {"Drop a file", "opens it: a photo or a model, as its content says"},
  }};
  for (const auto& [what, does] : kMouse) {
    column_text(ui, 0, ui.theme.accent, what, ui.px(170));
    wrapped_column_text(ui, ui.px(178), ui.theme.soft, does, width - ui.px(196));
  }
  end_dialog();
}

}  // namespace headlight
