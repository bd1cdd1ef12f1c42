// How the file browser looks; file_browser.cpp has what it does.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "app/ui/file_browser.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"

namespace headlight::ui {

namespace {

constexpr const char* kPopup = "file_browser";

}  // namespace

void FileBrowser::draw(Ui& ui) {
  if (opening_) ImGui::OpenPopup(kPopup);
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const ImVec2 size{std::min(ui.px(860), screen.x * 0.94f), std::min(ui.px(580), screen.y * 0.9f)};
  ImGui::SetNextWindowSize(size);
  ImGui::SetNextWindowPos({std::floor((screen.x - size.x) / 2), std::floor((screen.y - size.y) / 2)});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(18), ui.px(14)));
  const bool shown = ImGui::BeginPopupModal(kPopup, nullptr,
                                            ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize |
                                                ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoBackground);
  ImGui::PopStyleVar();
  if (!shown) return;
  if (!open_) {
    ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
    return;
  }
  ground_over_veil(ui);
  text(ui, Type::title, ui.theme.text, task_.title);
  gap(ui, 2);
  draw_path(ui);
  const float line = ui.fonts.size(Type::body) + ui.px(24);
  const float height = ImGui::GetContentRegionAvail().y - 2 * line;
  const float recent = task_.recent.empty() ? 0 : ui.px(230);
  if (recent > 0) {
    draw_recent(ui, recent, height);
    ImGui::SameLine();
  }
  draw_entries(ui, ImGui::GetContentRegionAvail().x, height);
  draw_text_field(ui);
  draw_buttons(ui);
  ImGui::EndPopup();
  opening_ = false;
}

void FileBrowser::draw_path(Ui& ui) {
  ui.announce(folder_.string());
  std::vector<std::filesystem::path> parts;
  for (std::filesystem::path p = folder_;; p = p.parent_path()) {
    parts.insert(parts.begin(), p);
    if (p == p.parent_path()) break;
  }
  while (parts.size() > 6) parts.erase(parts.begin() + 1);
  std::filesystem::path next;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string name = parts[i].has_filename() ? parts[i].filename().string() : "/";
    if (i > 0) ImGui::SameLine(0, ui.px(4));
    if (button(ui, {.id = "browser.folder." + std::to_string(i),
                    .label = shortened(ui, Type::body, name, ui.px(170), true),
                    .tooltip = parts[i].string()}))
      next = parts[i];
  }
  if (const char* home = std::getenv("HOME"); home != nullptr) {
    ImGui::SameLine(0, ui.px(16));
    if (button(ui, {.id = "browser.home", .label = "Home", .tooltip = "Your home folder."})) next = home;
  }
  gap(ui, 2);
  if (!next.empty()) go_to(next);
}

void FileBrowser::draw_recent(Ui& ui, float width, float height) {
  ImGui::BeginChild("recent", {width, height}, false);
  heading(ui, "RECENT");
  std::filesystem::path picked;
  for (std::size_t i = 0; i < task_.recent.size(); ++i) {
    const std::filesystem::path path = task_.recent[i];
    ui.announce(path.string());
    if (button(ui,
               {.id = "browser.recent." + std::to_string(i),
                .label = shortened(ui, Type::body, path.filename().string(), width - ui.px(28), true),
                .tooltip = path.string()},
               width - ui.px(12)))
      picked = path;
  }
  ImGui::EndChild();
  if (!picked.empty()) finish(picked);
}

void FileBrowser::draw_entries(Ui& ui, float width, float height) {
  ImGui::BeginChild("entries", {width, height}, false);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float row = ui.fonts.size(Type::body) + ui.px(10);
  if (!error_.empty())
    wrapped(ui, Type::body, ui.theme.bad, error_);
  else if (matches_.empty())
    text(ui, Type::body, ui.theme.faint,
         task_.mode == Mode::save_file ? "Nothing here yet."
         : !filtered_by_.empty()       ? "Nothing matches."
         : opens()                     ? "Nothing here that can be opened."
                                       : "No folders in here.");
  if (scroll_to_) {
    const float top = static_cast<float>(selected_) * row, scroll = ImGui::GetScrollY();
    if (top < scroll)
      ImGui::SetScrollY(top);
    else if (top + row > scroll + height)
      ImGui::SetScrollY(top + row - height);
    scroll_to_ = false;
  }
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  const std::size_t none = matches_.size();
  std::size_t marked = none, accepted = none;
  // The second click of a double click on a folder is not meant for what lies in it.
  const bool clicks_count = ImGui::GetTime() - entered_s_ > static_cast<double>(ImGui::GetIO().MouseDoubleClickTime);
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(matches_.size()), row);
  while (clipper.Step())
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const auto index = static_cast<std::size_t>(i);
      const FolderEntry& entry = entries_[matches_[index]];
      ui.announce(entry.name);
      const ImVec2 at = ImGui::GetCursorScreenPos();
      const ImVec2 size{ImGui::GetContentRegionAvail().x, row};
      ImGui::PushID(i);
      if (ImGui::InvisibleButton("entry", size) && clicks_count) {
        marked = index;
        if (entry.folder) accepted = index;
      }
      const bool over = ImGui::IsItemHovered();
      if (over && !entry.folder && clicks_count && ImGui::IsMouseDoubleClicked(0)) marked = accepted = index;
      ImGui::PopID();
      const bool shown_as_marked = marked_ && index == selected_;
      if (shown_as_marked)
        list.AddRectFilled(at, {at.x + size.x, at.y + row}, ui.theme.accent_soft, ui.px(3));
      else if (over)
        list.AddRectFilled(at, {at.x + size.x, at.y + row}, ui.theme.raised, ui.px(3));
      const float text_y = at.y + (row - ui.fonts.size(Type::body)) / 2;
      const std::string amount = entry.folder ? "folder" : bytes_text(static_cast<double>(entry.bytes));
      const float amount_width = measure(ui, Type::small, amount).x;
      const std::string name = shortened(ui, Type::body, entry.name, size.x - amount_width - ui.px(40), true);
      draw_text(ui, Type::body, {at.x + ui.px(10), text_y}, entry.folder ? ui.theme.soft : ui.theme.text,
                entry.folder ? name + "/" : name);
      draw_text(ui, Type::small, {at.x + size.x - amount_width - ui.px(10), text_y + ui.px(1.5f)}, ui.theme.faint,
                amount);
      describe(ui, {.id = "browser.item." + entry.name, .label = {}}, at, {at.x + size.x, at.y + row}, over,
               shown_as_marked ? "on" : "");
    }
  ImGui::PopStyleVar();
  ImGui::EndChild();
  if (marked < none) mark(marked);
  if (accepted == none) return;
  if (entries_[matches_[accepted]].folder) entered_s_ = ImGui::GetTime();
  accept_row();
}

void FileBrowser::draw_text_field(Ui& ui) {
  gap(ui, 4);
  const bool saving = task_.mode == Mode::save_file;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(10), ui.px(6)));
  ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x);
  if (!ImGui::IsAnyItemActive()) ImGui::SetKeyboardFocusHere();
  ImGui::PushID(filter_generation_);
  ImGui::InputTextWithHint("##filter", saving ? "Name of the file" : "Type to filter, or a whole path", filter_.data(),
                           filter_.size());
  ImGui::PopID();
  ImGui::PopStyleVar();
  const ImVec2 to = ImGui::GetItemRectMax();
  describe(ui, {.id = saving ? "browser.name" : "browser.filter", .label = {}}, at, to, false, filter_.data());
  if (filtered_by_ != filter_.data()) typed();
}

void FileBrowser::draw_buttons(Ui& ui) {
  const bool saves = !opens(), asking = !question_for_.empty();
  const Enter enter = enter_means();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ui.px(110), gap_px = ui.px(8), folder_width = takes_folder() ? width + ui.px(40) : 0;
  const float x =
      at.x + ImGui::GetContentRegionAvail().x - 2 * width - gap_px - (takes_folder() ? folder_width + gap_px : 0);
  ui.announce(hint());
  const ImU32 color = asking ? ui.theme.accent : notice_.empty() ? ui.theme.faint : ui.theme.bad;
  const float room = x - at.x - ui.px(16);
  const std::string words = shortened(ui, Type::small, hint(), 1.85f * room, true);  // in two lines
  draw_text(ui, Type::small, at, color, words, room);
  describe(ui, {.id = "browser.hint", .label = {}}, at, {at.x + room, at.y + measure(ui, Type::small, words, room).y},
           false, words);

  ImGui::SetCursorScreenPos({x, at.y});
  if (takes_folder()) {
    const bool first = enter == Enter::this_folder;
    if (button(ui,
               {.id = "browser.this_folder",
                .label = asking  ? "Replace"
                         : saves ? "Save in this folder"
                                 : "Open this folder",
                .tooltip = folder_.string(),
                .key = first ? "Enter or Ctrl+Enter" : "Ctrl+Enter"},
               folder_width, first || asking))
      accept_folder();
    ImGui::SameLine(0, gap_px);
  }
  if (button(ui, {.id = "browser.cancel", .label = "Cancel", .tooltip = "Closes the browser.", .key = "Esc"}, width))
    open_ = false;
  ImGui::SameLine(0, gap_px);
  const bool writes = enter == Enter::save, can = enter != Enter::nothing && enter != Enter::this_folder;
  if (button(ui,
             {.id = "browser.accept",
              .label = !writes  ? "Open"
                       : asking ? "Replace"
                                : "Save",
              .tooltip = !writes  ? "Opens it."
                         : asking ? "Writes over the file."
                                  : "Writes the file.",
              .key = "Enter",
              .enabled = can},
             width, can && (writes || !asking)))
    accept(enter);
}

}  // namespace headlight::ui
