#include "engine/base/mapped_file.h"

#include <algorithm>
#include <fstream>

#include "engine/base/error.h"

// A fuzzer reads a copy: AddressSanitizer does not see where a mapped file ends.
#if (defined(__unix__) || defined(__APPLE__)) && !defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
#define HEADLIGHT_HAS_MMAP 1
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#endif

namespace vit {
namespace {

void check_kind(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error("There is no file " + file.string() + ": check the path.");
  }
  if (status.type() == std::filesystem::file_type::directory) {
    throw Error(file.string() + " is a folder, not a file.");
  }
  if (error || status.type() != std::filesystem::file_type::regular) {
    throw Error("Cannot read " + file.string() + ": it is no ordinary file that this user may read.");
  }
}

#ifdef HEADLIGHT_HAS_MMAP
std::int64_t modified_ns(const struct stat& status) {
#ifdef __APPLE__
  const timespec& time = status.st_mtimespec;
#else
  const timespec& time = status.st_mtim;
#endif
  return std::int64_t{1'000'000'000} * time.tv_sec + time.tv_nsec;
}
#endif

}  // namespace

#ifdef HEADLIGHT_HAS_MMAP

MappedFile::MappedFile(const std::filesystem::path& file) : path_(file) {
  check_kind(file);
  descriptor_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw Error("Cannot read " + file.string() + ": " + std::strerror(errno) + ".");
  struct stat status {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  void* memory = MAP_FAILED;
  if (known && status.st_size > 0) {
    size_ = static_cast<std::size_t>(status.st_size);
    memory = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_, 0);
  }
  if (memory == MAP_FAILED) {
    const std::string reason =
        !known || status.st_size > 0 ? std::strerror(errno) : "it is empty; copy or download it again";
    ::close(descriptor_);
    throw Error("Cannot read " + file.string() + ": " + reason + ".");
  }
  data_ = static_cast<const std::byte*>(memory);
  modified_ = modified_ns(status);
  guard_.emplace(data_, size_);
}

MappedFile::~MappedFile() {
  guard_.reset();
  ::munmap(const_cast<std::byte*>(data_), size_);
  ::close(descriptor_);
}

void MappedFile::check() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || static_cast<std::uint64_t>(status.st_size) < size_) {
    throw Error(path_.string() + " was cut short while it was being read: open it again when it is complete.");
  }
  if (modified_ns(status) != modified_)
    throw Error(path_.string() + " was written into while it was being read: open it again when it is complete.");
}

void MappedFile::release(std::uint64_t offset, std::uint64_t length) const {
  const std::uint64_t page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t end = std::min<std::uint64_t>(offset + length, size_);
  const std::uint64_t first = (offset + page - 1) / page * page;
  const std::uint64_t last = end == size_ ? (end + page - 1) / page * page : end / page * page;
  if (first < last) ::madvise(const_cast<std::byte*>(data_) + first, last - first, MADV_DONTNEED);
}

#else

MappedFile::MappedFile(const std::filesystem::path& file) : path_(file) {
  check_kind(file);
  copy_.resize(std::filesystem::file_size(file));
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(copy_.data()), static_cast<std::streamsize>(copy_.size()));
  if (!stream || copy_.empty()) throw Error("Cannot read " + file.string() + ": it is empty or not readable.");
  data_ = copy_.data();
  size_ = copy_.size();
}

MappedFile::~MappedFile() = default;
void MappedFile::check() const {}
void MappedFile::release(std::uint64_t, std::uint64_t) const {}

#endif

}  // namespace vit
