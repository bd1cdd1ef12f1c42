#include "app/panels/dialogs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/panels/dialog_frame.h"
#include "app/ui/choose.h"
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
  constexpr std::array<std::array<const char*, 2>, 5> kMouse = {{
      {"Click a patch", "in the photo or any tile: it becomes the query"},
      {"Click a caption", "shows that head's map in the photo"},
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

void draw_preprocessing(Bench& bench) {
  if (!bench.session.model()) bench.dialogs.preprocessing = false;
  if (!begin_dialog(bench, "prepare", "How the photo becomes the input", {520, 660}, bench.dialogs.preprocessing))
    return;
  ui::Ui& ui = bench.ui;
  vit::Preprocessing& p = bench.session.preprocessing;
  ui::wrapped(ui, ui::Type::body, ui.theme.soft, vit::describe(p));
  ui::gap(ui, 6);
  ui::choose(ui, {.id = "prepare.resize", .label = "Resize", .tooltip = "Which side gets the size below."}, p.resize);
  ui::choose(ui,
             {.id = "prepare.crop",
              .label = "Crop",
              .tooltip = "A window of the input size from the middle, or all of the picture down to whole patches."},
             p.crop);
  ui::choose(ui,
             {.id = "prepare.interpolation",
              .label = "Interpolation",
              .tooltip = "The antialiased filter of the resize, as PIL has it."},
             p.interpolation);
  const int patch = bench.session.model()->config.patch_px;
  const int most = std::max(64 * patch, std::max(p.resize_px, p.width));
  if (p.resize == vit::ResizeRule::squash) {
    const int side = std::min(p.width, p.height);
    int px = static_cast<int>(std::lround(side * p.squash_scale));
    if (ui::slider(ui,
                   {.id = "prepare.squash_px",
                    .label = "Squash to",
                    .tooltip = "Both sides before the crop; the input size leaves nothing to crop."},
                   px, side, 2 * side, fmt::format("{} px", px)))
      p.squash_scale = static_cast<double>(px) / side;
  } else {
    ui::slider(ui,
               {.id = "prepare.resize_px",
                .label = "Resize to",
                .tooltip = "Pixels of the side that the rule names.",
                .enabled = p.resize != vit::ResizeRule::none},
               p.resize_px, patch, most, fmt::format("{} px", p.resize_px));
  }
  if (p.crop == vit::CropRule::center || p.resize == vit::ResizeRule::squash) {
    int patches = p.width / patch;
    if (ui::slider(ui,
                   {.id = "prepare.size",
                    .label = "Input size",
                    .tooltip = "Width and height of what the network reads, in whole patches."},
                   patches, 1, most / patch, fmt::format("{} px = {} patches", p.width, p.width / patch))) {
      p.resize_px =
          std::max(1, static_cast<int>(std::lround(static_cast<double>(p.resize_px) * patches * patch / p.width)));
      p.width = p.height = patches * patch;
    }
  }
  if (p.crop == vit::CropRule::center)
    ui::check(ui,
              {.id = "prepare.crop_rounds_down",
               .label = "Round an odd surplus down",
               .tooltip = "Where the crop cannot be exactly in the middle: on, as Hugging Face does; off, to the even "
                          "pixel, as torchvision does."},
              p.crop_rounds_down);
  constexpr std::array<const char*, 3> kChannels = {"red", "green", "blue"};
  for (std::size_t c = 0; c < 3; ++c) {
    ui::slider(ui,
               {.id = std::string("prepare.mean.") + kChannels[c],
                .label = std::string("Mean, ") + kChannels[c],
                .tooltip = "Is taken off the channel's values, 0 to 1."},
               p.mean[c], 0.f, 1.f, fmt::format("{:.4f}", p.mean[c]));
  }
  for (std::size_t c = 0; c < 3; ++c) {
    ui::slider(ui,
               {.id = std::string("prepare.std.") + kChannels[c],
                .label = std::string("Deviation, ") + kChannels[c],
                .tooltip = "Divides the channel's values after the mean is taken off."},
               p.std[c], 0.01f, 1.f, fmt::format("{:.4f}", p.std[c]));
  }
  ui::gap(ui, 4);
  if (ui::button(ui, {.id = "prepare.reset",
                      .label = "As the model says",
                      .tooltip = "Back to the model's own preprocessing.",
                      .enabled = !(p == bench.session.model()->preprocessing)}))
    p = bench.session.model()->preprocessing;
  end_dialog();
}

}  // namespace headlight
