#include "app/write_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "engine/error.h"

namespace headlight {

void write_file(const std::filesystem::path& file, std::string_view bytes) {
  const std::string temporary = file.string() + ".part-" + std::to_string(::getpid());
  const auto refuse = [&](int error) {
    throw vit::Error(file.string() + " cannot be written: " + std::strerror(error) + ".");
  };
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) refuse(errno);
  const auto give_up = [&](int error) {
    ::close(descriptor);
    ::unlink(temporary.c_str());
    refuse(error);
  };
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) give_up(errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(descriptor) != 0 && errno != EINVAL && errno != EROFS) give_up(errno);
  if (::close(descriptor) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    refuse(error);
  }
  if (std::rename(temporary.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    refuse(error);
  }
}

}  // namespace headlight
