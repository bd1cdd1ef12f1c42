#include "app/files/picture_clipboard.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "engine/base/error.h"

extern char** environ;

namespace headlight {
namespace {

bool is_wayland() {
  return std::getenv("WAYLAND_DISPLAY") != nullptr;
}

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view folders = path == nullptr ? "" : path;
  while (!folders.empty()) {
    const std::size_t end = std::min(folders.find(':'), folders.size());
    const std::string file = std::string(folders.substr(0, end)) + "/" + program;
    if (::access(file.c_str(), X_OK) == 0) return true;
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return false;
}

/// An unnamed file that begins with these bytes: the program may read it as slowly as it likes, or not at all.
class Input {
 public:
  explicit Input(std::string_view bytes) : file_(std::tmpfile()) {
    if (file_ == nullptr || std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size() ||
        std::fflush(file_) != 0)
      throw vit::Error("The picture cannot be copied: there is no room for a temporary file.");
    std::rewind(file_);
  }
  ~Input() {
    if (file_ != nullptr) std::fclose(file_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  int descriptor() const { return ::fileno(file_); }

 private:
  std::FILE* file_;
};

}  // namespace

std::optional<std::vector<std::string>> picture_clipboard() {
  if (is_wayland() && is_installed("wl-copy")) return {{"wl-copy", "--type", "image/png"}};
  if (std::getenv("DISPLAY") != nullptr && is_installed("xclip"))
    return {{"xclip", "-selection", "clipboard", "-target", "image/png"}};
  return std::nullopt;
}

std::string picture_clipboard_advice() {
  return is_wayland() ? "Pictures need the program wl-copy: install the package wl-clipboard."
                      : "Pictures need the program xclip: install the package xclip.";
}

void copy_picture(std::string_view png) {
  const auto command = picture_clipboard();
  if (!command) throw vit::Error("The picture cannot be copied. " + picture_clipboard_advice());
  const Input input(png);
  std::vector<char*> arguments;
  for (const std::string& argument : *command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input.descriptor(), STDIN_FILENO);
  for (const int output :
       {STDOUT_FILENO, STDERR_FILENO})  // it stays in the background as long as it owns the clipboard
    ::posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;  // it lives longer than the window, which has signals blocked, and can be ended by them
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t process = 0;
  const int failed = ::posix_spawnp(&process, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed != 0 || ::waitpid(process, &status, 0) != process || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw vit::Error("The picture cannot be copied: " + command->front() + " failed; save it as a file instead.");
}

}  // namespace headlight
