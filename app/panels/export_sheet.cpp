#include "app/panels/export_sheet.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "app/analysis/desk.h"
#include "app/export/file_names.h"
#include "app/export/sheet_memory.h"
#include "app/export/view_export.h"
#include "app/files/picture_clipboard.h"
#include "app/panels/bench.h"
#include "app/panels/export_subject.h"
#include "app/ui/choose.h"
#include "app/ui/texture_id.h"
#include "app/ui/widgets.h"

namespace headlight {
namespace {

constexpr const char* kPlace = "export.sheet";  // at the desk
constexpr float kChoices = 330;                 // points, width of the left part
constexpr int kCommandLines = 3;
constexpr std::array<int, 5> kDpi = {96, 150, 300, 600, 1200};

std::string command_of(const Bench& bench, const Sheet& sheet, const std::string& file) {
  const Session& session = bench.session;
  return shell_line(arguments_of(sheet, session.wanted_view(), *session.model(), file));
}

/// Squares behind what is transparent.
void draw_checkers(ImVec2 from, ImVec2 to, float side) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, to, IM_COL32(255, 255, 255, 255));
  for (float y = from.y; y < to.y; y += side)
    for (float x = from.x; x < to.x; x += side)
      if (static_cast<int>((x - from.x) / side + 0.5f) % 2 != static_cast<int>((y - from.y) / side + 0.5f) % 2)
        list.AddRectFilled({x, y}, {std::min(x + side, to.x), std::min(y + side, to.y)}, IM_COL32(214, 214, 214, 255));
}

/// A sentence about what saving into the folder may write over; empty: nothing.
std::string files_in_the_way(const std::filesystem::path& folder, const std::string& prefix,
                             const std::string& ending) {
  int files = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    files += name.rfind(prefix, 0) == 0 && name.ends_with(ending) ? 1 : 0;
  }
  if (files == 0) return {};
  return files == 1 ? "A file of this photo and network exists here."
                    : std::to_string(files) + " files of this photo and network exist here.";
}

std::string size_words(const SheetPreview& preview, const Sheet& sheet) {
  std::string words = fmt::format("{} × {} px", preview.width_px, preview.height_px);
  if (preview.width_mm > 0)
    words = fmt::format("{:.4g} × {:.4g} mm · {} at {:g} dpi", preview.width_mm, preview.height_mm, words,
                        sheet.style.width.dpi);
  return words + fmt::format(" · shown at {:.0f} %", 100 * preview.scale);
}

}  // namespace

void ExportSheet::ask(const Bench& bench, Desk& desk, int width, int height) {
  const View& view = bench.session.view;
  Key key{.sheet = sheet_,
          .maps = bench.maps.set().serial,
          .photo = bench.photo.version,
          .times = sheet_.shows == SheetShows::cost ? bench.session.times().version() : 0,
          .look = view.look,
          .block = view.block,
          .head = view.head,
          .cost_block = view.cost_of_model ? -1 : view.block,
          .convention = view.convention,
          .width = width,
          .height = height};
  if (asked_ == key) return;
  asked_ = key;
  desk.ask(kPlace,
           [sheet = sheet_, subject = export_subject(bench, false), width, height](const std::stop_token& stop) {
             return std::make_shared<const SheetPreview>(
                 sheet_preview(sheet, subject, width, height, {.progress = {}, .stop = stop}));
           });
}

void ExportSheet::take(const Desk& desk) {
  const auto newest = std::static_pointer_cast<const SheetPreview>(desk.answer(kPlace));
  if (newest == nullptr || newest == shown_) return;
  shown_ = newest;
  const Raster& picture = shown_->picture;
  if (picture.width > 0) texture_.upload(picture.width, picture.height, picture.rgba);
}

void ExportSheet::draw_size(Bench& bench) {
  ui::Ui& ui = bench.ui;
  FigureWidth& width = sheet_.style.width;
  constexpr std::array<const char*, 3> kUnits = {"Natural", "Pixels", "Millimetres"};
  constexpr std::array<const char*, 3> kTips = {
      "As large as its maps make it: 512 px for one, 256 px for each of several.",
      "The whole figure is so many pixels wide.", "The whole figure is so wide on paper; letters have 6 to 8 points."};
  int unit = static_cast<int>(width.unit);
  ui::segments(ui, {.id = "sheet.unit", .label = {}}, unit, kUnits, kTips);
  width.unit = static_cast<FigureWidth::Unit>(unit);
  if (width.unit == FigureWidth::Unit::px) {
    int tens = px_ / 10;
    if (ui::slider(ui, {.id = "sheet.px", .label = "Width", .tooltip = "Of the whole figure, in pixels."}, tens, 20,
                   400, fmt::format("{} px", px_)))
      px_ = 10 * tens;
    width.amount = px_;
  } else if (width.unit == FigureWidth::Unit::mm) {
    ui::slider(ui,
               {.id = "sheet.mm",
                .label = "Width",
                .tooltip = "Of the whole figure, in millimetres: a column is often 85 mm wide, a page 170 mm."},
               mm_, 30, 250, fmt::format("{} mm", mm_));
    width.amount = mm_;
    int dpi = static_cast<int>(std::find(kDpi.begin(), kDpi.end(), static_cast<int>(width.dpi)) - kDpi.begin());
    std::array<std::string, kDpi.size()> words;
    std::array<const char*, kDpi.size()> names{}, tips{};
    for (std::size_t i = 0; i < kDpi.size(); ++i) {
      words[i] = std::to_string(kDpi[i]);
      names[i] = words[i].c_str();
      tips[i] = "Pixels an inch: of a PNG file, and of the pictures inside PDF and SVG.";
    }
    ui::label_value(ui, "Pixels an inch", "");
    ui::segments(ui, {.id = "sheet.dpi", .label = {}}, dpi, names, tips);
    width.dpi = kDpi[static_cast<std::size_t>(dpi)];
  }
}

/// Of a figure of several maps: the columns of its tiles.
void ExportSheet::draw_columns(Bench& bench) {
  const vit::Settings& settings = bench.maps.set().trace->settings;
  int heads = 1;
  for (int block = 0; block < settings.depth(); ++block) heads = std::max(heads, settings.heads(block));
  const bool grid = sheet_.shows == SheetShows::grid;
  const int most = grid ? 3 * heads : heads + 3;  // three blocks; input, mean, maximum and heads
  int& columns = sheet_.style.columns;
  const std::string shown = columns == 0 ? "as suits the page" : std::to_string(columns);
  const bool moved = ui::slider(
      bench.ui,
      {.id = "sheet.columns",
       .label = "Columns",
       .tooltip = "Tiles in a row; with twice a block's heads two blocks stand side by side. At the left end: as many "
                  "as keep a width in millimetres on a page of A4."},
      columns, 0, most, shown);
  if (moved && grid && columns > heads) columns = (columns + heads / 2) / heads * heads;  // whole blocks
}

void ExportSheet::draw_marks(Bench& bench) {
  ui::Ui& ui = bench.ui;
  bool bar = *sheet_.style.bar, caption = *sheet_.style.caption;
  if (sheet_.shows != SheetShows::cost && sheet_.shows != SheetShows::curves)
    ui::check(ui, {.id = "sheet.bar", .label = "Colour bar", .tooltip = "The scale of the colours below the maps."},
              bar);
  ui::check(ui,
            {.id = "sheet.caption", .label = "Caption", .tooltip = "What is shown, of which photo and which network."},
            caption);
  sheet_.style.bar = bar;
  sheet_.style.caption = caption;
  if (sheet_.shows_several())
    ui::check(ui, {.id = "sheet.over", .label = "Over the photo", .tooltip = "Each map lies over the photo."},
              sheet_.over_photo);
  if (sheet_.has_overlay())
    ui::check(ui,
              {.id = "sheet.whole_photo",
               .label = "The whole photo",
               .tooltip = "All of the photo, dark where the network does not look; else the part that it reads."},
              sheet_.style.whole_photo);
}

void ExportSheet::draw_shows(Bench& bench) {
  const auto possible = possible_shows(*vit::analysis_by_id(bench.maps.set().question.analysis));
  if (ui::choose_segment<SheetShows>(bench.ui, {.id = "sheet.shows", .label = {}}, sheet_.shows, possible))
    shows_ = sheet_.shows;
}

void ExportSheet::draw_kinds(Bench& bench) {
  const auto possible = possible_kinds(sheet_.shows, *vit::analysis_by_id(bench.maps.set().question.analysis));
  if (ui::choose_segment<FileKind>(bench.ui, {.id = "sheet.kind", .label = {}}, sheet_.kind, possible))
    kind_ = sheet_.kind;
}

/// What was chosen, as far as the page's analysis has it.
void ExportSheet::adapt(const Bench& bench) {
  sheet_.shows = shows_;
  sheet_.kind = kind_;
  sheet_ = possible_sheet(sheet_, *vit::analysis_by_id(bench.maps.set().question.analysis));
}

void ExportSheet::draw_choices(Bench& bench) {
  ui::Ui& ui = bench.ui;
  ui::heading(ui, "WHAT");
  draw_shows(bench);
  adapt(bench);
  ui::gap(ui, 6);
  ui::heading(ui, "FILE");
  draw_kinds(bench);
  adapt(bench);
  ui::wrapped(ui, ui::Type::small, ui.theme.soft, vit::choice_of(sheet_.kind).sentence);
  if (sheet_.shows_several()) {
    ui::gap(ui, 2);
    ui::check(ui,
              {.id = "sheet.separate",
               .label = "A file for each map",
               .tooltip = "Writes every map by itself into a folder, and a figure of each block beside them."},
              sheet_.separate);
  }
  if (!sheet_.is_figure()) return;
  ui::gap(ui, 6);
  ui::heading(ui, "WIDTH");
  draw_size(bench);
  if (sheet_.shows_several()) draw_columns(bench);
  ui::gap(ui, 6);
  ui::heading(ui, "WITH");
  draw_marks(bench);
  ui::gap(ui, 6);
  ui::heading(ui, "BACKGROUND");
  ui::choose_segment(ui, {.id = "sheet.ground", .label = {}}, sheet_.style.ground);
}

void ExportSheet::draw_preview(const Bench& bench, float width, float height) const {
  const ui::Ui& ui = bench.ui;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 at = ImGui::GetCursorScreenPos(), to{at.x + width, at.y + height};
  list.AddRectFilled(at, to, ui.theme.window, ui.px(4));
  const float pad = ui.px(14);
  if (!shown_) {
    ui::draw_text(ui, ui::Type::body, {at.x + pad, at.y + pad}, ui.theme.soft, "drawing…");
  } else if (!shown_->failure.empty()) {
    ui::draw_text(ui, ui::Type::body, {at.x + pad, at.y + pad}, ui.theme.bad, shown_->failure, width - 2 * pad);
  } else if (!shown_->text.empty()) {
    list.PushClipRect(at, to, true);
    ui::draw_text(ui, ui::Type::small, {at.x + pad, at.y + pad}, ui.theme.text, shown_->text);
    list.PopClipRect();
  } else {
    const auto wide = static_cast<float>(texture_.width()), high = static_cast<float>(texture_.height());
    const ImVec2 from{std::floor(at.x + (width - wide) / 2), std::floor(at.y + (height - high) / 2)};
    const ImVec2 end{from.x + wide, from.y + high};
    if (sheet_.style.ground == Ground::transparent) draw_checkers(from, end, ui.px(8));
    list.AddImage(ui::texture_id(texture_.name()), from, end);
    list.AddRect({from.x - 1, from.y - 1}, {end.x + 1, end.y + 1}, ui.theme.line);
  }
  ImGui::Dummy({width, height});
}

void ExportSheet::draw_command(Bench& bench) const {
  ui::Ui& ui = bench.ui;
  const std::string file = sheet_.makes_folder()                  ? "maps"
                           : shown_ && !shown_->file_name.empty() ? shown_->file_name
                                                                  : "figure.png";
  const std::string command = command_of(bench, sheet_, file);
  const float copy = ui.px(64), pad = ui.px(9), gap = ui.px(8);
  const float width = ImGui::GetContentRegionAvail().x, room = width - copy - gap;
  const float line = ui.fonts.size(ui::Type::small) * 1.25f, height = kCommandLines * line + 2 * ui.px(6);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, {at.x + room, at.y + height}, ui.theme.window, ui.px(4));
  ui::draw_text(ui, ui::Type::small, {at.x + pad, at.y + ui.px(6)}, ui.theme.soft,
                ui::shortened_to_fit(ui, ui::Type::small, command, room - 2 * pad, kCommandLines * line),
                room - 2 * pad);
  ImGui::SetCursorScreenPos({at.x, at.y});
  ImGui::InvisibleButton("sheet.command", {room, height});
  ui::describe(ui,
               {.id = "sheet.command",
                .label = {},
                .tooltip = "The command that writes the same file:\n" + command +
                           (sheet_.shows == SheetShows::cost ? "\nIts times are measured anew." : "")},
               at, {at.x + room, at.y + height}, ImGui::IsItemHovered(), command);
  ImGui::SetCursorScreenPos({at.x + room + gap, at.y});
  if (ui::button(ui, {.id = "sheet.copy_command", .label = "Copy", .tooltip = "Copies the command line."}, copy)) {
    ImGui::SetClipboardText(command.c_str());
    bench.toasts.say("Copied the command that writes the same.");
  }
  ImGui::SetCursorScreenPos({at.x, at.y + height + ui.px(8)});
}

void ExportSheet::draw_buttons(Bench& bench, float width) const {
  ui::Ui& ui = bench.ui;
  const bool possible = shown_ && shown_->failure.empty();
  const std::string reason = shown_ ? shown_->failure : "The preview is not there yet.";
  const float side = ui.px(112), gap = ui.px(8);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const std::string words = !possible ? "" : sheet_.is_figure() ? size_words(*shown_, sheet_) : shown_->file_name;
  ui::draw_text(ui, ui::Type::small, {at.x, at.y + ui.px(7)}, ui.theme.soft,
                ui::shortened(ui, ui::Type::small, words, width - 2 * side - 2 * gap));
  const bool is_text = sheet_.kind == FileKind::csv || sheet_.kind == FileKind::json,
             tool = picture_clipboard().has_value();
  ImGui::SetCursorScreenPos({at.x + width - 2 * side - gap, at.y});
  if (ui::button(ui,
                 {.id = "sheet.copy",
                  .label = is_text ? "Copy table" : "Copy picture",
                  .tooltip = is_text ? "Puts the numbers on the clipboard as text."
                                     : "Puts the figure on the clipboard as a PNG picture.",
                  .enabled = possible && sheet_.kind != FileKind::npy && (is_text || tool),
                  .reason = !possible                      ? reason
                            : sheet_.kind == FileKind::npy ? "An array cannot be pasted; choose CSV or PNG."
                                                           : picture_clipboard_advice()},
                 side))
    copy(bench);
  ImGui::SetCursorScreenPos({at.x + width - side, at.y});
  if (ui::button(ui,
                 {.id = "sheet.save",
                  .label = "Save…",
                  .tooltip = "Asks where to, with a name that tells photo, network, block, head and query.",
                  .enabled = possible,
                  .reason = reason},
                 side, true))
    save(bench, shown_->file_name);
}

void ExportSheet::copy(Bench& bench) const {
  Sheet sheet = sheet_;
  const SheetSubject subject = export_subject(bench, true);
  if (sheet.kind == FileKind::csv || sheet.kind == FileKind::json) {
    ImGui::SetClipboardText(bytes_of(sheet, subject).c_str());
    bench.toasts.say("Copied the numbers as text.");
    return;
  }
  sheet.kind = FileKind::png;
  bench.session.run_errand([sheet, subject](const std::stop_token& stop, const auto& progress) -> std::string {
    copy_picture(bytes_of(sheet, subject, {.progress = progress, .stop = stop}));
    return "Copied the figure as a PNG picture.";
  });
}

void ExportSheet::save(Bench& bench, const std::string& name) const {
  const auto write = [&bench, sheet = sheet_, subject = export_subject(bench, true)](std::filesystem::path to) {
    if (!sheet.makes_folder() && !to.has_extension()) to += std::string(".") + vit::id_of(sheet.kind);
    bench.dialogs.sheet = false;
    bench.session.run_errand([sheet, subject, to](const std::stop_token& stop, const auto& progress) {
      return write_sheet(sheet, subject, to, {.progress = progress, .stop = stop});
    });
  };
  const std::string kind = vit::choice_of(sheet_.kind).name, ending = std::string(".") + vit::id_of(sheet_.kind);
  if (sheet_.makes_folder())
    bench.browser.open(
        {.mode = ui::FileBrowser::Mode::choose_folder,
         .title = "Save a " + kind + " file for each map",
         .endings = {},
         .recent = {},
         .folder = bench.preferences.folder,
         .name = {},
         .chosen = write,
         .in_the_way = [prefix = file_prefix(export_subject(bench, false).source), ending](
                           const std::filesystem::path& folder) { return files_in_the_way(folder, prefix, ending); }});
  else
    bench.browser.open({.mode = ui::FileBrowser::Mode::save_file,
                        .title = "Save as " + kind,
                        .endings = {ending},
                        .recent = {},
                        .folder = bench.preferences.folder,
                        .name = name,
                        .chosen = write});
}

/// What was chosen when the program ran last.
void ExportSheet::recall(const Bench& bench) {
  if (std::exchange(recalled_, true)) return;
  sheet_ = sheet_from(bench.preferences.sheet);
  shows_ = sheet_.shows;
  kind_ = sheet_.kind;
  const FigureWidth& width = sheet_.style.width;
  if (width.unit == FigureWidth::Unit::px) px_ = std::clamp(static_cast<int>(width.amount), 200, 4000);
  if (width.unit == FigureWidth::Unit::mm) mm_ = std::clamp(static_cast<int>(width.amount), 30, 250);
}

void ExportSheet::draw(Bench& bench, Desk& desk) {
  recall(bench);
  if (!can_export(bench)) bench.dialogs.sheet = bench.dialogs.save_sheet = false;
  if (can_export(bench)) adapt(bench);
  if (std::exchange(bench.dialogs.save_sheet, false)) save(bench, file_name_of(sheet_, export_subject(bench, false)));
  if (!begin_dialog(bench, "export", "Export", {1180, 890}, bench.dialogs.sheet)) {
    if (asked_) desk.forget(kPlace);
    asked_.reset();
    shown_.reset();
    return;
  }
  const ui::Ui& ui = bench.ui;
  const ImVec2 all = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float left = ui.px(kChoices), gap = ui.px(22), right = all.x - left - gap;
  ImGui::BeginChild("sheet.choices", {left, all.y}, false);
  draw_choices(bench);
  Sheet chosen = sheet_;
  chosen.shows = shows_;
  chosen.kind = kind_;
  bench.preferences.sheet = remembered(chosen);
  ImGui::EndChild();
  ImGui::SetCursorScreenPos({at.x + left + gap, at.y});
  ImGui::BeginChild("sheet.figure", {right, all.y}, false, ImGuiWindowFlags_NoScrollbar);
  const float below =
      kCommandLines * ui.fonts.size(ui::Type::small) * 1.25f + ui.fonts.size(ui::Type::body) + ui.px(60);
  const float height = std::max(ui.px(80), all.y - below), inset = ui.px(12);
  ask(bench, desk, static_cast<int>(right - 2 * inset), static_cast<int>(height - 2 * inset));
  take(desk);
  draw_preview(bench, right, height);
  ui::gap(ui, 4);
  draw_command(bench);
  draw_buttons(bench, right);
  ImGui::EndChild();
  end_dialog();
}

}  // namespace headlight
