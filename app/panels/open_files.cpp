#include "app/panels/open_files.h"

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>
#include <vector>

#include "app/files/assets.h"
#include "app/hub/shipped_models.h"
#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"
#include "engine/base/error.h"
#include "engine/image/image_format.h"

namespace headlight {

namespace {

namespace fs = std::filesystem;

constexpr float kModelList = 430, kPhotoList = 300;  // points wide
constexpr float kPictureWidth = 44, kPictureHeight = 33;

const std::vector<fs::path>& samples() {
  static const std::vector<fs::path> found = [] {
    try {
      return sample_images();
    } catch (const vit::Error&) {  // a program without its assets opens other photos
      return std::vector<fs::path>();
    }
  }();
  return found;
}

/// The folder of `source` to begin in, and its entry there; else the folder where something was saved last.
void begin_at(ui::FileBrowser::Task& task, const std::string& source, const Bench& bench) {
  std::error_code error;
  const fs::path path = fs::absolute(source, error).lexically_normal();
  const fs::path whole = path.has_filename() ? path : path.parent_path();  // "folder/"
  if (source.empty() || error || !fs::exists(whole, error)) {
    task.folder = bench.preferences.folder;
    return;
  }
  task.folder = whole.parent_path();
  task.select = whole.filename().string();
}

/// Without those that ship, and those that are gone.
std::vector<std::string> others(const std::vector<std::string>& recent, const std::vector<std::string>& shipped) {
  std::vector<std::string> kept;
  std::error_code error;
  for (const std::string& path : recent)
    if (std::find(shipped.begin(), shipped.end(), path) == shipped.end() && fs::exists(path, error))
      kept.push_back(path);
  return kept;
}

std::vector<std::string> shipped_model_paths() {
  std::vector<std::string> paths;
  for (const ShippedModel& model : shipped_models()) paths.push_back(model.path.string());
  return paths;
}

std::vector<std::string> sample_paths() {
  std::vector<std::string> paths;
  for (const fs::path& path : samples()) paths.push_back(path.string());
  return paths;
}

struct Row {
  std::string id, title;
  std::string sentence = {};  // wrapped under the title
  std::string amount = {};    // at the right
  std::string tooltip = {};
  bool open = false;  // it is the open one
};

/// A line of a list with a picture at its left if there is one; true when it is chosen.
bool draw_row(ui::Ui& ui, const Row& row, float width, const ui::FilePreview* picture = nullptr) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float pad = ui.px(8), body = ui.fonts.size(ui::Type::body);
  const ImVec2 box{ui.px(kPictureWidth), ui.px(kPictureHeight)};
  const float left = pad + (picture != nullptr ? box.x + ui.px(10) : 0);
  const float amount = ui::measure(ui, ui::Type::small, row.amount).x;
  const float wrap = width - left - pad;
  const float sentence = row.sentence.empty() ? 0 : ui::measure(ui, ui::Type::small, row.sentence, wrap).y + ui.px(3);
  const float text = body + sentence, height = std::max(text, picture != nullptr ? box.y : 0) + ui.px(10);
  ui.announce(row.title);
  const bool pressed = ImGui::InvisibleButton(row.id.c_str(), {width, height});
  const bool over = ImGui::IsItemHovered();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (over || row.open)
    list.AddRectFilled(at, {at.x + width, at.y + height}, over ? ui.theme.raised : ui.theme.accent_soft, ui.px(4));
  if (picture != nullptr) ui::draw_preview(ui, *picture, {at.x + pad, at.y + (height - box.y) / 2}, box);
  const float y = at.y + (height - text) / 2;
  ui::draw_text(ui, ui::Type::body, {at.x + left, y}, row.open ? ui.theme.accent : ui.theme.text,
                ui::shortened(ui, ui::Type::body, row.title, wrap - amount - ui.px(12), true));
  ui::draw_text(ui, ui::Type::small, {at.x + width - pad - amount, y + ui.px(1.5f)}, ui.theme.soft, row.amount);
  if (!row.sentence.empty())
    ui::draw_text(ui, ui::Type::small, {at.x + left, y + body + ui.px(3)}, ui.theme.soft, row.sentence, wrap);
  ui::describe(ui, {.id = row.id, .label = {}, .tooltip = row.tooltip}, at, {at.x + width, at.y + height}, over,
               row.open ? "on" : "");
  if (ui::list_entry(ui, row.open)) return true;
  if (pressed) ImGui::CloseCurrentPopup();
  return pressed;
}

void draw_command_row(Bench& bench, const std::string& id, const char* command, float width) {
  const Command& found = bench.commands.get(command);
  if (draw_row(bench.ui, {.id = id, .title = found.name, .amount = bench.commands.keys_of(command)}, width))
    found.run();
}

/// The file's name over its folder's.
Row recent_row(const std::string& id, std::size_t index, const std::string& path, const std::string& open) {
  const fs::path whole = path;
  return {.id = id + ".recent." + std::to_string(index),
          .title = whole.filename().string(),
          .sentence = whole.parent_path().filename().string(),
          .tooltip = path,
          .open = path == open};
}

void draw_model_list(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const float width = ui.px(kModelList);
  Session& session = bench.session;
  const ShippedModel* open = shipped_model(session.model_source());
  ui::heading(ui, "WITH THE PROGRAM");
  for (const ShippedModel& model : shipped_models())
    if (draw_row(ui,
                 {.id = "model.list." + model.id,
                  .title = model.name,
                  .sentence = model.sentence,
                  .amount = bytes_text(static_cast<double>(model.bytes)),
                  .open = &model == open},
                 width))
      session.open_model(model.path.string());
  const std::vector<std::string> recent = others(bench.preferences.recent_models, shipped_model_paths());
  if (!recent.empty()) ui::heading(ui, "RECENT");
  for (std::size_t i = 0; i < recent.size(); ++i)
    if (draw_row(ui, recent_row("model.list", i, recent[i], session.model_source()), width))
      session.open_model(recent[i]);
  ImGui::Separator();
  draw_command_row(bench, "model.list.get", "file.get_model", width);
  draw_command_row(bench, "model.list.open", "file.open_model", width);
}

void draw_photo_list(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const float width = ui.px(kPhotoList);
  Session& session = bench.session;
  ui::heading(ui, "WITH THE PROGRAM");
  for (const fs::path& path : samples()) {
    const ui::FilePreview preview = bench.summaries.of(path, FileSummaries::Kind::picture);
    if (draw_row(ui,
                 {.id = "image.list." + path.stem().string(),
                  .title = path.stem().string(),
                  .amount = preview.words,
                  .open = path.string() == session.image_source()},
                 width, &preview))
      session.open_image(path.string());
  }
  const std::vector<std::string> recent = others(bench.preferences.recent_images, sample_paths());
  if (!recent.empty()) ui::heading(ui, "RECENT");
  for (std::size_t i = 0; i < recent.size(); ++i) {
    const ui::FilePreview preview = bench.summaries.of(recent[i], FileSummaries::Kind::picture);
    if (draw_row(ui, recent_row("image.list", i, recent[i], session.image_source()), width, &preview))
      session.open_image(recent[i]);
  }
  ImGui::Separator();
  draw_command_row(bench, "image.list.open", "file.open_image", width);
}

/// A name with a triangle behind it. `asked`: the list is to drop down without a press.
void draw_name(Bench& bench, const ui::Control& control, bool& asked, void (*draw_list)(Bench&)) {
  ui::Ui& ui = bench.ui;
  ui.announce(control.label);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, height = ui.fonts.size(ui::Type::strong) + ui.px(8);
  const bool pressed = ImGui::InvisibleButton(control.id.c_str(), {width, height});
  const bool over = ImGui::IsItemHovered();
  const std::string popup = control.id + ".popup";
  const bool dropped = ImGui::IsPopupOpen(popup.c_str());
  const ImVec2 to{at.x + width, at.y + height};
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, to, over || dropped ? ui.theme.hovered : ui.theme.raised, ui.px(4));
  ui::draw_text(ui, ui::Type::strong, {at.x + ui.px(8), at.y + ui.px(4)}, ui.theme.text,
                ui::shortened(ui, ui::Type::strong, control.label, width - ui.px(34), true));
  ui::draw_triangle(ui, {to.x - ui.px(12), at.y + height / 2}, ui.theme.soft);
  ui::describe(ui, control, at, to, over, control.label);
  if (pressed || std::exchange(asked, false)) ImGui::OpenPopup(popup.c_str());
  ImGui::SetNextWindowPos({at.x, to.y + ui.px(2)}, ImGuiCond_Appearing);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(ui.px(8), ui.px(4)));
  if (ui::begin_list(ui, popup)) {
    draw_list(bench);
    ImGui::EndPopup();
  }
  ImGui::PopStyleVar();
}

}  // namespace

void browse_photos(Bench& bench, Chosen chosen) {
  ui::FileBrowser::Task task{.mode = ui::FileBrowser::Mode::open_file,
                             .title = "Open a photo",
                             .endings = {vit::picture_endings().begin(), vit::picture_endings().end()},
                             .recent = others(bench.preferences.recent_images, sample_paths()),
                             .folder = {},
                             .name = {},
                             .chosen = std::move(chosen)};
  task.shipped = sample_paths();
  task.preview = [&bench](const fs::path& path) { return bench.summaries.of(path, FileSummaries::Kind::picture); };
  task.pictures = task.waits_for_answer = true;
  begin_at(task, bench.session.image_source(), bench);
  bench.browser.open(std::move(task));
}

void browse_models(Bench& bench, Chosen chosen) {
  ui::FileBrowser::Task task{
      .mode = ui::FileBrowser::Mode::open_file_or_folder,
      .title = "Open a model",
      .endings = {".safetensors", ".pth", ".pt", ".bin", ".npz", ".gguf", ".ckpt", ".pdparams", ".json"},
      .recent = others(bench.preferences.recent_models, shipped_model_paths()),
      .folder = {},
      .name = {},
      .chosen = std::move(chosen)};
  task.shipped = shipped_model_paths();
  task.preview = [&bench](const fs::path& path) { return bench.summaries.of(path, FileSummaries::Kind::checkpoint); };
  task.waits_for_answer = true;
  const std::string& source = bench.session.model_source();
  begin_at(task, source.rfind("random:", 0) == 0 ? "" : source, bench);
  bench.browser.open(std::move(task));
}

bool tell_browser(Bench& bench, const Failure& failure) {
  const bool of_opening = failure.what == Failure::What::image || failure.what == Failure::What::model;
  if (!of_opening || !bench.browser.waits()) return false;
  bench.browser.refuse(failure.sentence);
  return true;
}

void draw_model_name(Bench& bench, const std::string& name) {
  draw_name(bench,
            {.id = "model.list", .label = name, .tooltip = "Networks to choose from: shipped, recent, others to get."},
            bench.dialogs.list_models, draw_model_list);
}

void draw_photo_name(Bench& bench, const std::string& name) {
  draw_name(bench, {.id = "image.list", .label = name, .tooltip = "Photos to choose from: shipped, recent, others."},
            bench.dialogs.list_photos, draw_photo_list);
}

}  // namespace headlight
