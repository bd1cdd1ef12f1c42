// What a key press means: for an open list, the file browser, a dialog, the walk through a pass, else a command.
#include <GLFW/glfw3.h>

#include <string>
#include <utility>

#include "app/panels/tour.h"
#include "app/window/app.h"

namespace headlight {

namespace {

/// Whether the key is one for an open list.
bool press_in_list(ui::ListKeys& keys, int key) {
  constexpr int kFar = 1 << 20;
  switch (key) {
    case GLFW_KEY_DOWN:
      ++keys.moves;
      return true;
    case GLFW_KEY_UP:
      --keys.moves;
      return true;
    case GLFW_KEY_HOME:
      keys.moves = -kFar;
      return true;
    case GLFW_KEY_END:
      keys.moves = kFar;
      return true;
    case GLFW_KEY_ENTER:
    case GLFW_KEY_KP_ENTER:
    case GLFW_KEY_SPACE:
      keys.enter = keys.cursor >= 0 || keys.moves != 0;
      return true;
    default:
      return key == GLFW_KEY_LEFT || key == GLFW_KEY_RIGHT;
  }
}

}  // namespace

void App::press(int key, int modifiers) {
  if (bench_.browser.is_open()) return bench_.browser.press(key, modifiers);
  if (key == GLFW_KEY_ESCAPE && bench_.ui.list_open) {
    bench_.ui.close_list = true;
    return;
  }
  if (bench_.ui.list_open && modifiers == 0 && press_in_list(bench_.ui.list_keys, key)) return;
  if (key == GLFW_KEY_ESCAPE && bench_.dialogs.any_open()) return bench_.dialogs.close_front();
  if (bench_.tour.on() && !ImGui::GetIO().WantTextInput && press_in_tour(key, modifiers)) return;
  if (ImGui::GetIO().WantTextInput) return;
  const Key pressed{key, modifiers & (kShift | kControl)};
  if (std::string why = bench_.commands.refusal(pressed); !why.empty())
    bench_.toasts.say(std::move(why));
  else
    bench_.commands.press(pressed);
}

bool App::press_in_tour(int key, int modifiers) {
  if (key == GLFW_KEY_ESCAPE) {
    end_tour(bench_);
  } else if (key == GLFW_KEY_ENTER || key == GLFW_KEY_KP_ENTER) {
    if (modifiers & GLFW_MOD_SHIFT)
      step_back(bench_);
    else
      next_step(bench_);
  } else {
    return false;
  }
  return true;
}

}  // namespace headlight
