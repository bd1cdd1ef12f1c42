#include "app/window/app.h"

#include <epoxy/gl.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "app/panels/badge.h"
#include "app/panels/column_handle.h"
#include "app/panels/dialog_frame.h"
#include "app/panels/dialogs.h"
#include "app/panels/draft_label.h"
#include "app/panels/head_switch.h"
#include "app/panels/left_column.h"
#include "app/panels/map_strip.h"
#include "app/panels/menu_bar.h"
#include "app/panels/open_files.h"
#include "app/panels/right_column.h"
#include "app/panels/status_bar.h"
#include "app/panels/tour.h"
#include "app/ui/held_key.h"
#include "app/ui/widgets.h"
#include "app/window/commands.h"
#include "engine/base/error.h"

namespace headlight {

namespace {

constexpr float kMenuHeight = 36, kStatusHeight = 28, kDrawerWidth = 375;  // points
constexpr float kTabPad = 10, kTabGap = 3, kLeastFirstWords = 140;         // points

/// Points left and right of the tabs' names: less where all of them would not fit.
float tab_pad(const ui::Ui& ui, float width) {
  float words = 0;
  for (const TabEntry& tab : tab_list()) words += ui::measure(ui, ui::Type::body, tab.title).x + ui.px(kTabGap);
  const auto tabs = static_cast<float>(tab_list().size());
  return std::clamp((width - words) / (2 * tabs * ui.scale), 2.f, kTabPad);
}

std::string file_name(const std::string& source) {
  return source.rfind("random:", 0) == 0 ? source_title(source) : std::filesystem::path(source).filename().string();
}

}  // namespace

App::App(const WindowOptions& options, float scale, Preferences preferences, Session& session,
         const std::function<void()>& wake)
    : bench_{.ui = ui::Ui(scale, UiMap(options.ui_map)),
             .session = session,
             .preferences = std::move(preferences),
             .fetch = ModelFetch(wake),
             .summaries = FileSummaries(wake),
             .lab = LabDesk(wake)},
      desk_(wake) {
  Preferences& p = bench_.preferences;
  if (options.theme) p.dark = *options.theme == ThemeKind::dark;
  theme_dark_ = p.dark;
  bench_.ui.theme = p.dark ? ui::dark_theme() : ui::light_theme();
  ui::apply(bench_.ui.theme, scale);
  session.view.look = p.look;
  if (!options.tab.empty()) session.view.page = options.tab == "blocks" ? "grid" : options.tab;
  add_commands(bench_);
}

void App::hear_session() {
  for (const Failure& failure : bench_.session.take_failures()) {
    last_failure_ = failure.sentence;
    bench_.ui.announce(failure.sentence);
    if (tell_browser(bench_, failure)) continue;
    bench_.toasts.warn(failure.sentence);
  }
  for (std::string& sentence : bench_.session.take_news()) {
    bench_.ui.announce(sentence);
    bench_.toasts.say(std::move(sentence));
  }
  if (const auto fetched = bench_.fetch.take()) {
    if (!fetched->folder.empty()) {
      bench_.toasts.say("Fetched " + fetched->name + ".");
      bench_.dialogs.get = false;
      bench_.session.open_model(fetched->folder.string());
    } else if (!fetched->failure.empty()) {
      bench_.ui.announce(fetched->failure);
      bench_.toasts.warn(fetched->failure);
    } else {
      bench_.toasts.say("Stopped fetching " + fetched->name + "; what has come so far is kept.");
    }
  }
  if (const auto model = bench_.session.take_opened_model(); model && model->rfind("random:", 0) != 0) {
    remember(bench_.preferences.recent_models, std::filesystem::absolute(*model).string());
    bench_.browser.opened(*model);
  }
  if (const auto image = bench_.session.take_opened_image()) {
    remember(bench_.preferences.recent_images, std::filesystem::absolute(*image).string());
    bench_.browser.opened(*image);
  }
}

void App::follow_theme() {
  if (theme_dark_ == bench_.preferences.dark) return;
  theme_dark_ = bench_.preferences.dark;
  bench_.ui.theme = theme_dark_ ? ui::dark_theme() : ui::light_theme();
  ui::apply(bench_.ui.theme, bench_.ui.scale);
}

const PageEntry& App::page_entry() const {
  const std::vector<PageEntry>& list = page_list();
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const PageEntry& entry) { return entry.id == bench_.session.view.page; });
  return found == list.end() ? list.front() : *found;
}

Page& App::page() {
  std::unique_ptr<Page>& made = pages_[page_entry().id];
  if (!made) made = page_entry().make(page_entry().analysis);
  return *made;
}

std::string App::refusal(const PageEntry& entry) const {
  const Session& session = bench_.session;
  return session.trace() && entry.analysis != nullptr ? entry.analysis->refusal(*session.trace()) : std::string();
}

std::string App::refusal(const TabEntry& tab) const {
  std::string first;
  for (const PageEntry* page : tab.pages) {
    std::string why = refusal(*page);
    if (why.empty()) return why;
    if (first.empty()) first = std::move(why);
  }
  return first;
}

/// The pass whose maps are drawn: a draft while a control is held, if the page can be answered by it.
std::shared_ptr<const vit::Trace> App::drawn_pass() const {
  const Shown& shown = bench_.session.shown();
  if (page_entry().analysis == nullptr) return shown.trace;
  const vit::Analysis& analysis = *page_entry().analysis;
  const bool draft =
      shown.draft && !analysis.reads_output && !analysis.compares && analysis.refusal(*shown.draft).empty();
  return draft ? shown.draft : shown.trace;
}

/// What waits for side B keeps its last answer; what cannot be asked of both sides has none.
void App::ask(const vit::Question& question, const vit::Subject& subject) {
  const vit::Analysis& analysis = *page_entry().analysis;
  if (vit::asks_other(analysis, question)) {
    if (!bench_.session.other_settled()) return;
    try {
      vit::validate(analysis, subject, question);
    } catch (const vit::Error& error) {
      no_answer_ = error.what();
      return;
    }
  }
  map_desk_.ask(page_entry().id, subject, question);
}

/// Whether the photo that the maps lie on is the one that is there.
bool App::can_show(const vit::MapSet& answer, const vit::Trace& drawn) const {
  return answer.trace->pixels == drawn.pixels &&
         (!answer.on_other || answer.other == bench_.session.shown().other.trace);
}

void App::take_photo(const vit::MapSet& answer) {
  constexpr std::uint64_t kOfSideB = std::uint64_t{1} << 63;
  const Session& session = bench_.session;
  const OtherShown& other = session.shown().other;
  const std::uint64_t version = answer.on_other ? kOfSideB | other.photo_version : session.photo_version();
  if (bench_.photo.version == version) return;
  const auto before = bench_.photo.image;
  bench_.photo = {answer.on_other ? other.photo : session.photo(), version};
  bench_.painter.set_photo(answer.on_other ? *other.display : session.photo_display());
  // From frame to frame the place stays that is looked at.
  const vit::Image& photo = *bench_.photo.image;
  const bool same_shape = before && before->width == photo.width && before->height == photo.height;
  if (!session.sequence().on() || !same_shape) bench_.camera.fit();
}

/// Answers of other pages stay as long as their passes are kept for another reason: the next visit finds them there.
void App::leave_other_pages() {
  const Session& session = bench_.session;
  const Shown& shown = session.shown();
  map_desk_.leave_all_but(page_entry().id, [&](const vit::MapSet& answer) {
    if (session.part() && answer.trace->pixels == session.part()->pixels) return true;
    const bool has_other = !answer.other || answer.other == shown.other.trace || answer.other == shown.baseline;
    return answer.trace == shown.trace && has_other;
  });
}

/// Asks what the page wants to know of that pass, and takes the answer that is there, with the photo that it belongs
/// to: maps and photo change together.
void App::take_maps() {
  Session& session = bench_.session;
  const auto& trace = session.trace();
  no_answer_.clear();
  if (!trace) return;
  const std::string id = page_entry().id;
  bench_.drift = drift_watch_.update(trace, session.baseline(), session.view.query);
  if (page_entry().analysis == nullptr) {
    leave_other_pages();
    bench_.inside = nullptr;
    bench_.shows_photo = false;
    return bench_.maps.show(nullptr);
  }
  if (!refusal(page_entry()).empty()) return bench_.maps.show(nullptr);
  const std::shared_ptr<const vit::Trace> drawn = drawn_pass();
  const bool draft = drawn != trace;
  leave_other_pages();
  if (auto question = page().question(bench_)) {
    if (vit::depends_on_query(*page_entry().analysis, *question, drawn->model->config))
      question->query = session.query_in(*drawn);
    const vit::Subject subject = session.subject_of(drawn);
    no_answer_ = vit::refused_as_not_finite(*page_entry().analysis, subject, *question);
    if (no_answer_.empty()) ask(*question, subject);
  }
  const auto answer = map_desk_.answer(id);
  const bool of_another_page = !bench_.maps.empty() && bench_.maps.set().question.analysis != page_entry().analysis->id;
  if (no_answer_.empty() && answer && can_show(*answer, *drawn)) {
    bench_.maps.show(answer);
    if (answer->trace == drawn) drawn_ = {draft ? session.shown().draft_id : session.shown_id(), draft};
    bench_.painter.set_maps(*answer);
    take_photo(*answer);
  } else if (!no_answer_.empty() || of_another_page) {
    bench_.maps.show(nullptr);
  }
  look_inside();
  const vit::Look& look = session.view.look;
  bench_.painter.set_colormap(bench_.maps.empty() ? look.colormap : bench_.maps.set().colormap(look));
  bench_.hover.begin_frame();
  bench_.shows_photo = ui::is_down(ui::HeldKey::space) && !ImGui::GetIO().KeyCtrl && !ImGui::GetIO().WantTextInput &&
                       !bench_.dialogs.modal() && !bench_.ui.list_was_open;
}

/// False where an answer came while the frame was drawn: the next one shows it.
bool App::shows_newest_answer() const {
  const auto answer = map_desk_.answer(page_entry().id);
  const auto drawn = drawn_pass();
  if (!answer || answer->trace != drawn || !no_answer_.empty() || !can_show(*answer, *drawn)) return true;
  return !bench_.maps.empty() && bench_.maps.set().serial == answer->serial;
}

/// The next frame of a sequence comes when this one's maps are on screen and its turn is over.
void App::play_on() {
  Session& session = bench_.session;
  if (!session.sequence().playing()) return;
  const bool maps = page_entry().analysis == nullptr || bench_.maps.empty() ||
                    (bench_.maps.set().trace == session.trace() && map_desk_.settled(page_entry().id));
  const bool ready = session.answered() && maps && shows_newest_answer();
  if (const auto due = session.sequence().play_on(ImGui::GetTime(), ready)) bench_.ui.wake(*due);
}

void App::look_inside() {
  bench_.inside = nullptr;
  if (!bench_.inside_open || bench_.maps.empty()) return;
  const vit::MapSet& set = bench_.maps.set();
  const vit::MapLabel& label = bench_.maps.label(bench_.maps.chosen(bench_.session.view));
  if (label.head >= 0 && label.block >= 0)
    bench_.inside = inside_watch_.update(set.trace, label.block, label.head, set.question.query);
}

App::Layout App::lay_out() {
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const ui::Ui& ui = bench_.ui;
  const float menu = ui.px(kMenuHeight), status = ui.px(kStatusHeight), handle = ui.px(kColumnHandle);
  const SideColumns::Widths columns = bench_.side_columns.update(screen.x / ui.scale);
  const auto width = [&](SideColumns::Side side, float points) {
    return bench_.side_columns.shown(side) ? std::floor(ui.px(points)) : handle;
  };
  const float left = width(SideColumns::Side::left, columns.left);
  const float right = width(SideColumns::Side::right, columns.right);
  const float height = screen.y - menu - status;
  return {.left = {{0, menu}, {left, height}},
          .center = {{left, menu}, {screen.x - left - right, height}},
          .right = {{screen.x - right, menu}, {right, height}},
          .status = {{0, screen.y - status}, {screen.x, status}},
          .menu = {{0, 0}, {screen.x, menu}}};
}

void App::draw_left(const Area& area) {
  if (bench_.side_columns.shown(SideColumns::Side::left))
    left_column_.draw(bench_, area.from, area.size);
  else
    draw_column_handle(bench_, SideColumns::Side::left, area.from, area.size);
}

void App::draw_right(const Area& area) {
  const bool column = bench_.side_columns.shown(SideColumns::Side::right);
  if (bench_.dialogs.preprocessing && column) return;  // the drawer stands there
  if (column)
    cost_column_.draw(bench_, area.from, area.size);
  else
    draw_column_handle(bench_, SideColumns::Side::right, area.from, area.size);
}

void App::draw_window(const Layout& layout) {
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0.f);
  ImGui::Begin("root", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PopStyleVar(2);
  // Behind a dialog nothing is pressed and nothing explains itself.
  ImGui::PushStyleVar(ImGuiStyleVar_DisabledAlpha, 1.f);
  ImGui::BeginDisabled(bench_.dialogs.modal());
  draw_left(layout.left);
  bench_.session.request_wanted();
  take_maps();
  draw_center(layout.center);
  draw_right(layout.right);
  draw_status_bar(bench_, answer_progress_.told() ? std::string("Working out ") + page_entry().title : "",
                  layout.status.from, layout.status.size);
  draw_menu_bar(bench_, menu_clicks_, words_above_, layout.menu.from, layout.menu.size);
  ImGui::EndDisabled();
  ImGui::PopStyleVar();
  draw_head_factor(bench_);
  ImGui::End();
}

/// Over the right column, or at the right edge where that is away; the photo stands at the left of either.
void App::draw_drawer(const Area& right) {
  const bool column = bench_.side_columns.shown(SideColumns::Side::right);
  const float width = column ? right.size.x : std::floor(bench_.ui.px(kDrawerWidth));
  drawer_.draw(bench_, {right.from.x + right.size.x - width, right.from.y}, {width, right.size.y});
}

void App::draw_overlays() {
  draw_help(bench_);
  draw_model_report(bench_);
  draw_get_model(bench_);
  export_sheet_.draw(bench_, desk_);
  bench_.browser.draw(bench_.ui);
  bench_.toasts.draw(bench_.ui);
}

void App::frame(FrameLog& log) {
  log.begin_frame();
  lab_ran_ = bench_.lab.running() != LabDesk::Job::none;
  bench_.ui.begin_frame();
  follow_theme();
  light_tour(bench_);
  bench_.session.watch_hand(ImGui::GetTime(), ImGui::IsAnyMouseDown());
  bench_.session.update();
  hear_session();
  bench_.session.request_wanted();
  log.end_phase(Phase::update);
  const Layout layout = lay_out();
  draw_window(layout);
  draw_drawer(layout.right);
  draw_overlays();
  bench_.session.request_wanted();
  play_on();
  bench_.session.note_changes(ImGui::GetTime(), ImGui::IsAnyMouseDown());
  bench_.lab.let_run(bench_.session.measured() && !bench_.session.hand_holds() && !desk_.busy());
  log.requested(bench_.session.requested_id());
  log.end_phase(Phase::panels);
}

void App::draw_tabs(ImVec2 from, float width) {
  ui::Ui& ui = bench_.ui;
  View& view = bench_.session.view;
  ImGui::SetCursorScreenPos(from);
  note_page(bench_);
  words_above_.clear();
  const float pad = tab_pad(ui, width);
  for (const TabEntry& tab : tab_list()) {
    const bool in_front = &tab_of(view.page) == &tab;
    const std::string why = refusal(tab);
    const ui::Control control{.id = std::string("tab.") + tab.id,
                              .label = tab.title,
                              .tooltip = tab.tooltip,
                              .key = bench_.commands.keys_of(std::string("view.tab_") + tab.id),
                              .enabled = why.empty(),
                              .reason = why};
    // Where the page has nothing to show, its tab leads to the next one.
    const bool leads_on = !in_front || !refusal(page_entry()).empty();
    if (ui::tab(ui, control, in_front, pad) && leads_on) open_tab_or_next_page(bench_, tab);
    ImGui::SameLine(0, ui.px(kTabGap));
  }
  const float x = ImGui::GetCursorScreenPos().x + ui.px(14);
  if (!draw_badge(bench_, from, width, x, words_above_)) draw_first_words({x, from.y}, from.x + width - x);
}

/// What a newcomer can do, or what the page shows, where nothing more urgent stands; on the first start the walk
/// through a pass, too.
void App::draw_first_words(ImVec2 from, float width) {
  if (bench_.tour.on()) return;
  ui::Ui& ui = bench_.ui;
  const char* const offer = "Walk through a pass";
  const float button = ui::measure(ui, ui::Type::body, offer).x + ui.px(20);
  if (!bench_.preferences.toured && bench_.session.trace() && button <= width) {
    ImGui::SetCursorScreenPos({from.x + width - button, from.y + ui.px(1)});
    if (ui::button(
            ui,
            {.id = "tour.offer",
             .label = offer,
             .tooltip =
                 "Explains one step of the network after the other, on this photo. It is in the menu Help, too."},
            button)) {
      bench_.preferences.toured = true;
      begin_tour(bench_);
    }
    width -= button + ui.px(14);
  }
  const char* const words = std::string_view(page_entry().id) == "heads"
                                ? "Click a patch: where does it look?  Change Heads: what does it cost?"
                                : page_entry().tooltip;
  // On one line, else smaller on two, else in the menu bar.
  if (width < ui.px(kLeastFirstWords)) {
    words_above_ = words;
    return;
  }
  const bool one_line = ui::measure(ui, ui::Type::body, words).x <= width;
  const ui::Type type = one_line ? ui::Type::body : ui::Type::small;
  const ImVec2 extent = ui::measure(ui, type, words, one_line ? 0 : width);
  if (!one_line && extent.y > 2.5f * ui.fonts.size(type)) {
    words_above_ = words;
    return;
  }
  const ImVec2 at{from.x + width - extent.x, from.y + ui.px(one_line ? 6.5f : 0)};
  ui::draw_text(ui, type, at, ui.theme.soft, words, one_line ? 0 : width);
  ui::describe(ui, {.id = "first_words", .label = {}}, at, {at.x + extent.x, at.y + extent.y}, false, words);
}

std::string App::words_in_place_of_maps() const {
  if (!bench_.session.trace()) {
    if (bench_.session.status().picture_due) return "Loading…";
    const bool model = bench_.session.model() != nullptr, photo = bench_.session.image() != nullptr;
    return model && !photo   ? "Open a photo: Ctrl+O, or drop a file here."
           : photo && !model ? "Open a model: Ctrl+M, or drop a file here."
                             : "Open a model and a photo: Ctrl+M, Ctrl+O, or drop a file here.";
  }
  if (std::string why = refusal(page_entry()); !why.empty()) return why;
  const std::string failure = map_desk_.failure(page_entry().id);
  if (map_desk_.stopped(page_entry().id)) return "Stopped.";
  if (!no_answer_.empty()) return no_answer_;
  return failure.empty() ? "Working it out…" : failure;
}

void App::draw_center(const Area& area) {
  const ui::Ui& ui = bench_.ui;
  const ImVec2 from = area.from, size = area.size;
  const float pad = ui.px(14);
  const float tabs = ui.fonts.size(ui::Type::body) + ui.px(13);
  Page& asked = page();  // whose maps are there: a click on a tab shows from the next frame on
  const bool alone = page_entry().analysis == nullptr;
  draw_tabs({from.x + pad, from.y + ui.px(8)}, size.x - 2 * pad);
  Area below_tabs{{from.x + pad, from.y + ui.px(16) + tabs}, {size.x - 2 * pad, size.y - ui.px(16) - tabs - pad}};
  if (const float card = tour_height(bench_, below_tabs.size.x); card > 0) {
    below_tabs.size.y -= card + ui.px(10);
    draw_tour(bench_, {below_tabs.from.x, below_tabs.from.y + below_tabs.size.y + ui.px(10)}, below_tabs.size.x);
  }
  if (const float strip = FilmStrip::height(bench_); strip > 0) {
    below_tabs.size.y -= strip + ui.px(6);
    film_strip_.draw(bench_, {below_tabs.from.x, below_tabs.from.y + below_tabs.size.y + ui.px(10)}, below_tabs.size.x);
  }
  if (alone) return asked.draw(bench_, below_tabs);
  const bool loading = !bench_.session.trace() && bench_.session.status().picture_due;
  if ((loading || LoadingView::wanted(bench_.session)) &&
      loading_view_.draw(bench_, map_desk_, below_tabs.from, below_tabs.size))
    return;
  if (!bench_.maps.empty() && bench_.photo.image) {
    asked.draw(bench_, below_tabs);
    draw_pass_progress(bench_, {from.x + pad, from.y + ui.px(10) + tabs}, size.x - 2 * pad);
    answer_progress_.draw(bench_, map_desk_, page_entry().id, {from.x + size.x - pad, from.y + size.y - pad}, true);
    return;
  }
  const std::string words = words_in_place_of_maps();
  if (bench_.session.trace()) {
    const float strip = draw_strip_without_maps(bench_, *page_entry().analysis, below_tabs.from, below_tabs.size.x);
    const Area below_strip{{below_tabs.from.x, below_tabs.from.y + strip},
                           {below_tabs.size.x, below_tabs.size.y - strip}};
    if (asked.draw_without_maps(bench_, below_strip, words)) return;
  }
  const float widest = 0.8f * size.x;
  const ImVec2 extent = ui::measure(ui, ui::Type::title, words, widest);
  ui::draw_text(ui, ui::Type::title, {from.x + (size.x - extent.x) / 2, from.y + size.y / 2}, ui.theme.faint, words,
                widest);
  answer_progress_.draw(bench_, map_desk_, page_entry().id,
                        {from.x + size.x / 2, from.y + size.y / 2 + extent.y + ui.px(14)}, false);
}

void App::after_frame(std::uint64_t frame, std::uint64_t presses, bool frames_due) {
  if (!bench_.ui.map.wanted()) return;
  const Session& session = bench_.session;
  const View& view = session.view;
  UiMap::Frame out{.frame = frame,
                   .presses = presses,
                   .settled = !frames_due && due_in_s() != 0 && session.measured() && !desk_.busy() &&
                              shows_newest_answer() && !bench_.summaries.busy() && !bench_.ui.fonts_stale && !lab_ran_};
  out.page = page_entry().id;
  out.requested = {.block = view.block,
                   .num_heads = session.wanted_heads(),
                   .head = vit::head_name(view.head),
                   .query = "cls",
                   .run = session.requested_id()};
  if (const auto& trace = session.trace()) {
    out.requested.query = vit::query_name(view.query, trace->grid, trace->model->config);
    if (!bench_.maps.empty()) {
      const vit::MapSet& set = bench_.maps.set();
      const vit::MapLabel& chosen = bench_.maps.label(bench_.maps.chosen(view));
      const int block = std::clamp(chosen.block < 0 ? view.block : chosen.block, 0, set.trace->settings.depth() - 1);
      const bool asked =
          vit::depends_on_query(*vit::analysis_by_id(set.question.analysis), set.question, set.trace->model->config);
      out.shown = {.block = block,
                   .num_heads = set.trace->settings.heads(block),
                   .head = vit::head_name(chosen.head == vit::kNoHead ? view.head : chosen.head),
                   .query = vit::query_name(asked ? set.question.query : session.query_in(*set.trace), set.trace->grid,
                                            set.trace->model->config),
                   .run = set.trace == drawn_pass() ? drawn_.request : 0,
                   .draft = drawn_.draft};
    }
  }
  if (page_entry().analysis == nullptr && session.shown_id() == session.requested_id()) out.shown = out.requested;
  out.toast = bench_.toasts.newest();
  constexpr int kMostErrors = 1000;  // a lost context reports them for ever
  while (gl_errors_ < kMostErrors && glGetError() != GL_NO_ERROR) ++gl_errors_;
  out.gl_errors = gl_errors_;
  out.clock_s = ImGui::GetTime();
  bench_.ui.map.write(out);
}

void App::drop(const char* path) {
  open_by_content(bench_, path);
}

double App::due_in_s() const {
  return bench_.ui.wake_at > 0 ? std::max(0.0, bench_.ui.wake_at - ImGui::GetTime()) : -1;
}

bool App::shows_settled_picture() const {
  return bench_.session.measured() && !desk_.busy() && shows_newest_answer() && !bench_.ui.fonts_stale;
}

std::string App::title() const {
  std::string title = "Headlight";
  if (!bench_.session.image_source().empty()) title += " – " + file_name(bench_.session.image_source());
  if (!bench_.session.model_source().empty()) title += " – " + file_name(bench_.session.model_source());
  return title;
}

Preferences App::preferences() const {
  Preferences p = bench_.preferences;
  p.look = bench_.session.view.look;
  p.toured = true;
  if (const auto folder = bench_.browser.folder_of_saving(); !folder.empty()) p.folder = folder.string();
  return p;
}

}  // namespace headlight
