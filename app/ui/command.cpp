#include "app/ui/command.h"

#include <GLFW/glfw3.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace headlight {

namespace {

std::string name_of_code(int code) {
  if (code >= GLFW_KEY_F1 && code <= GLFW_KEY_F12) return "F" + std::to_string(code - GLFW_KEY_F1 + 1);
  if ((code >= GLFW_KEY_A && code <= GLFW_KEY_Z) || (code >= GLFW_KEY_0 && code <= GLFW_KEY_9))
    return std::string(1, static_cast<char>(code));
  switch (code) {
    case GLFW_KEY_LEFT:
      return "←";
    case GLFW_KEY_RIGHT:
      return "→";
    case GLFW_KEY_UP:
      return "↑";
    case GLFW_KEY_DOWN:
      return "↓";
    case GLFW_KEY_LEFT_BRACKET:
      return "[";
    case GLFW_KEY_RIGHT_BRACKET:
      return "]";
    case GLFW_KEY_EQUAL:
      return "=";
    case GLFW_KEY_MINUS:
      return "-";
    case GLFW_KEY_HOME:
      return "Home";
    case GLFW_KEY_END:
      return "End";
    case GLFW_KEY_SPACE:
      return "Space";
    case GLFW_KEY_PAGE_UP:
      return "Page Up";
    case GLFW_KEY_PAGE_DOWN:
      return "Page Down";
    case GLFW_KEY_DELETE:
      return "Delete";
    case GLFW_KEY_BACKSPACE:
      return "Backspace";
    case GLFW_KEY_ESCAPE:
      return "Esc";
    case GLFW_KEY_COMMA:
      return ",";
    case GLFW_KEY_PERIOD:
      return ".";
    default:
      return "key " + std::to_string(code);
  }
}

}  // namespace

std::string name_of(const Key& key) {
  if (key == Key{GLFW_KEY_EQUAL, kShift}) return "+";  // as it is written on the key
  std::string name;
  if (key.modifiers & kControl) name += "Ctrl+";
  if (key.modifiers & kShift) name += "Shift+";
  return name + name_of_code(key.code);
}

void CommandTable::add(Command command) {
  for ([[maybe_unused]] const Command& other : commands_) {
    assert(other.id != command.id);
    for ([[maybe_unused]] const Key& key : command.keys)
      assert(std::find(other.keys.begin(), other.keys.end(), key) == other.keys.end());
  }
  commands_.push_back(std::move(command));
}

const Command& CommandTable::get(std::string_view id) const {
  const auto found =
      std::find_if(commands_.begin(), commands_.end(), [&](const Command& command) { return command.id == id; });
  assert(found != commands_.end());
  return *found;
}

std::string CommandTable::keys_of(std::string_view id) const {
  std::string names;
  for (const Key& key : get(id).keys) names += (names.empty() ? "" : " or ") + name_of(key);
  return names;
}

const Command* CommandTable::of_key(const Key& key) const {
  const auto found = std::find_if(commands_.begin(), commands_.end(), [&](const Command& command) {
    return std::find(command.keys.begin(), command.keys.end(), key) != command.keys.end();
  });
  return found == commands_.end() ? nullptr : &*found;
}

bool CommandTable::press(const Key& key) const {
  const Command* command = of_key(key);
  if (command == nullptr || !command->enabled()) return false;
  command->run();
  return true;
}

std::string CommandTable::refusal(const Key& key) const {
  const Command* command = of_key(key);
  if (command == nullptr || command->enabled()) return "";
  const std::string name =
      command->name.ends_with("…") ? command->name.substr(0, command->name.size() - 3) : command->name;
  return name + ": " + command->reason();
}

}  // namespace headlight
