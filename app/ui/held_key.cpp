#include "app/ui/held_key.h"

#include <GLFW/glfw3.h>

namespace headlight::ui {

bool is_down(HeldKey key) {
  GLFWwindow* const window = glfwGetCurrentContext();
  return window != nullptr && glfwGetKey(window, key == HeldKey::tab ? GLFW_KEY_TAB : GLFW_KEY_SPACE) == GLFW_PRESS;
}

}  // namespace headlight::ui
