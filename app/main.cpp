#include <csignal>

#include "app/cli/commands.h"

int main(int argc, char** argv) {
#ifdef SIGXFSZ
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow any more: writing fails, and says so
#endif
  return headlight::run_command_line(argc, argv);
}
