#include "app/window.h"

#include "engine/error.h"

namespace headlight {

int run_window(const WindowOptions&) {
  throw vit::Error("This build has no window; `headlight --help` lists the commands that need none.");
}

}  // namespace headlight
