#include "app/ui/file_browser.h"

#include <GLFW/glfw3.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "app/files/typed_path.h"

namespace headlight::ui {

void FileBrowser::open(Task task) {
  task_ = std::move(task);
  open_ = opening_ = true;
  suggested_.clear();
  waits_for_.clear();
  asked_last_.clear();
  set_text("");
  std::error_code error;
  std::filesystem::path start = std::filesystem::absolute(task_.folder, error);
  if (!std::filesystem::is_directory(start, error)) start = std::filesystem::current_path(error);
  go_to(start, task_.select);
}

void FileBrowser::go_to(const std::filesystem::path& folder, const std::string& select) {
  folder_ = folder.lexically_normal();
  if (!folder_.has_filename() && folder_.has_parent_path() && folder_ != folder_.root_path())
    folder_ = folder_.parent_path();
  entries_ = list_folder(folder_, task_.endings, error_);
  if (task_.mode != Mode::save_file)
    set_text("");
  else if (suggested_ == filter_.data())
    set_text(suggested_ = free_name(folder_, task_.name));
  withdraw();
  refresh_matches();
  for (std::size_t i = 0; i < matches_.size(); ++i)
    if (entries_[matches_[i]].name == select) selected_ = i;
  scroll_to_ = true;
}

void FileBrowser::go_up() {
  if (folder_ != folder_.root_path()) go_to(folder_.parent_path(), folder_.filename().string());
}

void FileBrowser::set_text(const std::string& text) {
  filter_.fill('\0');
  std::strncpy(filter_.data(), text.c_str(), filter_.size() - 1);
  filtered_by_ = filter_.data();
  ++filter_generation_;
}

void FileBrowser::typed() {
  withdraw();
  if (task_.mode != Mode::save_file) return refresh_matches();
  filtered_by_ = filter_.data();
  marked_ = false;
}

void FileBrowser::refresh_matches() {
  filtered_by_ = filter_.data();
  const bool path = task_.mode != Mode::save_file && is_path(filtered_by_);
  const bool words = task_.mode != Mode::save_file && !filtered_by_.empty() && !path;
  matches_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (task_.mode == Mode::choose_folder && !entries_[i].folder) continue;
    if (!words || matches(entries_[i].name, filtered_by_)) matches_.push_back(i);
  }
  selected_ = 0;
  marked_ = ((opens() && !path) || words) && !matches_.empty();
  if (!words) return;
  // What was typed is meant for a file rather than for the folders above it.
  for (std::size_t i = 0; i < matches_.size(); ++i)
    if (!entries_[matches_[i]].folder) {
      selected_ = i;
      break;
    }
}

void FileBrowser::mark(std::size_t row) {
  withdraw();
  selected_ = row;
  marked_ = true;
  const FolderEntry& entry = entries_[matches_[row]];
  if (task_.mode == Mode::save_file && !entry.folder) set_text(entry.name);
}

void FileBrowser::step(int rows) {
  const bool path_is_meant = task_.mode != Mode::save_file && is_path(filter_.data());
  if (matches_.empty() || path_is_meant) return;
  const int last = static_cast<int>(matches_.size()) - 1;
  mark(static_cast<std::size_t>(std::clamp(static_cast<int>(selected_) + (marked_ ? rows : 0), 0, last)));
}

void FileBrowser::withdraw() {
  question_for_.clear();
  notice_.clear();
}

FileBrowser::Enter FileBrowser::enter_means() const {
  const bool row = marked_ && selected_ < matches_.size();
  if (task_.mode == Mode::save_file) {
    if (row && entries_[matches_[selected_]].folder) return Enter::row;
    return filter_[0] != '\0' ? Enter::save : Enter::nothing;
  }
  if (is_path(filter_.data())) return Enter::typed_path;
  if (row) return Enter::row;
  return task_.mode == Mode::choose_folder && filter_[0] == '\0' ? Enter::this_folder : Enter::nothing;
}

void FileBrowser::accept(Enter what) {
  switch (what) {
    case Enter::nothing:
      return;
    case Enter::typed_path:
      return accept_typed_path();
    case Enter::row:
      return accept_row();
    case Enter::save:
      return save();
    case Enter::this_folder:
      return accept_folder();
  }
}

void FileBrowser::accept_row() {
  const FolderEntry entry = entries_[matches_[selected_]];
  if (entry.folder)
    go_to(folder_ / entry.name);
  else if (task_.mode == Mode::save_file)
    save();
  else
    finish(folder_ / entry.name);
}

void FileBrowser::accept_typed_path() {
  const std::filesystem::path path = typed_path(filter_.data(), folder_);
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    go_to(path);
  else if (!std::filesystem::exists(path, error))
    notice_ = "There is no " + path.string() + ".";
  else if (task_.mode == Mode::choose_folder)
    notice_ = path.string() + " is not a folder.";
  else
    finish(path);
}

/// The folder in sight, or the one whose path was typed.
void FileBrowser::accept_folder() {
  const bool typed = task_.mode != Mode::save_file && is_path(filter_.data());
  const std::filesystem::path folder = typed ? typed_path(filter_.data(), folder_) : folder_;
  std::error_code error;
  if (typed && !std::filesystem::is_directory(folder, error)) {
    notice_ = folder.string() + " is not a folder.";
    return;
  }
  if (may_write(folder, task_.in_the_way ? task_.in_the_way(folder) : "")) finish(folder);
}

/// Empty where a file may lie in it: it is a folder, or one that can be made when the file is written.
std::string FileBrowser::why_no_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::path there = folder;
  while (!std::filesystem::exists(there, error) && there.has_parent_path() && there != there.parent_path())
    there = there.parent_path();
  return std::filesystem::is_directory(there, error) ? "" : there.string() + " is not a folder.";
}

void FileBrowser::save() {
  if (filter_[0] == '\0') return;
  const std::filesystem::path path = typed_path(filter_.data(), folder_);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    set_text(suggested_);
    go_to(path);
  } else if (const std::string why = why_no_folder(path.parent_path()); !why.empty()) {
    notice_ = why;
  } else if (may_write(path, std::filesystem::exists(path, error) ? path.filename().string() + " exists." : "")) {
    finish(path);
  }
}

bool FileBrowser::may_write(const std::filesystem::path& target, const std::string& there) {
  if (there.empty() || question_for_ == target) return true;
  question_for_ = target;
  notice_ = there;
  return false;
}

void FileBrowser::finish(const std::filesystem::path& path) {
  withdraw();
  open_ = task_.waits_for_answer;
  if (task_.waits_for_answer) waits_for_ = asked_last_ = path;
  if (task_.mode == Mode::save_file) folder_of_saving_ = path.parent_path();
  if (task_.mode == Mode::choose_folder) folder_of_saving_ = path;
  if (task_.chosen) task_.chosen(path);
}

void FileBrowser::opened(const std::filesystem::path& path) {
  if (open_ && path == asked_last_) open_ = false;
}

void FileBrowser::refuse(std::string sentence) {
  waits_for_.clear();
  question_for_.clear();
  notice_ = std::move(sentence);
}

void FileBrowser::press(int key, int modifiers) {
  constexpr int kPage = 12;
  switch (key) {
    case GLFW_KEY_ESCAPE:
      if (question_for_.empty()) {
        open_ = false;
      } else {
        withdraw();
        ++filter_generation_;  // or Dear ImGui's text field takes back what was typed
      }
      break;
    case GLFW_KEY_DOWN:
      step(1);
      break;
    case GLFW_KEY_UP:
      if (modifiers & GLFW_MOD_ALT)
        go_up();
      else
        step(-1);
      break;
    case GLFW_KEY_PAGE_DOWN:
      step(kPage);
      break;
    case GLFW_KEY_PAGE_UP:
      step(-kPage);
      break;
    case GLFW_KEY_ENTER:
    case GLFW_KEY_KP_ENTER:
      if ((modifiers & GLFW_MOD_CONTROL) == 0)
        accept(enter_means());
      else if (takes_folder())
        accept_folder();
      else if (task_.mode == Mode::save_file)
        save();
      break;
    case GLFW_KEY_BACKSPACE:
      if (filter_[0] == '\0') go_up();
      break;
    default:
      return;
  }
  scroll_to_ = true;
}

std::string FileBrowser::hint() const {
  if (!question_for_.empty()) return notice_ + " Enter replaces · Esc goes back";
  if (!notice_.empty()) return notice_;
  if (waits()) return "Opening " + waits_for_.filename().string() + "…";
  const bool saves = !opens();
  const Enter enter = enter_means();
  std::string words;
  if (enter == Enter::row) words = "Enter opens what is marked · ";
  if (enter == Enter::typed_path) words = "Enter opens this path · ";
  if (enter == Enter::save) words = "Enter saves · ";
  if (enter == Enter::this_folder) words = "Enter saves in this folder · ";
  if (takes_folder() && enter != Enter::this_folder)
    words += saves ? "Ctrl+Enter saves in this folder · " : "Ctrl+Enter opens this folder · ";
  else if (saves && enter == Enter::row)
    words += "Ctrl+Enter saves · ";
  words += filter_[0] == '\0' ? "↑ ↓ choose · Backspace folder above" : "↑ ↓ choose · Alt+↑ folder above";
  return words + " · Esc closes";
}

}  // namespace headlight::ui
