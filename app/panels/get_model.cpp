// The models that `headlight get` knows, as a list with a button for each; the one being fetched shows its progress.
#include <cmath>
#include <filesystem>
#include <string>

#include "app/hub/model_hub.h"
#include "app/panels/bench.h"
#include "app/panels/dialog_frame.h"
#include "app/panels/dialogs.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"
#include "engine/base/error.h"

namespace headlight {

namespace {

constexpr float kRow = 50, kButton = 84, kSize = 84;  // points

void draw_progress(const ui::Ui& ui, ImVec2 at, float width, const HubProgress& progress) {
  const double total = static_cast<double>(progress.total), done = static_cast<double>(progress.done);
  const std::string words =
      progress.total > 0 ? progress.file + ", " + bytes_text(done) + " of " + bytes_text(total) : "asking the server…";
  ui::draw_text(ui, ui::Type::small, at, ui.theme.soft, words);
  const float y = at.y + ui.fonts.size(ui::Type::small) + ui.px(6),
              part = total > 0 ? static_cast<float>(done / total) : 0;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled({at.x, y}, {at.x + width, y + ui.px(3)}, ui.theme.track, ui.px(2));
  list.AddRectFilled({at.x, y}, {at.x + width * part, y + ui.px(3)}, ui.theme.accent, ui.px(2));
}

/// One line of the list. `folder` is where fetched models lie.
void draw_row(Bench& bench, const HubModel& model, const std::filesystem::path& folder) {
  ui::Ui& ui = bench.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  const std::string id = "get." + model.name, coming = bench.fetch.name();
  const bool comes = coming == model.name;
  std::error_code error;
  const bool here = !comes && std::filesystem::exists(folder / model.name / "model.safetensors", error);
  const float words = width - ui.px(kButton + kSize + 16);
  ui::draw_text(ui, ui::Type::strong, {at.x, at.y + ui.px(4)}, ui.theme.text,
                ui::shortened(ui, ui::Type::strong, model.name, words));
  const ImVec2 below{at.x, at.y + ui.px(7) + ui.fonts.size(ui::Type::strong) * 1.15f};
  if (comes)
    draw_progress(ui, below, words, bench.fetch.progress());
  else
    ui::draw_text(ui, ui::Type::body, below, ui.theme.soft,
                  ui::shortened(ui, ui::Type::body, model.description, words));
  const std::string size = here ? "here" : bytes_text(1e6 * model.megabytes);
  const float size_width = ui::measure(ui, ui::Type::body, size).x;
  const float text_y = at.y + (ui.px(kRow) - ui.fonts.size(ui::Type::body)) / 2 - ui.px(3);
  ui::draw_text(ui, ui::Type::body, {at.x + width - ui.px(kButton + 14) - size_width, text_y},
                here ? ui.theme.good : ui.theme.soft, size);
  ImGui::SetCursorScreenPos({at.x + width - ui.px(kButton), text_y - ui.px(5)});
  if (comes) {
    if (ui::button(ui,
                   {.id = id, .label = "Cancel", .tooltip = "Stops; what has come so far is kept for the next time."},
                   ui.px(kButton)))
      bench.fetch.cancel();
  } else if (here) {
    if (ui::button(ui, {.id = id, .label = "Open", .tooltip = "Opens the model, which was fetched before."},
                   ui.px(kButton))) {
      bench.session.open_model((folder / model.name).string());
      bench.dialogs.get = false;
    }
  } else if (ui::button(ui,
                        {.id = id,
                         .label = "Get",
                         .tooltip = "Fetches it from Hugging Face and opens it.",
                         .enabled = coming.empty(),
                         .reason = "One comes at a time."},
                        ui.px(kButton))) {
    bench.fetch.start(model, folder);
  }
  ImGui::SetCursorScreenPos({at.x, at.y + ui.px(kRow) - ui.px(5)});
  const ImVec2 line = ImGui::GetCursorScreenPos();
  ImGui::GetWindowDrawList()->AddLine(line, {line.x + width, line.y}, ui.theme.line);
  ImGui::Dummy({1, 1});
}

}  // namespace

void draw_get_model(Bench& bench) {
  if (!begin_dialog(bench, "get", "Get a model", {680, 480}, bench.dialogs.get)) return;
  const ui::Ui& ui = bench.ui;
  try {
    const std::filesystem::path folder = hub_folder();
    for (const HubModel& model : hub_models()) draw_row(bench, model, folder);
    ui::gap(ui, 2);
    ui::wrapped(ui, ui::Type::small, ui.theme.faint,
                "From Hugging Face into " + folder.string() +
                    ". Any other repository there: headlight get OWNER/NAME on the command line.");
  } catch (const vit::Error& error) {
    ui::wrapped(ui, ui::Type::body, ui.theme.text, error.what());
  }
  end_dialog();
}

}  // namespace headlight
