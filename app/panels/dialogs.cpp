#include "app/panels/dialogs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "app/ui/widgets.h"
#include "app/workspace.h"

namespace headlight {

namespace {

/// A floating window in the middle with a title and a close button; call `end_dialog` if it returns true.
bool begin_dialog(Workspace& work, const char* id, const char* title, ImVec2 points, bool& open) {
  if (!open) return false;
  ui::Ui& ui = work.ui;
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const ImVec2 size{std::min(ui.px(points.x), screen.x * 0.95f), std::min(ui.px(points.y), screen.y * 0.9f)};
  ImGui::SetNextWindowSize(size, ImGuiCond_Appearing);
  ImGui::SetNextWindowPos({std::floor((screen.x - size.x) / 2), std::floor((screen.y - size.y) / 2)},
                          ImGuiCond_Appearing);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(18), ui.px(14)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1.f);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.theme.panel);
  ImGui::Begin(id, nullptr,
               ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoCollapse);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
  ui::text(ui, ui::Type::title, ui.theme.text, title);
  ImGui::SameLine();
  const float width = ui.px(70);
  ImGui::SetCursorScreenPos({ImGui::GetWindowPos().x + ImGui::GetWindowSize().x - ui.px(18) - width,
                             ImGui::GetCursorScreenPos().y - ui.px(4)});
  if (ui::button(ui,
                 {.id = std::string(id) + ".close", .label = "Close", .tooltip = "Closes this window.", .key = "Esc"},
                 width))
    open = false;
  ui::gap(ui, 2);
  ImGui::BeginChild("content", {0, 0}, false);
  return true;
}

void end_dialog() {
  ImGui::EndChild();
  ImGui::End();
}

void column_text(const ui::Ui& ui, float x, ImU32 color, std::string_view text, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ui::draw_text(ui, ui::Type::body, {at.x + x, at.y}, color, ui::shortened(ui, ui::Type::body, text, width));
}

void next_line(const ui::Ui& ui) {
  ImGui::Dummy({1, ui.fonts.size(ui::Type::body) + ui.px(1)});
}

}  // namespace

void draw_help(Workspace& work) {
  if (!begin_dialog(work, "help", "Keys", {760, 720}, work.help_open)) return;
  ui::Ui& ui = work.ui;
  const float width = ImGui::GetContentRegionAvail().x;
  std::string menu;
  for (const Command& command : work.commands.all()) {
    if (command.menu != menu) {
      menu = command.menu;
      ui::gap(ui, 4);
      ui::heading(ui, menu);
    }
    column_text(ui, 0, ui.theme.accent, work.commands.keys_of(command.id), ui.px(130));
    column_text(ui, ui.px(138), ui.theme.text, command.name, ui.px(170));
    column_text(ui, ui.px(316), ui.theme.soft, command.tooltip, width - ui.px(324));
    next_line(ui);
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
    column_text(ui, ui.px(178), ui.theme.soft, does, width - ui.px(186));
    next_line(ui);
  }
  end_dialog();
}

void draw_model_report(Workspace& work) {
  if (!work.session.model()) work.report_open = false;
  if (!begin_dialog(work, "report", "What the program knows of this model", {760, 620}, work.report_open)) return;
  ui::Ui& ui = work.ui;
  const vit::Model& model = *work.session.model();
  const float width = ImGui::GetContentRegionAvail().x;
  ui.announce(model.report.file);
  char line[96];
  ui::label_value(ui, "File", model.report.file);
  ui::label_value(ui, "Format", model.report.format);
  ui::label_value(ui, "Family", model.report.family + (model.report.reason.empty() ? "" : ", " + model.report.reason));
  std::snprintf(line, sizeof line, "%.2f million, %.1f MB as packed",
                static_cast<double>(model.report.parameters) / 1e6,
                static_cast<double>(model.report.weight_bytes) / 1e6);
  ui::label_value(ui, "Parameters", line);
  std::snprintf(line, sizeof line, "%zu used, %zu unused, %zu missing", model.report.used.size(),
                model.report.unused.size(), model.report.missing.size());
  ui::label_value(ui, "Tensors", line);
  ui::gap(ui, 6);
  ui::heading(ui, "FACTS");
  for (const vit::Fact& fact : model.report.facts) {
    const bool sure = fact.source == vit::Source::read || fact.source == vit::Source::implied;
    column_text(ui, 0, ui.theme.soft, fact.name, ui.px(130));
    column_text(ui, ui.px(138), ui.theme.text, fact.value, ui.px(190));
    column_text(ui, ui.px(334), sure ? ui.theme.soft : ui.theme.accent, vit::name_of(fact.source), ui.px(90));
    column_text(ui, ui.px(426), ui.theme.faint, fact.reason, width - ui.px(430));
    next_line(ui);
  }
  for (const auto& [title, names] :
       {std::pair{"UNUSED TENSORS", &model.report.unused}, {"MISSING TENSORS", &model.report.missing}}) {
    if (names->empty()) continue;
    ui::gap(ui, 6);
    ui::heading(ui, title);
    for (const std::string& name : *names) ui::text(ui, ui::Type::small, ui.theme.soft, name);
  }
  end_dialog();
}

void draw_preprocessing(Workspace& work) {
  if (!work.session.model()) work.preprocessing_open = false;
  if (!begin_dialog(work, "prepare", "How the photo becomes the input", {520, 620}, work.preprocessing_open)) return;
  ui::Ui& ui = work.ui;
  vit::Preprocessing& p = work.session.preprocessing;
  ui::wrapped(ui, ui::Type::body, ui.theme.soft, vit::describe(p));
  ui::gap(ui, 6);
  constexpr std::array<const char*, 4> kResize = {"shorter side", "longer side", "squash", "none"};
  constexpr std::array<const char*, 2> kCrop = {"centre", "multiple of the patch"};
  constexpr std::array<const char*, 4> kFilters = {"nearest", "bilinear", "bicubic", "lanczos"};
  int resize = static_cast<int>(p.resize), crop = static_cast<int>(p.crop), filter = static_cast<int>(p.interpolation);
  if (ui::choice(ui, {.id = "prepare.resize", .label = "Resize", .tooltip = "Which side gets the size below."}, resize,
                 kResize))
    p.resize = static_cast<vit::ResizeRule>(resize);
  if (ui::choice(
          ui,
          {.id = "prepare.crop",
           .label = "Crop",
           .tooltip = "A window of the input size from the middle, or all of the picture down to whole patches."},
          crop, kCrop))
    p.crop = static_cast<vit::CropRule>(crop);
  if (ui::choice(ui,
                 {.id = "prepare.interpolation",
                  .label = "Interpolation",
                  .tooltip = "The antialiased filter of the resize, as PIL has it."},
                 filter, kFilters))
    p.interpolation = static_cast<vit::Interpolation>(filter);
  char shown[32];
  const int patch = work.session.model()->config.patch_px;
  const int most = std::max(64 * patch, std::max(p.resize_px, p.width));
  std::snprintf(shown, sizeof shown, "%d px", p.resize_px);
  ui::slider(ui,
             {.id = "prepare.resize_px",
              .label = "Resize to",
              .tooltip = "Pixels of the side that the rule names.",
              .enabled = p.resize != vit::ResizeRule::none},
             p.resize_px, patch, most, shown);
  if (p.crop == vit::CropRule::center || p.resize == vit::ResizeRule::squash) {
    std::snprintf(shown, sizeof shown, "%d px = %d patches", p.width, p.width / patch);
    int patches = p.width / patch;
    if (ui::slider(ui,
                   {.id = "prepare.size",
                    .label = "Input size",
                    .tooltip = "Width and height of what the network reads, in whole patches."},
                   patches, 1, most / patch, shown)) {
      p.resize_px =
          std::max(1, static_cast<int>(std::lround(static_cast<double>(p.resize_px) * patches * patch / p.width)));
      p.width = p.height = patches * patch;
    }
  }
  constexpr std::array<const char*, 3> kChannels = {"red", "green", "blue"};
  for (std::size_t c = 0; c < 3; ++c) {
    std::snprintf(shown, sizeof shown, "%.4f", p.mean[c]);
    ui::slider(ui,
               {.id = std::string("prepare.mean.") + kChannels[c],
                .label = std::string("Mean, ") + kChannels[c],
                .tooltip = "Is taken off the channel's values, 0 to 1."},
               p.mean[c], 0.f, 1.f, shown);
  }
  for (std::size_t c = 0; c < 3; ++c) {
    std::snprintf(shown, sizeof shown, "%.4f", p.std[c]);
    ui::slider(ui,
               {.id = std::string("prepare.std.") + kChannels[c],
                .label = std::string("Deviation, ") + kChannels[c],
                .tooltip = "Divides the channel's values after the mean is taken off."},
               p.std[c], 0.01f, 1.f, shown);
  }
  ui::gap(ui, 4);
  if (ui::button(ui, {.id = "prepare.reset",
                      .label = "As the model says",
                      .tooltip = "Back to the model's own preprocessing.",
                      .enabled = !(p == work.session.model()->preprocessing)}))
    p = work.session.model()->preprocessing;
  end_dialog();
}

}  // namespace headlight
