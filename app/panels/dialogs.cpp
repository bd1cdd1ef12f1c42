#include "app/panels/dialogs.h"

#include <algorithm>
#include <array>
#include <string>

#include "app/panels/bench.h"
#include "app/panels/dialog_frame.h"
#include "app/panels/menu_bar.h"
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
  const auto line = [&](const std::string& key, const std::string& name, const std::string& words) {
    column_text(ui, 0, ui.theme.accent, key, keys + 1);
    column_text(ui, name_x, ui.theme.text, name, names + 1);
    wrapped_column_text(ui, words_x, ui.theme.soft, words, width - words_x - gap);
  };
  for (const char* menu : kMenus) {
    ui::gap(ui, 4);
    ui::heading(ui, menu);
    for (const bool with_key : {true, false})
      for (const Command& command : bench.commands.all())
        if (command.menu == menu && !command.keys.empty() == with_key)
          line(bench.commands.keys_of(command.id), command.name, command.tooltip);
  }
  ui::gap(ui, 6);
  ui::heading(ui, "Mouse");
  constexpr std::array<std::array<const char*, 2>, 6> kMouse = {{
      {"Click a patch", "in the photo or any tile: it becomes the query"},
      {"Click a caption", "shows that head's map in the photo"},
      {"Right click on a tile", "its head's factor: scales what it says to the blocks behind it"},
      {"Wheel", "zooms the photo about the cursor"},
      {"Right or middle drag", "moves the photo"},
      {"Drop a file", "opens it: a photo or a model, as its content says"},
  }};
  for (const auto& [what, does] : kMouse) {
    column_text(ui, 0, ui.theme.accent, what, words_x);
    wrapped_column_text(ui, words_x, ui.theme.soft, does, width - words_x - gap);
  }
  end_dialog();
}

}  // namespace headlight
