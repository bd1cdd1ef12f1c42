#include "app/window/app.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "app/analysis/classes.h"
#include "app/files/assets.h"
#include "app/pages/grid_page.h"
#include "app/pages/heads_page.h"
#include "app/panels/column_handle.h"
#include "app/panels/dialog_frame.h"
#include "app/panels/dialogs.h"
#include "app/panels/left_column.h"
#include "app/panels/menu_bar.h"
#include "app/panels/right_column.h"
#include "app/panels/status_bar.h"
#include "app/ui/widgets.h"
#include "app/window/commands.h"
#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"

namespace headlight {

namespace {

constexpr float kMenuHeight = 36, kStatusHeight = 28, kLeastBadge = 120;  // points

std::string file_name(const std::string& source) {
  return source.rfind("random:", 0) == 0 ? source : std::filesystem::path(source).filename().string();
}

}  // namespace

App::App(const WindowOptions& options, float scale, Preferences preferences, std::function<void()> wake)
    : bench_{.ui = ui::Ui(scale, UiMap(options.ui_map)),
             .session = Session(options.run, wake),
             .preferences = std::move(preferences),
             .fetch = ModelFetch(wake)} {
  Preferences& p = bench_.preferences;
  if (options.theme == "dark" || options.theme == "light") p.dark = options.theme == "dark";
  theme_dark_ = p.dark;
  bench_.ui.theme = p.dark ? ui::dark_theme() : ui::light_theme();
  ui::apply(bench_.ui.theme, scale);
  View& view = bench_.session.view;
  view.colormap = p.style.colormap;
  view.range_rule = p.style.range_rule;
  view.smooth = p.style.smooth;
  view.opacity = p.style.opacity;
  if (options.tab == "grid" || options.tab == "blocks") view.tab = Tab::grid;
  add_commands(bench_);

  try {
    vit::LoadOptions load = options.run.load;
    if (!load.imagenet_labels) load.imagenet_labels = imagenet_labels();
    bench_.session.imagenet_labels = load.imagenet_labels;
    const std::string model = options.run.model.empty() ? default_model().string() : options.run.model;
    bench_.session.open_model(model, load);
    std::string image = options.run.image;
    if (const auto samples = sample_images(); image.empty() && !samples.empty()) image = samples.front().string();
    if (!image.empty()) bench_.session.open_image(image);
  } catch (const vit::Error& error) {
    bench_.toasts.warn(error.what());
  }
}

void App::hear_session() {
  for (const Failure& failure : bench_.session.take_failures()) {
    last_failure_ = failure.sentence;
    bench_.ui.announce(failure.sentence);
    bench_.toasts.warn(failure.sentence);
  }
  for (std::string& sentence : bench_.session.take_news()) {
    bench_.ui.announce(sentence);
    bench_.toasts.say(std::move(sentence));
  }
  if (const auto fetched = bench_.fetch.take()) {
    if (!fetched->folder.empty()) {
      bench_.toasts.say("Fetched " + fetched->name + ".");
      bench_.get_open = false;
      bench_.session.open_model(fetched->folder.string());
    } else if (!fetched->failure.empty()) {
      bench_.ui.announce(fetched->failure);
      bench_.toasts.warn(fetched->failure);
    } else {
      bench_.toasts.say("Stopped fetching " + fetched->name + "; what has come so far is kept.");
    }
  }
  if (const auto model = bench_.session.take_opened_model(); model && model->rfind("random:", 0) != 0)
    remember(bench_.preferences.recent_models, std::filesystem::absolute(*model).string());
  if (const auto image = bench_.session.take_opened_image())
    remember(bench_.preferences.recent_images, std::filesystem::absolute(*image).string());
}

void App::refresh_pictures() {
  Session& session = bench_.session;
  bench_.drift = bench_.drift_watch.update(session.trace(), session.baseline(), session.view.query);
  if (bench_.drift_watch.unfinished()) bench_.ui.wake(ImGui::GetTime());
  bench_.painter.set_colormap(session.view.colormap);
  if (bench_.maps.update(session.trace(), session.view))
    bench_.painter.set_maps(bench_.maps.values(), bench_.maps.rows(), bench_.maps.cols());
  if (session.photo_version() != photo_version_) {
    photo_version_ = session.photo_version();
    bench_.painter.set_photo(session.photo_display());
    bench_.photo_view.fit();
  }
  bench_.photo_view.shown_hover = std::exchange(bench_.photo_view.hovered, {});
}

void App::frame(FrameLog& log) {
  log.begin_frame();
  ui::Ui& ui = bench_.ui;
  ui.begin_frame();
  if (theme_dark_ != bench_.preferences.dark) {
    theme_dark_ = bench_.preferences.dark;
    ui.theme = theme_dark_ ? ui::dark_theme() : ui::light_theme();
    ui::apply(ui.theme, ui.scale);
  }
  bench_.session.update();
  hear_session();
  bench_.session.request_wanted();
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
  const SideColumns::Widths columns = bench_.side_columns.update(screen.x / ui.scale);
  const bool left_shown = bench_.side_columns.shown(Side::left), right_shown = bench_.side_columns.shown(Side::right);
  const float left = left_shown ? std::floor(ui.px(columns.left)) : handle;
  const float right = right_shown ? std::floor(ui.px(columns.right)) : handle;
  // Behind a dialog nothing is pressed and nothing explains itself.
  const bool covered = bench_.dialog_open();
  ImGui::PushStyleVar(ImGuiStyleVar_DisabledAlpha, 1.f);
  ImGui::BeginDisabled(covered);
  if (left_shown)
    draw_left_column(bench_, {0, menu}, {left, height});
  else
    draw_column_handle(bench_, Side::left, {0, menu}, {left, height});
  bench_.session.request_wanted();
  refresh_pictures();
  draw_center({left, menu}, {screen.x - left - right, height});
  if (right_shown)
    bench_.cost_column.draw(bench_, {screen.x - right, menu}, {right, height});
  else
    draw_column_handle(bench_, Side::right, {screen.x - right, menu}, {right, height});
  draw_status_bar(bench_, {0, screen.y - status}, {screen.x, status});
  draw_menu_bar(bench_, {0, 0}, {screen.x, menu});
  ImGui::EndDisabled();
  ImGui::PopStyleVar();
  ImGui::End();

  draw_help(bench_);
  draw_model_report(bench_);
  draw_preprocessing(bench_);
  draw_get_model(bench_);
  bench_.browser.draw(ui);
  bench_.toasts.draw(ui);
  bench_.session.request_wanted();
  if (bench_.session.requested_id() != logged_request_) log.requested(logged_request_ = bench_.session.requested_id());
  log.end_phase(Phase::panels);
}

void App::draw_tabs(ImVec2 from, float width) {
  ui::Ui& ui = bench_.ui;
  View& view = bench_.session.view;
  ImGui::SetCursorScreenPos(from);
  if (ui::tab(ui,
              {.id = "tab.heads",
               .label = "Heads",
               .tooltip = "The photo with one block's heads.",
               .key = bench_.commands.keys_of("view.tab_heads")},
              view.tab == Tab::heads))
    view.tab = Tab::heads;
  ImGui::SameLine();
  if (ui::tab(ui,
              {.id = "tab.grid",
               .label = "Layers × heads",
               .tooltip = "Every head of every block in one grid.",
               .key = bench_.commands.keys_of("view.tab_grid")},
              view.tab == Tab::grid))
    view.tab = Tab::grid;
  if (bench_.drift == nullptr) return;
  ImGui::SameLine();
  draw_badge(from, width, ImGui::GetCursorScreenPos().x + ui.px(14));
}

/// What is not as trained, and what that did; at the right, from `x` on.
void App::draw_badge(ImVec2 from, float width, float x) {
  ui::Ui& ui = bench_.ui;
  const Drift& drift = *bench_.drift;
  std::string words = drift.what;
  char text[48];
  if (drift.top1 >= 0) {
    const auto name = [&](int index) { return class_name(bench_.session.trace()->model->labels, index); };
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
  const std::string& back = bench_.commands.get("attention.as_trained").tooltip;
  if (ui::button(ui,
                 {.id = "attention.as_trained",
                  .label = "As trained",
                  .tooltip = told ? back : back + "\n" + why,
                  .key = bench_.commands.keys_of("attention.as_trained")},
                 button))
    bench_.session.restore_trained_settings();
}

void App::draw_center(ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench_.ui;
  const float pad = ui.px(14);
  const float tabs = ui.fonts.size(ui::Type::body) + ui.px(13);
  draw_tabs({from.x + pad, from.y + ui.px(8)}, size.x - 2 * pad);
  const ImVec2 inner{from.x + pad, from.y + ui.px(16) + tabs};
  const ImVec2 inner_size{size.x - 2 * pad, size.y - ui.px(16) - tabs - pad};
  if (bench_.maps.empty()) {
    const WorkerStatus status = bench_.session.status();
    const char* words =
        status.picture_due ? "Loading…" : "Open a model and a photo: Ctrl+M, Ctrl+O, or drop a file here.";
    const ImVec2 extent = ui::measure(ui, ui::Type::title, words);
    ui::draw_text(ui, ui::Type::title, {from.x + (size.x - extent.x) / 2, from.y + size.y / 2}, ui.theme.faint, words);
    return;
  }
  if (bench_.session.view.tab == Tab::grid)
    grid_page_.draw(bench_, inner, inner_size);
  else
    draw_heads_page(bench_, inner, inner_size);
}

void App::after_frame(std::uint64_t frame, std::uint64_t presses, bool frames_due) {
  if (!bench_.ui.map.wanted()) return;
  const Session& session = bench_.session;
  const View& view = session.view;
  UiMap::Frame out{
      .frame = frame, .presses = presses, .settled = !frames_due && session.measured() && !bench_.ui.fonts_stale};
  out.requested = {.block = view.block,
                   .num_heads = session.wanted_heads(),
                   .head = head_name(view.head),
                   .query = "cls",
                   .run = session.requested_id()};
  if (const auto& trace = session.trace()) {
    out.requested.query = query_name(view.query, trace->grid, trace->model->config);
    out.shown = {.block = bench_.maps.block(),
                 .num_heads = bench_.maps.heads(),
                 .head = head_name(std::min(view.head, bench_.maps.heads() - 1)),
                 .query = query_name(bench_.maps.query(), trace->grid, trace->model->config),
                 .run = session.shown_id()};
  }
  out.toast = bench_.toasts.newest();
  bench_.ui.map.write(out);
}

void App::press(int key, int modifiers) {
  constexpr int kEscape = 256;  // GLFW_KEY_ESCAPE
  if (bench_.browser.is_open()) return bench_.browser.press(key, modifiers);
  if (key == kEscape && bench_.ui.list_open) {
    bench_.ui.close_list = true;
    return;
  }
  if (key == kEscape && bench_.dialog_open()) return close_front_dialog(bench_);
  if (!ImGui::GetIO().WantTextInput) bench_.commands.press({key, modifiers & (kShift | kControl)});
}

void App::drop(const char* path) {
  open_by_content(bench_, path);
}

double App::due_in_s() const {
  return bench_.ui.wake_at > 0 ? std::max(0.0, bench_.ui.wake_at - ImGui::GetTime()) : -1;
}

bool App::shows_settled_picture() const {
  return bench_.session.measured() && !bench_.ui.fonts_stale;
}

std::string App::title() const {
  std::string title = "Headlight";
  if (!bench_.session.image_source().empty()) title += " – " + file_name(bench_.session.image_source());
  if (!bench_.session.model_source().empty()) title += " – " + file_name(bench_.session.model_source());
  return title;
}

Preferences App::preferences() const {
  Preferences p = bench_.preferences;
  p.style = bench_.session.view;
  if (const auto folder = bench_.browser.folder(); !folder.empty()) p.folder = folder.string();
  return p;
}

}  // namespace headlight
