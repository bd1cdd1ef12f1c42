#include "app/files/file_mark.h"

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "app/files/digest.h"
#include "app/files/frame_source.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPart = 1 << 20;  // bytes

/// Empty where the file cannot be read to its end.
std::string digest(std::ifstream& file, std::uint64_t bytes) {
  Digest sum(Digest::Kind::sha256);
  const std::string size = std::to_string(bytes);
  sum.add(size.data(), size.size());
  const std::uint64_t first = std::min(bytes, kPart), last = std::min(bytes - first, kPart);
  std::vector<char> buffer(kPart);
  for (const auto& [at, count] : {std::pair{std::uint64_t{0}, first}, std::pair{bytes - last, last}}) {
    file.seekg(static_cast<std::streamoff>(at));
    if (count > 0 && !file.read(buffer.data(), static_cast<std::streamsize>(count))) return "";
    sum.add(buffer.data(), count);
  }
  return sum.hexadecimal();
}

}  // namespace

FileMark mark_file(const std::string& path) {
  FileMark mark;
  mark.path = path;
  const std::string whole = file_of_frame(path);
  std::error_code error;
  if (!fs::is_regular_file(whole, error)) return mark;
  const std::uintmax_t bytes = fs::file_size(whole, error);
  std::ifstream file(whole, std::ios::binary);
  if (error || !file) return mark;
  mark.sha256 = digest(file, bytes);
  if (!mark.sha256.empty()) mark.bytes = bytes;
  return mark;
}

std::string difference_from(const FileMark& mark) {
  if (mark.sha256.empty()) return "";
  const FileMark now = mark_file(mark.path);
  if (now == mark) return "";
  return mark.path + (now.sha256.empty() ? " is gone, or cannot be read."
                                         : " is another file than the one that the view was saved with.");
}

}  // namespace headlight
