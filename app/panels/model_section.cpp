// The model and image sections of the left column.
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "app/panels/left_column.h"
#include "app/ui/widgets.h"
#include "app/workspace.h"

namespace headlight {

namespace {

std::string short_count(double count) {
  char text[32];
  const char* unit = count >= 1e9 ? "G" : count >= 1e6 ? "M" : count >= 1e3 ? "k" : "";
  const double scale = count >= 1e9 ? 1e9 : count >= 1e6 ? 1e6 : count >= 1e3 ? 1e3 : 1;
  std::snprintf(text, sizeof text, count >= 1e3 ? "%.3g %s" : "%.0f%s", count / scale, unit);
  return text;
}

/// The file's own name, as people know it; "random:…" stays whole.
std::string title_of(const std::string& source) {
  if (source.rfind("random:", 0) == 0) return source;
  const std::filesystem::path path(source);
  return (path.has_filename() ? path.filename() : path.parent_path().filename()).string();
}

void two_buttons(Workspace& work, const char* left, const std::string& left_label, const char* left_tooltip,
                 const char* command, const char* right, const std::string& right_label, const char* right_tooltip,
                 bool& right_open, bool right_enabled) {
  const float width = (ImGui::GetContentRegionAvail().x - ImGui::GetStyle().ItemSpacing.x) / 2;
  if (ui::button(work.ui,
                 {.id = left, .label = left_label, .tooltip = left_tooltip, .key = work.commands.keys_of(command)},
                 width))
    work.commands.get(command).run();
  ImGui::SameLine();
  if (ui::button(work.ui, {.id = right, .label = right_label, .tooltip = right_tooltip, .enabled = right_enabled},
                 width))
    right_open = !right_open;
}

}  // namespace

void draw_model_section(Workspace& work) {
  ui::Ui& ui = work.ui;
  const auto& model = work.session.model();
  ui::heading(ui, "MODEL", model ? model->config.family : "");
  const float width = ImGui::GetContentRegionAvail().x;
  if (model) {
    const vit::ModelConfig& c = model->config;
    const std::string title = title_of(work.session.model_source());
    ui.announce(title);
    ui::text(ui, ui::Type::strong, ui.theme.text, ui::shortened(ui, ui::Type::strong, title, width, true));
    char line[160];
    std::snprintf(line, sizeof line, "%d blocks · %d heads · C %d", c.depth, c.num_heads, c.channels);
    ui::text(ui, ui::Type::body, ui.theme.soft, line);
    const int prefix = c.prefix_tokens();
    const std::string tokens = prefix == 0                    ? ""
                               : prefix == 1 && c.class_token ? " + class"
                                                              : " + " + std::to_string(prefix);
    std::snprintf(line, sizeof line, "patch %d · %d×%d%s · %s", c.patch_px, c.grid_height, c.grid_width, tokens.c_str(),
                  short_count(static_cast<double>(model->report.parameters)).c_str());
    ui::text(ui, ui::Type::body, ui.theme.soft, line);
  } else {
    const bool loading = work.session.status().doing == WorkerStatus::Doing::loading_model;
    ui::text(ui, ui::Type::body, ui.theme.soft, loading ? "Loading…" : "No model is open.");
  }
  two_buttons(work, "model.open", "Open…", "Opens a checkpoint: safetensors and other formats, or a folder.",
              "file.open_model", "model.report", "Report",
              "What was read from the checkpoint, what follows from it, and what was guessed.", work.report_open,
              model != nullptr);
  ui::gap(ui, 6);
}

void draw_image_section(Workspace& work) {
  ui::Ui& ui = work.ui;
  const auto& image = work.session.image();
  char line[160] = "";
  if (image) std::snprintf(line, sizeof line, "%d×%d", image->width, image->height);
  ui::heading(ui, "IMAGE", line);
  const float width = ImGui::GetContentRegionAvail().x;
  if (image) {
    const std::string title = title_of(work.session.image_source());
    ui.announce(title);
    ui::text(ui, ui::Type::strong, ui.theme.text, ui::shortened(ui, ui::Type::strong, title, width, true));
    if (const auto& trace = work.session.trace()) {
      const vit::Pixels& p = *trace->pixels;
      std::snprintf(line, sizeof line, "%.0f×%.0f of it → %d×%d px", p.box.width, p.box.height, p.width, p.height);
      ui::text(ui, ui::Type::body, ui.theme.soft, ui::shortened(ui, ui::Type::body, line, width));
    }
  } else {
    const bool loading = work.session.status().doing == WorkerStatus::Doing::loading_image;
    ui::text(ui, ui::Type::body, ui.theme.soft, loading ? "Loading…" : "No photo is open.");
  }
  two_buttons(work, "image.open", "Open…", "Opens a photo. You can also drop a file on the window.", "file.open_image",
              "image.preprocess", "Prepare",
              "How the photo becomes the network's input: resize, crop, mean and standard deviation.",
              work.preprocessing_open, work.session.model() != nullptr);
  ui::gap(ui, 6);
}

}  // namespace headlight
