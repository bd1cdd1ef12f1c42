// Another program as a child process: its arguments as they are, never a shell, and bytes in and out through pipes.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace headlight {

/// Where a program of this name lies on the PATH; none: nowhere. Relative folders of the PATH do not count.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// Runs from its making to its end. Belongs to one thread.
class ChildProcess {
 public:
  /// `feeds`: write() gives it bytes; otherwise it reads nothing. Throws vit::Error where it cannot be started.
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments, bool feeds = false);
  /// Ends it, if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Waits for bytes; 0 at their end.
  std::size_t read(void* to, std::size_t most);
  /// False where it does not read any more.
  bool write(const void* bytes, std::size_t count);
  /// No more bytes follow.
  void end_input();
  /// Waits for its end; its exit status, or 128 and more after a signal.
  int wait();
  /// What it said on its standard error: the end of it, without the last line's end.
  std::string complaint();

 private:
  pid_t pid_ = -1;
  int out_ = -1, in_ = -1, errors_ = -1;
  std::thread listener_;  // empties the standard error, so that the child never waits there
  std::mutex mutex_;      // guards the next one
  std::string said_;
};

}  // namespace headlight
