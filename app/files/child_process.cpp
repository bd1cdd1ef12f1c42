#include "app/files/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/base/error.h"

extern char** environ;

namespace headlight {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostSaid = 2000;  // bytes of a complaint that are kept

void close_end(int& end) {
  if (end >= 0) ::close(end);
  end = -1;
}

class Actions {
 public:
  Actions() { posix_spawn_file_actions_init(&actions_); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  void give(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void give_nothing(int to) { posix_spawn_file_actions_addopen(&actions_, to, "/dev/null", O_RDONLY, 0); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace

std::optional<fs::path> find_program(const std::string& name) {
  const char* const list = std::getenv("PATH");
  std::string_view left = list == nullptr ? "" : list;
  while (!left.empty()) {
    const std::size_t end = left.find(':');
    const fs::path folder = std::string(left.substr(0, end));
    left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
    std::error_code error;
    const fs::path file = folder / name;
    if (folder.is_absolute() && fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return std::nullopt;
}

ChildProcess::ChildProcess(const fs::path& program, const std::vector<std::string>& arguments, bool feeds) {
  std::array<int, 2> out{-1, -1}, errors{-1, -1}, in{-1, -1};
  // What a child reads comes through a socket: writing to one that is gone is then an error, not a signal.
  const bool made = ::pipe2(out.data(), O_CLOEXEC) == 0 && ::pipe2(errors.data(), O_CLOEXEC) == 0 &&
                    (!feeds || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data()) == 0);
  int failed = made ? 0 : errno;
  if (made) {
    Actions actions;
    actions.give(out[1], STDOUT_FILENO);
    actions.give(errors[1], STDERR_FILENO);
    if (feeds)
      actions.give(in[1], STDIN_FILENO);
    else
      actions.give_nothing(STDIN_FILENO);
    std::vector<std::string> words = {program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    failed = posix_spawn(&pid_, program.c_str(), actions.get(), nullptr, argv.data(), environ);
  }
  for (int* end : {&out[1], &errors[1], &in[1]}) close_end(*end);
  out_ = out[0];
  errors_ = errors[0];
  in_ = in[0];
  if (failed != 0) {
    pid_ = -1;
    for (int* end : {&out_, &errors_, &in_}) close_end(*end);
    throw vit::Error(program.string() + " cannot be started: " + std::generic_category().message(failed) + ".");
  }
  listener_ = std::thread([this] {
    std::array<char, 512> buffer{};
    for (ssize_t got = 0; (got = ::read(errors_, buffer.data(), buffer.size())) != 0;) {
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) break;
      const std::lock_guard lock(mutex_);
      said_.append(buffer.data(), static_cast<std::size_t>(got));
      if (said_.size() > kMostSaid) said_.erase(0, said_.size() - kMostSaid);
    }
  });
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  if (listener_.joinable()) listener_.join();
  for (int* end : {&out_, &errors_, &in_}) close_end(*end);
}

std::size_t ChildProcess::read(void* to, std::size_t most) {
  for (;;) {
    const ssize_t got = ::read(out_, to, most);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return 0;
  }
}

bool ChildProcess::write(const void* bytes, std::size_t count) {
  const char* from = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t sent = ::send(in_, from, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    from += sent;
    count -= static_cast<std::size_t>(sent);
  }
  return true;
}

void ChildProcess::end_input() {
  close_end(in_);
}

int ChildProcess::wait() {
  close_end(in_);
  int status = 0;
  while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) break;
  pid_ = -1;
  if (listener_.joinable()) listener_.join();  // all that it said is there
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string ChildProcess::complaint() {
  const std::lock_guard lock(mutex_);
  const std::size_t last = said_.find_last_not_of(" \r\n");
  return said_.substr(0, last == std::string::npos ? 0 : last + 1);
}

}  // namespace headlight
