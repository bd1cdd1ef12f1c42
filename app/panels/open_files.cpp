#include "app/panels/open_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>
#include <vector>

#include "app/files/assets.h"
#include "app/files/frame_source.h"
#include "app/hub/shipped_models.h"
#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"
#include "engine/base/error.h"
#include "engine/checkpoint/random_model.h"
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
  const fs::path path = fs::absolute(file_of_frame(source), error).lexically_normal();
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

/// From the browser, which waits until it hears of the file; of one that is open already nothing is heard.
void choose_other(Bench& bench, const std::string& path, bool model) {
  Session& session = bench.session;
  const std::string& own = model ? session.wanted.other.model : session.wanted.other.image;
  const bool known = path == own || path == (model ? session.model_source() : session.image_source());
  if (model)
    session.choose_other_model(path);
  else
    session.choose_other_image(path);
  if (known) bench.browser.close();
}

/// What a list is for: side A or side B.
struct ListFor {
  std::string id;  // "model.list"
  std::string open;
  std::function<void(const std::string&)> choose;
  bool other = false;
};

/// The first row of a list of side B: nothing of its own.
void draw_follow_row(Bench& bench, const ListFor& list, const char* title, const char* sentence, float width) {
  if (draw_row(bench.ui, {.id = list.id + ".follow", .title = title, .sentence = sentence, .open = list.open.empty()},
               width))
    list.choose("");
}

void draw_model_list(Bench& bench, const ListFor& list) {
  ui::Ui& ui = bench.ui;
  const float width = ui.px(kModelList);
  if (list.other)
    draw_follow_row(bench, list, "As side A", "The same network: with another photo, or pinned settings.", width);
  const ShippedModel* open = shipped_model(list.open);
  ui::heading(ui, "WITH THE PROGRAM");
  for (const ShippedModel& model : shipped_models())
    if (draw_row(ui,
                 {.id = list.id + "." + model.id,
                  .title = model.name,
                  .sentence = model.sentence,
                  .amount = bytes_text(static_cast<double>(model.bytes)),
                  .open = &model == open},
                 width))
      list.choose(model.path.string());
  const std::vector<std::string> recent = others(bench.preferences.recent_models, shipped_model_paths());
  if (!recent.empty()) ui::heading(ui, "RECENT");
  for (std::size_t i = 0; i < recent.size(); ++i)
    if (draw_row(ui, recent_row(list.id, i, recent[i], list.open), width)) list.choose(recent[i]);
  ImGui::Separator();
  if (!list.other) {
    draw_command_row(bench, "model.list.get", "file.get_model", width);
    draw_command_row(bench, "model.list.open", "file.open_model", width);
  } else if (draw_row(ui, {.id = list.id + ".open", .title = "Open model…"}, width)) {
    browse_models(bench, [&bench](const fs::path& path) { choose_other(bench, path.string(), true); });
  }
}

void draw_photo_list(Bench& bench, const ListFor& list) {
  ui::Ui& ui = bench.ui;
  const float width = ui.px(kPhotoList);
  if (list.other) draw_follow_row(bench, list, "As side A", "The same photo.", width);
  ui::heading(ui, "WITH THE PROGRAM");
  for (const fs::path& path : samples()) {
    const ui::FilePreview preview = bench.summaries.of(path, FileSummaries::Kind::picture);
    if (draw_row(ui,
                 {.id = list.id + "." + path.stem().string(),
                  .title = path.stem().string(),
                  .amount = preview.words,
                  .open = path.string() == list.open},
                 width, &preview))
      list.choose(path.string());
  }
  const std::vector<std::string> recent = others(bench.preferences.recent_images, sample_paths());
  if (!recent.empty()) ui::heading(ui, "RECENT");
  for (std::size_t i = 0; i < recent.size(); ++i) {
    const ui::FilePreview preview = bench.summaries.of(recent[i], FileSummaries::Kind::picture);
    if (draw_row(ui, recent_row(list.id, i, recent[i], list.open), width, &preview)) list.choose(recent[i]);
  }
  ImGui::Separator();
  if (!list.other)
    draw_command_row(bench, "image.list.open", "file.open_image", width);
  else if (draw_row(ui, {.id = list.id + ".open", .title = "Open photo…"}, width))
    browse_photos(bench, [&bench](const fs::path& path) { choose_other(bench, path.string(), false); });
}

/// A name with a triangle behind it, `width` px wide. `asked`: the list is to drop down without a press.
void draw_name(Bench& bench, const ui::Control& control, float width, bool& asked,
               const std::function<void()>& draw_list) {
  ui::Ui& ui = bench.ui;
  ui.announce(control.label);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = ui.fonts.size(ui::Type::strong) + ui.px(8);
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
    draw_list();
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

void browse_sequences(Bench& bench) {
  ui::FileBrowser::Task task{.mode = ui::FileBrowser::Mode::open_file_or_folder,
                             .title = "Open a sequence: a folder of frames, an animated GIF or PNG, a video",
                             .endings = {".gif", ".png", ".apng"},
                             .recent = {},
                             .folder = {},
                             .name = {},
                             .chosen = [&bench](const fs::path& path) { bench.session.open_sequence(path.string()); }};
  for (const std::string_view ending : video_endings()) task.endings.emplace_back(ending);
  task.preview = [&bench](const fs::path& path) { return bench.summaries.of(path, FileSummaries::Kind::picture); };
  task.waits_for_answer = true;
  begin_at(task, bench.session.image_source(), bench);
  bench.browser.open(std::move(task));
}

void browse_models(Bench& bench, Chosen chosen) {
  ui::FileBrowser::Task task{
      .mode = ui::FileBrowser::Mode::open_file_or_folder,
      .title = "Open a model",
      .endings = {".safetensors", ".pth", ".pt", ".bin", ".npz", ".gguf", ".ckpt", ".pdparams", ".onnx", ".json"},
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

namespace {

/// "random ViT-B/16"; of another size "random, 3 blocks × C 96".
std::string random_title(const std::string& source) try {
  struct Size {
    const char* name;
    int channels, depth, heads;
  };
  constexpr Size kSizes[] = {{"Ti", 192, 12, 3}, {"S", 384, 12, 6}, {"B", 768, 12, 12}, {"L", 1024, 24, 16}};
  const vit::RandomSpec spec = vit::parse_random_spec(source);
  for (const Size& size : kSizes)
    if (spec.channels == size.channels && spec.depth == size.depth && spec.num_heads == size.heads)
      return fmt::format("random ViT-{}/{}", size.name, spec.patch_px);
  return fmt::format("random, {} {} × C {}", spec.depth, spec.depth == 1 ? "block" : "blocks", spec.channels);
} catch (const vit::Error&) {
  return source;
}

}  // namespace

std::string source_title(const std::string& source) {
  if (vit::is_random_source(source)) return random_title(source);
  if (const ShippedModel* shipped = shipped_model(source)) return shipped->name;
  const fs::path path(source);
  return (path.has_filename() ? path.filename() : path.parent_path().filename()).string();
}

void draw_model_name(Bench& bench, const std::string& name) {
  const ListFor list{"model.list", bench.session.model_source(),
                     [&bench](const std::string& path) { bench.session.open_model(path); }};
  draw_name(bench,
            {.id = list.id, .label = name, .tooltip = "Networks to choose from: shipped, recent, others to get."},
            ImGui::GetContentRegionAvail().x, bench.dialogs.list_models, [&] { draw_model_list(bench, list); });
}

void draw_photo_name(Bench& bench, const std::string& name) {
  const auto open = [&bench](const std::string& path) {
    if (Session::opens_as_sequence(path))
      bench.session.open_sequence(path);
    else
      bench.session.open_image(path);
  };
  const ListFor list{"image.list", file_of_frame(bench.session.image_source()), open};
  draw_name(bench, {.id = list.id, .label = name, .tooltip = "Photos to choose from: shipped, recent, others."},
            ImGui::GetContentRegionAvail().x, bench.dialogs.list_photos, [&] { draw_photo_list(bench, list); });
}

void draw_other_model_name(Bench& bench, float width) {
  const std::string& own = bench.session.wanted.other.model;
  const ListFor list{"other.model", own, [&bench](const std::string& path) { bench.session.choose_other_model(path); },
                     true};
  bool asked = false;
  draw_name(bench,
            {.id = list.id,
             .label = own.empty() ? "same network" : source_title(own),
             .tooltip = "Side B's network: the same as side A's, or another."},
            width, asked, [&] { draw_model_list(bench, list); });
}

void draw_other_photo_name(Bench& bench, float width) {
  const std::string& own = bench.session.wanted.other.image;
  const ListFor list{"other.image", own, [&bench](const std::string& path) { bench.session.choose_other_image(path); },
                     true};
  bool asked = false;
  draw_name(bench,
            {.id = list.id,
             .label = own.empty() ? "same photo" : source_title(own),
             .tooltip = "Side B's photo: the same as side A's, or another."},
            width, asked, [&] { draw_photo_list(bench, list); });
}

}  // namespace headlight
