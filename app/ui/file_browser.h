// A file browser of our own: folders, a filter, recent files, and the keyboard.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/folder_list.h"
#include "app/ui/ui.h"

namespace headlight::ui {

class FileBrowser {
 public:
  enum class Mode : std::uint8_t {
    open_file,
    open_file_or_folder,  // "Open this folder" is offered, too
    save_file,            // with a line for the name
    choose_folder,
  };
  struct Task {
    Mode mode = Mode::open_file;
    std::string title;                 // "Open image"
    std::vector<std::string> endings;  // ".png"
    std::vector<std::string> recent;   // whole paths
    std::filesystem::path folder;      // to begin with
    std::string name;                  // suggested, for saving
    std::function<void(const std::filesystem::path&)> chosen;
  };

  void open(Task task);
  bool is_open() const { return open_; }
  const std::filesystem::path& folder() const { return folder_; }
  /// GLFW's key, while it is open.
  void press(int key, int modifiers);
  void draw(Ui& ui);

 private:
  void go_to(std::filesystem::path folder, const std::string& select = {});
  void refresh_matches();
  void accept(const FolderEntry& entry);
  void accept_name();
  bool accept_typed_path();  // false if no path was typed
  void finish(const std::filesystem::path& path);
  void draw_path(Ui& ui);
  void draw_recent(Ui& ui, float width, float height);
  void draw_entries(Ui& ui, float width, float height);
  void draw_buttons(Ui& ui);

  Task task_;
  bool open_ = false, opening_ = false, scroll_to_ = false;
  std::filesystem::path folder_;
  std::vector<FolderEntry> entries_;
  std::vector<std::size_t> matches_;
  std::size_t selected_ = 0;  // into matches_
  std::string error_;
  std::array<char, 256> filter_{};  // or the name to save as
  std::string filtered_by_;
  int filter_generation_ = 0;  // a new text field each time: Dear ImGui keeps the text of an active one
};

}  // namespace headlight::ui
