#include "engine/base/output_file.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"

namespace vit {
namespace {

constexpr int kMaxLinks = 40;  // as many as Linux follows

/// Where the links lead, there or not; nothing if they lead in a circle.
std::filesystem::path behind_links(std::filesystem::path file) {
  std::error_code error;
  for (int i = 0; i < kMaxLinks; ++i) {
    if (!std::filesystem::is_symlink(file, error)) return file;
    file = file.parent_path() / std::filesystem::read_symlink(file, error);
  }
  return {};
}

/// Short, so that it fits where the target's name does, and different for every file and process.
std::string temporary_name() {
  static std::atomic<unsigned> count{0};
  return ".headlight-" + std::to_string(::getpid()) + "-" + std::to_string(count++) + ".part";
}

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& file) : file_(file) {
  struct stat found {};
  const bool exists = ::stat(file.c_str(), &found) == 0;
  if (exists && S_ISDIR(found.st_mode)) refuse(EISDIR);
  if (exists && !S_ISREG(found.st_mode)) {
    open_straight();
  } else {
    open_temporary();
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::open_straight() {
  do descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) refuse(errno);
}

void OutputFile::open_temporary() {
  target_ = behind_links(file_);
  if (target_.empty()) refuse(ELOOP);
  std::filesystem::path temporary;
  do {
    temporary = target_.parent_path() / temporary_name();
    descriptor_ = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && (errno == EEXIST || errno == EINTR));
  if (descriptor_ < 0) refuse(errno);
  temporary_ = temporary;
}

void OutputFile::write(const void* bytes, std::size_t count) {
  const char* next = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, next, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse(errno);
    next += written;
    count -= static_cast<std::size_t>(written);
  }
}

void OutputFile::finish() {
  if (!temporary_.empty() && ::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) refuse(errno);
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0) refuse(errno);
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) refuse(errno);
  temporary_.clear();
}

void OutputFile::refuse(int error) const {
  throw Error(file_.string() + " cannot be written: " + std::generic_category().message(error) + ".");
}

}  // namespace vit
