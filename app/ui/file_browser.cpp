#include "app/ui/file_browser.h"

#include <GLFW/glfw3.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "app/ui/widgets.h"

namespace headlight::ui {

namespace {

constexpr const char* kPopup = "file_browser";

}  // namespace

void FileBrowser::open(Task task) {
  task_ = std::move(task);
  open_ = opening_ = true;
  filter_.fill('\0');
  if (task_.mode == Mode::save_file) std::strncpy(filter_.data(), task_.name.c_str(), filter_.size() - 1);
  std::error_code error;
  std::filesystem::path start = std::filesystem::absolute(task_.folder, error);
  if (!std::filesystem::is_directory(start, error)) start = std::filesystem::current_path(error);
  go_to(start);
}

void FileBrowser::go_to(std::filesystem::path folder, const std::string& select) {
  folder_ = folder.lexically_normal();
  if (!folder_.has_filename() && folder_.has_parent_path() && folder_ != folder_.root_path())
    folder_ = folder_.parent_path();
  entries_ = list_folder(folder_, task_.endings, error_);
  if (task_.mode != Mode::save_file) filter_.fill('\0');
  ++filter_generation_;
  refresh_matches();
  for (std::size_t i = 0; i < matches_.size(); ++i)
    if (entries_[matches_[i]].name == select) selected_ = i;
  scroll_to_ = true;
}

void FileBrowser::refresh_matches() {
  filtered_by_ = filter_.data();
  const bool path = filtered_by_[0] == '/' || filtered_by_[0] == '~';  // typed from the root: no filter
  matches_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (task_.mode == Mode::choose_folder && !entries_[i].folder) continue;
    if (task_.mode == Mode::save_file || path || matches(entries_[i].name, filtered_by_)) matches_.push_back(i);
  }
  selected_ = 0;
  // What was typed is meant for a file rather than for the folders above it.
  if (!filtered_by_.empty() && !path && task_.mode != Mode::save_file)
    for (std::size_t i = 0; i < matches_.size(); ++i)
      if (!entries_[matches_[i]].folder) {
        selected_ = i;
        break;
      }
}

void FileBrowser::finish(const std::filesystem::path& path) {
  open_ = false;
  if (task_.chosen) task_.chosen(path);
}

void FileBrowser::accept(const FolderEntry& entry) {
  if (entry.folder)
    go_to(folder_ / entry.name);
  else if (task_.mode == Mode::save_file)
    std::strncpy(filter_.data(), entry.name.c_str(), filter_.size() - 1);
  else
    finish(folder_ / entry.name);
}

void FileBrowser::accept_name() {
  if (filter_[0] != '\0') finish(folder_ / filter_.data());
}

bool FileBrowser::accept_typed_path() {
  std::string typed = filter_.data();
  const char* home = std::getenv("HOME");
  if (typed.rfind("~/", 0) == 0 && home != nullptr) typed = home + typed.substr(1);
  if (typed.empty() || typed[0] != '/') return false;
  std::error_code error;
  if (std::filesystem::is_directory(typed, error))
    go_to(typed);
  else if (std::filesystem::exists(typed, error))
    finish(typed);
  else
    error_ = typed + ": there is no such file.";
  return true;
}

void FileBrowser::press(int key, int) {
  const std::size_t count = matches_.size();
  switch (key) {
    case GLFW_KEY_ESCAPE:
      open_ = false;
      break;
    case GLFW_KEY_DOWN:
      selected_ = std::min(selected_ + 1, count == 0 ? 0 : count - 1);
      break;
    case GLFW_KEY_UP:
      selected_ = selected_ == 0 ? 0 : selected_ - 1;
      break;
    case GLFW_KEY_PAGE_DOWN:
      selected_ = std::min(selected_ + 12, count == 0 ? 0 : count - 1);
      break;
    case GLFW_KEY_PAGE_UP:
      selected_ = selected_ < 12 ? 0 : selected_ - 12;
      break;
    case GLFW_KEY_ENTER:
    case GLFW_KEY_KP_ENTER:
      if (task_.mode == Mode::save_file)
        accept_name();
      else if (accept_typed_path())
        break;
      else if (selected_ < count)
        accept(entries_[matches_[selected_]]);
      break;
    case GLFW_KEY_BACKSPACE:
      if (filtered_by_.empty() && folder_ != folder_.root_path())
        go_to(folder_.parent_path(), folder_.filename().string());
      break;
    default:
      return;
  }
  scroll_to_ = true;
}

void FileBrowser::draw(Ui& ui) {
  if (opening_) ImGui::OpenPopup(kPopup);
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const ImVec2 size{std::min(ui.px(860), screen.x * 0.94f), std::min(ui.px(580), screen.y * 0.9f)};
  ImGui::SetNextWindowSize(size);
  ImGui::SetNextWindowPos({std::floor((screen.x - size.x) / 2), std::floor((screen.y - size.y) / 2)});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(18), ui.px(14)));
  const bool shown = ImGui::BeginPopupModal(
      kPopup, nullptr, ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove);
  ImGui::PopStyleVar();
  if (!shown) return;
  if (!open_) {
    ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
    return;
  }
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
         filtered_by_.empty() ? "Nothing here that can be opened." : "Nothing matches.");
  if (scroll_to_) {
    const float top = static_cast<float>(selected_) * row, scroll = ImGui::GetScrollY();
    if (top < scroll)
      ImGui::SetScrollY(top);
    else if (top + row > scroll + height)
      ImGui::SetScrollY(top + row - height);
    scroll_to_ = false;
  }
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  std::size_t accepted = matches_.size();
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
      if (ImGui::InvisibleButton("entry", size)) {
        selected_ = index;
        if (entry.folder || ImGui::IsMouseDoubleClicked(0) || ImGui::GetIO().MouseClickedCount[0] >= 2)
          accepted = index;
      }
      const bool over = ImGui::IsItemHovered();
      if (over && ImGui::IsMouseDoubleClicked(0)) accepted = index;
      ImGui::PopID();
      if (index == selected_)
        list.AddRectFilled(at, {at.x + size.x, at.y + row}, ui.theme.accent_soft, ui.px(3));
      else if (over)
        list.AddRectFilled(at, {at.x + size.x, at.y + row}, ui.theme.raised, ui.px(3));
      const float text_y = at.y + (row - ui.fonts.size(Type::body)) / 2;
      const std::string amount = entry.folder ? "folder" : size_text(entry.bytes);
      const float amount_width = measure(ui, Type::small, amount).x;
      const std::string name = shortened(ui, Type::body, entry.name, size.x - amount_width - ui.px(40), true);
      draw_text(ui, Type::body, {at.x + ui.px(10), text_y}, entry.folder ? ui.theme.soft : ui.theme.text,
                entry.folder ? name + "/" : name);
      draw_text(ui, Type::small, {at.x + size.x - amount_width - ui.px(10), text_y + ui.px(1.5f)}, ui.theme.faint,
                amount);
      describe(ui, {.id = "browser.item." + entry.name, .label = {}}, at, {at.x + size.x, at.y + row}, over,
               index == selected_ ? "on" : "");
    }
  ImGui::PopStyleVar();
  ImGui::EndChild();
  if (accepted < matches_.size()) accept(FolderEntry(entries_[matches_[accepted]]));
}

void FileBrowser::draw_buttons(Ui& ui) {
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
  if (!saving && filtered_by_ != filter_.data()) refresh_matches();

  text(ui, Type::small, ui.theme.faint, "↑ ↓ choose · Enter open · Backspace folder above · Esc close");
  ImGui::SameLine();
  const float width = ui.px(110);
  const bool folder_button = task_.mode == Mode::open_file_or_folder || task_.mode == Mode::choose_folder;
  float x = ImGui::GetWindowPos().x + ImGui::GetWindowSize().x - ui.px(18) - 2 * width - ui.px(8);
  if (folder_button) x -= width + ui.px(48);
  ImGui::SetCursorScreenPos({x, ImGui::GetCursorScreenPos().y});
  if (folder_button) {
    const bool save = task_.mode == Mode::choose_folder;
    if (button(ui,
               {.id = "browser.this_folder",
                .label = save ? "Save in this folder" : "Open this folder",
                .tooltip = folder_.string()},
               width + ui.px(40)))
      finish(folder_);
    ImGui::SameLine();
  }
  if (button(ui, {.id = "browser.cancel", .label = "Cancel", .tooltip = "Closes the browser.", .key = "Esc"}, width))
    open_ = false;
  ImGui::SameLine();
  const bool can = saving ? filter_[0] != '\0' : selected_ < matches_.size();
  if (task_.mode != Mode::choose_folder && button(ui,
                                                  {.id = "browser.accept",
                                                   .label = saving ? "Save" : "Open",
                                                   .tooltip = saving ? "Writes the file." : "Opens it.",
                                                   .key = "Enter",
                                                   .enabled = can},
                                                  width, true)) {
    if (saving)
      accept_name();
    else
      accept(FolderEntry(entries_[matches_[selected_]]));
  }
}

}  // namespace headlight::ui
