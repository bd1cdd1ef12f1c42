// A file browser of our own: folders, a filter, small pictures, recent files, and the keyboard.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/files/folder_list.h"
#include "app/ui/ui.h"

namespace headlight::ui {

/// What is known of a file besides its name and size.
struct FilePreview {
  std::string words = {};     // "976×683", or a checkpoint's family
  ImTextureID picture = {};   // none while the sizes are 0
  int width = 0, height = 0;  // px of the picture
  bool waits = false;         // more is coming
};

/// As large as fits into `box`, in its middle; a quiet ground where there is no picture.
void draw_preview(const Ui& ui, const FilePreview& preview, ImVec2 at, ImVec2 box);

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
    /// For a folder to save in: what would be written over, as a sentence; empty: nothing.
    std::function<std::string(const std::filesystem::path&)> in_the_way = {};
    std::string select = {};                // the entry of `folder` to begin at
    std::vector<std::string> shipped = {};  // whole paths of what comes with the program
    /// Asked in each frame for each file in sight.
    std::function<FilePreview(const std::filesystem::path&)> preview = {};
    bool pictures = false;  // previews have pictures: rows are high
    /// Whether the file opens is known later: the browser stays until `opened` or `refuse` tells.
    bool waits_for_answer = false;
  };

  void open(Task task);
  bool is_open() const { return open_; }
  /// Where something was saved last; empty: nowhere yet.
  const std::filesystem::path& folder_of_saving() const { return folder_of_saving_; }
  /// A chosen file is being opened.
  bool waits() const { return open_ && !waits_for_.empty(); }
  /// It did open: the browser closes, if this is what it waits for.
  void opened(const std::filesystem::path& path);
  /// It did not: the browser stays as it was and shows the sentence.
  void refuse(std::string sentence);
  void close() { open_ = false; }
  /// GLFW's key, while it is open.
  void press(int key, int modifiers);
  void draw(Ui& ui);

 private:
  /// What Enter and the accented button do now.
  enum class Enter : std::uint8_t { nothing, typed_path, row, save, this_folder };
  Enter enter_means() const;
  bool opens() const { return task_.mode == Mode::open_file || task_.mode == Mode::open_file_or_folder; }
  bool takes_folder() const { return task_.mode == Mode::open_file_or_folder || task_.mode == Mode::choose_folder; }

  void go_to(const std::filesystem::path& folder, const std::string& select = {});
  void go_up();
  void refresh_matches();
  void set_text(const std::string& text);
  void typed();
  void mark(std::size_t row);
  void step(int rows);
  void withdraw();

  void accept(Enter what);
  void accept_row();
  void accept_typed_path();
  void accept_folder();
  static std::string why_no_folder(const std::filesystem::path& folder);
  void save();
  /// Asks before something is written over: true if nothing is `there`, or if it has been asked for this target.
  bool may_write(const std::filesystem::path& target, const std::string& there);
  void finish(const std::filesystem::path& path);

  std::string hint() const;
  void draw_path(Ui& ui);
  void draw_shelves(Ui& ui, float width, float height);
  void draw_shelf(Ui& ui, const char* title, const std::string& id, const std::vector<std::string>& paths,
                  std::filesystem::path& picked);
  void draw_entry(Ui& ui, std::size_t index, ImVec2 at, ImVec2 size, bool over);
  float row_height(const Ui& ui) const;
  bool notice_fills_a_line() const { return !notice_.empty() && question_for_.empty(); }
  void draw_entries(Ui& ui, float width, float height);
  void draw_text_field(Ui& ui);
  void draw_buttons(Ui& ui);

  Task task_;
  bool open_ = false, opening_ = false, scroll_to_ = false;
  std::filesystem::path folder_;
  std::vector<FolderEntry> entries_;
  std::vector<std::size_t> matches_;
  std::size_t selected_ = 0;          // into matches_
  bool marked_ = false;               // the selected row is shown as such, and is what Enter is about
  double entered_s_ = -1;             // when a click led into this folder
  std::string error_;                 // why the folder cannot be read
  std::string notice_;                // the question, or what is wrong with what was typed or chosen
  std::filesystem::path waits_for_;   // chosen, and being opened
  std::filesystem::path asked_last_;  // the newest of these
  std::filesystem::path folder_of_saving_;
  std::filesystem::path question_for_;  // empty: nothing is asked
  std::array<char, 1024> filter_{};     // or the name to save as
  std::string filtered_by_;
  std::string suggested_;  // name
  int frames_without_focus_ = 0;
  int filter_generation_ = 0;  // a new text field each time: Dear ImGui keeps the text of an active one
};

}  // namespace headlight::ui
