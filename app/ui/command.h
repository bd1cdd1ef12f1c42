// One table of what a user can do: it feeds menus, shortcuts, tooltips, the help window and the tests.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace headlight {

enum Modifier : int { kNoModifier = 0, kShift = 1, kControl = 2 };  // GLFW's bits

/// A key with its modifiers; `code` is GLFW's, 0 for none.
struct Key {
  int code = 0;
  int modifiers = kNoModifier;
  bool operator==(const Key&) const = default;
};
/// "Ctrl+Shift+S", "F1", "←".
std::string name_of(const Key& key);

struct Command {
  std::string id;    // "file.open_image"
  std::string menu;  // "File"; empty: no menu entry
  std::string name;  // "Open image…"
  std::vector<Key> keys;
  std::string tooltip;  // a sentence
  std::function<void()> run;
  std::function<bool()> enabled = [] { return true; };
  std::function<std::string()> reason = [] { return "Open a model and a photo first."; };  // why not, while it is not
  std::function<bool()> checked = {};                                                      // empty: no check mark
  bool separated = false;  // a line before it in the menu
};

class CommandTable {
 public:
  void add(Command command);
  const std::vector<Command>& all() const { return commands_; }
  const Command& get(std::string_view id) const;  // must exist
  /// "Ctrl+O", or all its keys with " or " between; for tooltips.
  std::string keys_of(std::string_view id) const;
  /// Runs what the key stands for. False if nothing does, or it is disabled now.
  bool press(const Key& key) const;
  /// "Undo: there is nothing to take back.": why the key does nothing now. Empty where it does something, or never
  /// does.
  std::string refusal(const Key& key) const;

 private:
  const Command* of_key(const Key& key) const;
  std::vector<Command> commands_;
};

}  // namespace headlight
