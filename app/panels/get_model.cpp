// The models that ship and those that `headlight get` knows, as a list with a button for each; the one being fetched
// shows its progress.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include "app/hub/model_hub.h"
#include "app/hub/shipped_models.h"
#include "app/panels/bench.h"
#include "app/panels/dialog_frame.h"
#include "app/panels/dialogs.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"
#include "engine/base/error.h"

namespace headlight {

namespace {

constexpr float kRow = 50, kButton = 84, kState = 112;  // points

void draw_progress(const ui::Ui& ui, ImVec2 at, float width, const HubProgress& progress) {
  const double total = static_cast<double>(progress.total), done = static_cast<double>(progress.done);
  const std::string words =
      progress.total > 0 ? progress.file + ", " + bytes_text(done) + " of " + bytes_text(total) : "asking the server…";
  ui::draw_text(ui, ui::Type::small, at, ui.theme.soft, words);
  const float y = at.y + ui.fonts.size(ui::Type::small) + ui.px(6),
              part = total > 0 ? static_cast<float>(done / total) : 0;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled({at.x, y}, {at.x + width, y + ui.px(3)}, ui.theme.track, ui.px(2));
  list.AddRectFilled({at.x, y}, {at.x + width * part, y + ui.px(3)}, ui.theme.mark, ui.px(2));
}

/// What stands in a line of the list besides its button.
struct Line {
  std::string title, name;  // and what the files call it
  std::string sentence;
  std::string state;  // its size, or that it is here
  bool here = false;
};

/// Draws all but the button and leaves the cursor where that belongs; `next` is where the next line begins.
void draw_line(const ui::Ui& ui, const Line& line, const HubProgress* progress, ImVec2& next) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, words = width - ui.px(kButton + kState + 20);
  const float strong = ui.fonts.size(ui::Type::strong), small = ui.fonts.size(ui::Type::small);
  const float title = ui::measure(ui, ui::Type::strong, line.title).x;
  ui::draw_text(ui, ui::Type::strong, {at.x, at.y + ui.px(4)}, ui.theme.text, line.title);
  ui::draw_text(ui, ui::Type::small, {at.x + title + ui.px(10), at.y + ui.px(4) + strong - small}, ui.theme.faint,
                ui::shortened(ui, ui::Type::small, line.name, words - title - ui.px(10), true));
  const ImVec2 below{at.x, at.y + ui.px(8) + strong};
  float height = ui.fonts.size(ui::Type::body);
  if (progress != nullptr) {
    draw_progress(ui, below, words, *progress);
  } else {
    ui::draw_text(ui, ui::Type::body, below, ui.theme.soft, line.sentence, words);
    height = ui::measure(ui, ui::Type::body, line.sentence, words).y;
  }
  const float row = std::max(ui.px(kRow), below.y - at.y + height + ui.px(9));
  const float state = ui::measure(ui, ui::Type::body, line.state).x;
  const float y = at.y + (row - ui.fonts.size(ui::Type::body)) / 2 - ui.px(2);
  ui::draw_text(ui, ui::Type::body, {at.x + width - ui.px(kButton + 14) - state, y},
                line.here ? ui.theme.good : ui.theme.soft, line.state);
  ImGui::GetWindowDrawList()->AddLine({at.x, at.y + row - 1}, {at.x + width, at.y + row - 1}, ui.theme.line);
  next = {at.x, at.y + row};
  ImGui::SetCursorScreenPos({at.x + width - ui.px(kButton), y - ui.px(5)});
}

void open_button(Bench& bench, const std::string& id, const std::filesystem::path& path, bool is_open) {
  if (!ui::button(bench.ui,
                  {.id = id,
                   .label = is_open ? "Is open" : "Open",
                   .tooltip = "Opens the model, which is on this computer.",
                   .enabled = !is_open},
                  bench.ui.px(kButton)))
    return;
  bench.session.open_model(path.string());
  bench.dialogs.get = false;
}

void end_line(ImVec2 next) {
  ImGui::SetCursorScreenPos(next);
  ImGui::Dummy({1, 1});
}

void draw_shipped(Bench& bench, const ShippedModel& model) {
  ImVec2 next;
  draw_line(bench.ui,
            {model.name, model.id, model.sentence, bytes_text(static_cast<double>(model.bytes)) + ", here", true},
            nullptr, next);
  open_button(bench, "get.shipped." + model.id, model.path, shipped_model(bench.session.model_source()) == &model);
  end_line(next);
}

/// `folder` is where fetched models lie.
void draw_known(Bench& bench, const HubModel& model, const std::filesystem::path& folder) {
  const std::string id = "get." + model.name, coming = bench.fetch.name();
  const bool comes = coming == model.name, here = !comes && is_fetched(model, folder);
  const HubProgress progress = comes ? bench.fetch.progress() : HubProgress{};
  ImVec2 next;
  draw_line(
      bench.ui,
      {model.title, model.name, model.description, bytes_text(1e6 * model.megabytes) + (here ? ", here" : ""), here},
      comes ? &progress : nullptr, next);
  if (comes) {
    if (ui::button(bench.ui,
                   {.id = id, .label = "Cancel", .tooltip = "Stops; what has come so far is kept for the next time."},
                   bench.ui.px(kButton)))
      bench.fetch.cancel();
  } else if (here) {
    open_button(bench, id, folder / model.name, (folder / model.name).string() == bench.session.model_source());
  } else if (ui::button(bench.ui,
                        {.id = id,
                         .label = "Get",
                         .tooltip = "Fetches it from Hugging Face and opens it.",
                         .enabled = coming.empty(),
                         .reason = "One comes at a time."},
                        bench.ui.px(kButton))) {
    bench.fetch.start(model, folder);
  }
  end_line(next);
}

}  // namespace

void draw_get_model(Bench& bench) {
  if (!begin_dialog(bench, "get", "Get a model", {780, 720}, bench.dialogs.get)) return;
  const ui::Ui& ui = bench.ui;
  try {
    const std::filesystem::path folder = hub_folder();
    ui::heading(ui, "WITH THE PROGRAM");
    for (const ShippedModel& model : shipped_models()) draw_shipped(bench, model);
    ui::gap(ui, 4);
    ui::heading(ui, "FROM HUGGING FACE");
    for (const HubModel& model : hub_models()) draw_known(bench, model, folder);
    ui::gap(ui, 2);
    ui::wrapped(ui, ui::Type::small, ui.theme.faint,
                "They come into " + folder.string() +
                    ". Any other repository there: headlight get OWNER/NAME on the command line.");
  } catch (const vit::Error& error) {
    ui::wrapped(ui, ui::Type::body, ui.theme.text, error.what());
  }
  end_dialog();
}

}  // namespace headlight
