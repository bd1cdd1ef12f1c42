#include "app/app.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "app/assets.h"
#include "app/classes.h"
#include "app/commands.h"
#include "app/panels/blocks_tab.h"
#include "app/panels/column_handle.h"
#include "app/panels/dialog_frame.h"
#include "app/panels/dialogs.h"
#include "app/panels/heads_tab.h"
#include "app/panels/left_column.h"
#include "app/panels/menu_bar.h"
#include "app/panels/right_column.h"
#include "app/panels/status_bar.h"
#include "app/ui/widgets.h"
#include "engine/error.h"

namespace headlight {

namespace {

constexpr float kMenuHeight = 36, kStatusHeight = 28, kLeastBadge = 120;  // points

std::string file_name(const std::string& source) {
  return source.rfind("random:", 0) == 0 ? source : std::filesystem::path(source).filename().string();
}

}  // namespace

App::App(const WindowOptions& options, float scale, Preferences preferences, std::function<void()> wake)
    : work_{.ui = ui::Ui(scale, UiMap(options.ui_map)),
            .session = Session(options.run, wake),
            .preferences = std::move(preferences),
            .fetch = ModelFetch(wake)} {
  Preferences& p = work_.preferences;
  if (options.theme == "dark" || options.theme == "light") p.dark = options.theme == "dark";
  theme_dark_ = p.dark;
  work_.ui.theme = p.dark ? ui::dark_theme() : ui::light_theme();
  ui::apply(work_.ui.theme, scale);
  View& view = work_.session.view;
  view.colormap = p.style.colormap;
  view.range_rule = p.style.range_rule;
  view.smooth = p.style.smooth;
  view.opacity = p.style.opacity;
  if (options.tab == "blocks") view.tab = Tab::blocks;
  add_commands(work_);

  try {
    vit::LoadOptions load = options.run.load;
    if (!load.imagenet_labels) load.imagenet_labels = imagenet_labels();
    work_.session.imagenet_labels = load.imagenet_labels;
    const std::string model = options.run.model.empty() ? default_model().string() : options.run.model;
    work_.session.open_model(model, load);
    std::string image = options.run.image;
    if (const auto samples = sample_images(); image.empty() && !samples.empty()) image = samples.front().string();
    if (!image.empty()) work_.session.open_image(image);
  } catch (const vit::Error& error) {
    work_.toasts.warn(error.what());
  }
}

void App::hear_session() {
  for (const Failure& failure : work_.session.take_failures()) {
    last_failure_ = failure.sentence;
    work_.ui.announce(failure.sentence);
    work_.toasts.warn(failure.sentence);
  }
  for (std::string& sentence : work_.session.take_news()) {
    work_.ui.announce(sentence);
    work_.toasts.say(std::move(sentence));
  }
  if (const auto fetched = work_.fetch.take()) {
    if (!fetched->folder.empty()) {
      work_.toasts.say("Fetched " + fetched->name + ".");
      work_.get_open = false;
      work_.session.open_model(fetched->folder.string());
    } else if (!fetched->failure.empty()) {
      work_.ui.announce(fetched->failure);
      work_.toasts.warn(fetched->failure);
    } else {
      work_.toasts.say("Stopped fetching " + fetched->name + "; what has come so far is kept.");
    }
  }
  if (const auto model = work_.session.take_opened_model(); model && model->rfind("random:", 0) != 0)
    remember(work_.preferences.recent_models, std::filesystem::absolute(*model).string());
  if (const auto image = work_.session.take_opened_image())
    remember(work_.preferences.recent_images, std::filesystem::absolute(*image).string());
}

void App::refresh_pictures() {
  Session& session = work_.session;
  work_.drift = work_.drift_watch.update(session.trace(), session.baseline(), session.view.query);
  if (work_.drift_watch.unfinished()) work_.ui.wake(ImGui::GetTime());
  work_.painter.set_colormap(session.view.colormap);
  if (work_.maps.update(session.trace(), session.view))
    work_.painter.set_maps(work_.maps.values(), work_.maps.rows(), work_.maps.cols());
  if (session.photo_version() != photo_version_) {
    photo_version_ = session.photo_version();
    work_.painter.set_photo(session.photo_display());
    work_.photo_view.fit();
  }
  work_.photo_view.shown_hover = std::exchange(work_.photo_view.hovered, {});
}

void App::frame(FrameLog& log) {
  log.begin_frame();
  ui::Ui& ui = work_.ui;
  ui.begin_frame();
  if (theme_dark_ != work_.preferences.dark) {
    theme_dark_ = work_.preferences.dark;
    ui.theme = theme_dark_ ? ui::dark_theme() : ui::light_theme();
    ui::apply(ui.theme, ui.scale);
  }
  work_.session.update();
  hear_session();
  work_.session.request_wanted();
  log.end_phase(Phase::update);

  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(screen);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0.f);
  ImGui::Begin("root", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PopStyleVar(2);
  const float menu = ui.px(kMenuHeight), status = ui.px(kStatusHeight), handle = ui.px(kColumnHandle);
  const float height = screen.y - menu - status;
  using Side = SideColumns::Side;
  const SideColumns::Widths columns = work_.side_columns.update(screen.x / ui.scale);
  const bool left_shown = work_.side_columns.shown(Side::left), right_shown = work_.side_columns.shown(Side::right);
  const float left = left_shown ? std::floor(ui.px(columns.left)) : handle;
  const float right = right_shown ? std::floor(ui.px(columns.right)) : handle;
  // Behind a dialog nothing is pressed and nothing explains itself.
  const bool covered = work_.dialog_open();
  ImGui::PushStyleVar(ImGuiStyleVar_DisabledAlpha, 1.f);
  ImGui::BeginDisabled(covered);
  if (left_shown)
    draw_left_column(work_, {0, menu}, {left, height});
  else
    draw_column_handle(work_, Side::left, {0, menu}, {left, height});
  work_.session.request_wanted();
  refresh_pictures();
  draw_center({left, menu}, {screen.x - left - right, height});
  if (right_shown)
    work_.cost_column.draw(work_, {screen.x - right, menu}, {right, height});
  else
    draw_column_handle(work_, Side::right, {screen.x - right, menu}, {right, height});
  draw_status_bar(work_, {0, screen.y - status}, {screen.x, status});
  draw_menu_bar(work_, {0, 0}, {screen.x, menu});
  ImGui::EndDisabled();
  ImGui::PopStyleVar();
  ImGui::End();

  draw_help(work_);
  draw_model_report(work_);
  draw_preprocessing(work_);
  draw_get_model(work_);
  work_.browser.draw(ui);
  work_.toasts.draw(ui);
  work_.session.request_wanted();
  if (work_.session.requested_id() != logged_request_) log.requested(logged_request_ = work_.session.requested_id());
  log.end_phase(Phase::panels);
}

void App::draw_tabs(ImVec2 from, float width) {
  ui::Ui& ui = work_.ui;
  View& view = work_.session.view;
  ImGui::SetCursorScreenPos(from);
  if (ui::tab(ui,
              {.id = "tab.heads",
               .label = "Heads",
               .tooltip = "The photo with one block's heads.",
               .key = work_.commands.keys_of("view.tab_heads")},
              view.tab == Tab::heads))
    view.tab = Tab::heads;
  ImGui::SameLine();
  if (ui::tab(ui,
              {.id = "tab.blocks",
               .label = "Layers × heads",
               .tooltip = "Every head of every block in one grid.",
               .key = work_.commands.keys_of("view.tab_blocks")},
              view.tab == Tab::blocks))
    view.tab = Tab::blocks;
  if (work_.drift == nullptr) return;
  ImGui::SameLine();
  draw_badge(from, width, ImGui::GetCursorScreenPos().x + ui.px(14));
}

/// What is not as trained, and what that did; at the right, from `x` on.
void App::draw_badge(ImVec2 from, float width, float x) {
  ui::Ui& ui = work_.ui;
  const Drift& drift = *work_.drift;
  std::string words = drift.what;
  char text[48];
  if (drift.top1 >= 0) {
    const auto name = [&](int index) { return class_name(work_.session.trace()->model->labels, index); };
    std::snprintf(text, sizeof text, "%.2f → ", drift.top1_before);
    words += ": “" + name(drift.top1) + "” " + text;
    if (drift.top1_now != drift.top1) words += "“" + name(drift.top1_now) + "” ";
    std::snprintf(text, sizeof text, "%.2f", drift.now);
    words += text;
  }
  if (drift.maps_moved) {
    std::snprintf(text, sizeof text, ", maps moved by %.2f", *drift.maps_moved);
    words += text;
  }
  const float button = ui.px(100), high = ui.fonts.size(ui::Type::body) + ui.px(13);
  const float room = from.x + width - x - button - ui.px(34);
  const std::string why = "Not as trained: " + words +
                          ". “Moved” is the total variation (0 to 1) between the head-averaged maps of the query, now "
                          "and as trained, averaged over the blocks.";
  const bool told = room >= ui.px(kLeastBadge);
  if (told) {
    // In a narrow window the words are set smaller, in two lines, before any are cut.
    const bool wide_enough = ui::measure(ui, ui::Type::body, words).x + ui.px(20) <= room;
    const ui::Type type = wide_enough ? ui::Type::body : ui::Type::small;
    const float wrap = wide_enough ? 0 : room - ui.px(20);
    const std::string shown =
        wide_enough ? words : ui::shortened_to_fit(ui, type, words, wrap, 2 * ui.fonts.size(type));
    const ImVec2 extent = ui::measure(ui, type, shown, wrap);
    const ImVec2 at{from.x + width - button - ui.px(28) - extent.x, from.y};
    const ImVec2 to{at.x + extent.x + ui.px(20), at.y + high};
    ImGui::GetWindowDrawList()->AddRectFilled(at, to, ui.theme.accent_soft, ui.px(4));
    ui::draw_text(ui, type, {at.x + ui.px(10), at.y + (high - extent.y) / 2}, ui.theme.accent, shown, wrap);
    ImGui::SetCursorScreenPos(at);
    ImGui::InvisibleButton("badge", {to.x - at.x, high});
    ui::describe(ui, {.id = "badge", .label = {}, .tooltip = why}, at, to, ImGui::IsItemHovered(), words);
  }
  ImGui::SetCursorScreenPos({from.x + width - button, from.y});
  const std::string& back = work_.commands.get("attention.as_trained").tooltip;
  if (ui::button(ui,
                 {.id = "attention.as_trained",
                  .label = "As trained",
                  .tooltip = told ? back : back + "\n" + why,
                  .key = work_.commands.keys_of("attention.as_trained")},
                 button))
    work_.session.restore_trained_settings();
}

void App::draw_center(ImVec2 from, ImVec2 size) {
  ui::Ui& ui = work_.ui;
  const float pad = ui.px(14);
  const float tabs = ui.fonts.size(ui::Type::body) + ui.px(13);
  draw_tabs({from.x + pad, from.y + ui.px(8)}, size.x - 2 * pad);
  const ImVec2 inner{from.x + pad, from.y + ui.px(16) + tabs};
  const ImVec2 inner_size{size.x - 2 * pad, size.y - ui.px(16) - tabs - pad};
  if (work_.maps.empty()) {
    const WorkerStatus status = work_.session.status();
    const char* words =
        status.picture_due ? "Loading…" : "Open a model and a photo: Ctrl+M, Ctrl+O, or drop a file here.";
    const ImVec2 extent = ui::measure(ui, ui::Type::title, words);
    ui::draw_text(ui, ui::Type::title, {from.x + (size.x - extent.x) / 2, from.y + size.y / 2}, ui.theme.faint, words);
    return;
  }
  if (work_.session.view.tab == Tab::blocks)
    work_.blocks_tab.draw(work_, inner, inner_size);
  else
    draw_heads_tab(work_, inner, inner_size);
}

void App::after_frame(std::uint64_t frame, std::uint64_t presses, bool frames_due) {
  if (!work_.ui.map.wanted()) return;
  const Session& session = work_.session;
  const View& view = session.view;
  UiMap::Frame out{
      .frame = frame, .presses = presses, .settled = !frames_due && session.measured() && !work_.ui.fonts_stale};
  out.requested = {.block = view.block,
                   .num_heads = session.wanted_heads(),
                   .head = head_name(view.head),
                   .query = "cls",
                   .run = session.requested_id()};
  if (const auto& trace = session.trace()) {
    out.requested.query = query_name(view.query, trace->grid, trace->model->config);
    out.shown = {.block = work_.maps.block(),
                 .num_heads = work_.maps.heads(),
                 .head = head_name(std::min(view.head, work_.maps.heads() - 1)),
                 .query = query_name(work_.maps.query(), trace->grid, trace->model->config),
                 .run = session.shown_id()};
  }
  out.toast = work_.toasts.newest();
  work_.ui.map.write(out);
}

void App::press(int key, int modifiers) {
  constexpr int kEscape = 256;  // GLFW_KEY_ESCAPE
  if (work_.browser.is_open()) return work_.browser.press(key, modifiers);
  if (key == kEscape && work_.ui.list_open) {
    work_.ui.close_list = true;
    return;
  }
  if (key == kEscape && work_.dialog_open()) return close_front_dialog(work_);
  if (!ImGui::GetIO().WantTextInput) work_.commands.press({key, modifiers & (kShift | kControl)});
}

void App::drop(const char* path) {
  open_by_content(work_, path);
}

double App::due_in_s() const {
  return work_.ui.wake_at > 0 ? std::max(0.0, work_.ui.wake_at - ImGui::GetTime()) : -1;
}

bool App::shows_settled_picture() const {
  return work_.session.measured() && !work_.ui.fonts_stale;
}

std::string App::title() const {
  std::string title = "Headlight";
  if (!work_.session.image_source().empty()) title += " – " + file_name(work_.session.image_source());
  if (!work_.session.model_source().empty()) title += " – " + file_name(work_.session.model_source());
  return title;
}

Preferences App::preferences() const {
  Preferences p = work_.preferences;
  p.style = work_.session.view;
  if (const auto folder = work_.browser.folder(); !folder.empty()) p.folder = folder.string();
  return p;
}

}  // namespace headlight
