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
constexpr int kMostFramesToFocus = 12;                    // none are drawn for ever
constexpr float kShelfWidth = 224;                        // points
constexpr float kPictureWidth = 60, kPictureHeight = 44;  // points, of a row's picture
constexpr ImU32 kPictureEdge = IM_COL32(128, 128, 128, 90);

void draw_folder_sign(const Ui& ui, ImVec2 at, ImVec2 box) {
  const float w = ui.px(22), h = ui.px(16), tab = ui.px(3);
  const ImVec2 from{std::floor(at.x + (box.x - w) / 2), std::floor(at.y + (box.y - h + tab) / 2)};
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled({from.x, from.y - tab}, {from.x + w * 0.45f, from.y + tab}, ui.theme.bar_soft, ui.px(2));
  list.AddRectFilled(from, {from.x + w, from.y + h}, ui.theme.bar_soft, ui.px(2));
}

}  // namespace

void draw_preview(const Ui& ui, const FilePreview& preview, ImVec2 at, ImVec2 box) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (preview.width < 1 || preview.height < 1) {
    list.AddRectFilled(at, {at.x + box.x, at.y + box.y}, ui.theme.raised, ui.px(3));
    return;
  }
  const float scale = std::min(box.x / static_cast<float>(preview.width), box.y / static_cast<float>(preview.height));
  const ImVec2 size{std::max(1.f, std::floor(scale * static_cast<float>(preview.width))),
                    std::max(1.f, std::floor(scale * static_cast<float>(preview.height)))};
  const ImVec2 from{std::floor(at.x + (box.x - size.x) / 2), std::floor(at.y + (box.y - size.y) / 2)};
  const ImVec2 to{from.x + size.x, from.y + size.y};
  list.AddImage(preview.picture, from, to);
  list.AddRect(from, to, kPictureEdge);
}

void FileBrowser::draw(Ui& ui) {
  if (opening_) ImGui::OpenPopup(kPopup);
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const ImVec2 size{std::min(ui.px(940), screen.x * 0.94f), std::min(ui.px(660), screen.y * 0.9f)};
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
  float height = ImGui::GetContentRegionAvail().y - 2 * line;
  if (notice_fills_a_line())
    height -= measure(ui, Type::body, notice_, ImGui::GetContentRegionAvail().x - ui.px(20)).y + ui.px(16);
  if (!task_.recent.empty() || !task_.shipped.empty()) {
    draw_shelves(ui, ui.px(kShelfWidth), height);
    ImGui::SameLine(0, ui.px(14));
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

void FileBrowser::draw_shelf(Ui& ui, const char* title, const std::string& id, const std::vector<std::string>& paths,
                             std::filesystem::path& picked) {
  if (paths.empty()) return;
  heading(ui, title);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float width = ImGui::GetContentRegionAvail().x - ui.px(6);
  const float two = ui.fonts.size(Type::body) + ui.fonts.size(Type::small) + ui.px(3);
  const float row = std::floor(two + ui.px(10)), left = task_.pictures ? ui.px(48) : 0;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::filesystem::path path = paths[i];
    const std::string folder = id == "recent" ? path.parent_path().filename().string() : "";
    ui.announce(paths[i]);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const std::string row_id = "browser." + id + "." + std::to_string(i);
    if (ImGui::InvisibleButton(row_id.c_str(), {width, row})) picked = path;
    const bool over = ImGui::IsItemHovered(), seen = ImGui::IsItemVisible();
    if (over) list.AddRectFilled(at, {at.x + width, at.y + row}, ui.theme.raised, ui.px(3));
    if (task_.pictures && seen)
      draw_preview(ui, task_.preview(path), {at.x + ui.px(4), at.y + ui.px(4)}, {ui.px(44), row - ui.px(8)});
    const float room = width - left - ui.px(14);
    const float y = at.y + (row - (folder.empty() ? ui.fonts.size(Type::body) : two)) / 2;
    draw_text(ui, Type::body, {at.x + left + ui.px(8), y}, ui.theme.text,
              shortened(ui, Type::body, path.filename().string(), room, true));
    draw_text(ui, Type::small, {at.x + left + ui.px(8), y + ui.fonts.size(Type::body) + ui.px(3)}, ui.theme.faint,
              shortened(ui, Type::small, folder, room, true));
    describe(ui, {.id = row_id, .label = {}, .tooltip = paths[i]}, at, {at.x + width, at.y + row}, over, paths[i]);
  }
  gap(ui, 6);
}

void FileBrowser::draw_shelves(Ui& ui, float width, float height) {
  ImGui::BeginChild("shelves", {width, height}, false);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(ui.px(8), ui.px(1)));
  std::filesystem::path picked;
  draw_shelf(ui, "RECENT", "recent", task_.recent, picked);
  draw_shelf(ui, "WITH THE PROGRAM", "shipped", task_.shipped, picked);
  ImGui::PopStyleVar();
  ImGui::EndChild();
  if (!picked.empty()) finish(picked);
}

float FileBrowser::row_height(const Ui& ui) const {
  if (task_.pictures) return ui.px(kPictureHeight + 8);
  const float name = ui.fonts.size(Type::body) + ui.px(10);
  return std::floor(task_.preview ? name + ui.fonts.size(Type::small) + ui.px(2) : name);
}

void FileBrowser::draw_entry(Ui& ui, std::size_t index, ImVec2 at, ImVec2 size, bool over) {
  const FolderEntry& entry = entries_[matches_[index]];
  const bool is_marked = marked_ && index == selected_;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 to{at.x + size.x, at.y + size.y};
  if (is_marked)
    list.AddRectFilled(at, to, ui.theme.accent_soft, ui.px(3));
  else if (over)
    list.AddRectFilled(at, to, ui.theme.raised, ui.px(3));
  FilePreview preview;
  if (task_.preview && (!entry.folder || takes_folder())) preview = task_.preview(folder_ / entry.name);
  float x = at.x + ui.px(10);
  if (task_.pictures) {
    const ImVec2 corner{at.x + ui.px(4), at.y + ui.px(4)}, box{ui.px(kPictureWidth), ui.px(kPictureHeight)};
    if (entry.folder)
      draw_folder_sign(ui, corner, box);
    else
      draw_preview(ui, preview, corner, box);
    x += box.x + ui.px(4);
  }
  const std::string amount = entry.folder ? "folder" : bytes_text(static_cast<double>(entry.bytes));
  const float amount_width = measure(ui, Type::small, amount).x, right = to.x - ui.px(10);
  const std::string name = shortened(ui, Type::body, entry.folder ? entry.name + "/" : entry.name,
                                     right - amount_width - ui.px(20) - x, true);
  const float body = ui.fonts.size(Type::body), small = ui.fonts.size(Type::small);
  const float block = preview.words.empty() ? body : body + ui.px(3) + small;
  const float y = at.y + (size.y - block) / 2;
  draw_text(ui, Type::body, {x, y}, entry.folder ? ui.theme.soft : ui.theme.text, name);
  if (!preview.words.empty())
    draw_text(ui, Type::small, {x, y + body + ui.px(3)}, ui.theme.soft,
              shortened(ui, Type::small, preview.words, right - x));
  draw_text(ui, Type::small, {right - amount_width, at.y + (size.y - small) / 2}, ui.theme.soft, amount);
  describe(ui, {.id = "browser.item." + entry.name, .label = {}}, at, to, over, is_marked ? "on" : "");
  if (ui.map.wanted() && task_.preview && (!entry.folder || takes_folder()))
    ui.map.add({"browser.preview." + entry.name, at.x, at.y, size.x, size.y,
                preview.waits ? "…" : preview.words + (preview.width > 0 ? " with a picture" : ""), true});
}

void FileBrowser::draw_entries(Ui& ui, float width, float height) {
  ImGui::BeginChild("entries", {width, height}, false);
  const float row = row_height(ui);
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
      draw_entry(ui, index, at, size, over);
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
  // Enter ends the editing and the focus comes back a few frames later: they are drawn now, or the next key is lost.
  frames_without_focus_ = ImGui::IsAnyItemActive() ? 0 : frames_without_focus_ + 1;
  if (frames_without_focus_ > 0 && frames_without_focus_ < kMostFramesToFocus) ui.wake(ImGui::GetTime());
  ImGui::PopID();
  ImGui::PopStyleVar();
  const ImVec2 to = ImGui::GetItemRectMax();
  describe(ui, {.id = saving ? "browser.name" : "browser.filter", .label = {}}, at, to, false, filter_.data());
  if (filtered_by_ != filter_.data()) typed();
}

void FileBrowser::draw_buttons(Ui& ui) {
  ui.announce(hint());
  if (notice_fills_a_line()) {
    const ImVec2 from = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x, wrap = width - ui.px(20);
    const ImVec2 size{width, measure(ui, Type::body, notice_, wrap).y + ui.px(10)};
    ImGui::GetWindowDrawList()->AddRectFilled(from, {from.x + size.x, from.y + size.y}, ui.theme.raised, ui.px(4));
    draw_text(ui, Type::body, {from.x + ui.px(10), from.y + ui.px(5)}, ui.theme.bad, notice_, wrap);
    describe(ui, {.id = "browser.hint", .label = {}}, from, {from.x + size.x, from.y + size.y}, false, notice_);
    ImGui::Dummy(size);
  }
  const bool saves = !opens(), asking = !question_for_.empty();
  const Enter enter = enter_means();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ui.px(110), gap_px = ui.px(8), folder_width = takes_folder() ? width + ui.px(40) : 0;
  const float x =
      at.x + ImGui::GetContentRegionAvail().x - 2 * width - gap_px - (takes_folder() ? folder_width + gap_px : 0);
  if (!notice_fills_a_line()) {
    const float room = x - at.x - ui.px(16);
    const std::string words = shortened(ui, Type::small, hint(), 1.85f * room, true);  // in two lines
    draw_text(ui, Type::small, at, asking ? ui.theme.accent : ui.theme.faint, words, room);
    describe(ui, {.id = "browser.hint", .label = {}}, at, {at.x + room, at.y + measure(ui, Type::small, words, room).y},
             false, words);
  }

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
