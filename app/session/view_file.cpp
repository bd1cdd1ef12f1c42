#include "app/session/view_file.h"

#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "app/files/png_file.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

constexpr std::uintmax_t kMostBytes = 1 << 20;  // of a view as text

/// The text of a file that could be a saved view; empty for any other.
std::string view_text(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return "";
  const std::uintmax_t bytes = std::filesystem::file_size(file, error);
  if (error || bytes > kMostBytes) return "";
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  const bool object = text.find_first_not_of(" \t\r\n") == text.find('{') && !text.empty();
  return object && text.find(kViewChunk) != std::string::npos ? text : "";
}

}  // namespace

std::optional<SavedView> find_view(const std::filesystem::path& file) {
  std::string text = find_png_text(file, kViewChunk, kMostBytes).value_or("");
  if (text.empty()) text = view_text(file);
  if (text.empty()) return std::nullopt;
  try {
    return from_json(text);
  } catch (const vit::Error& error) {
    throw vit::Error(file.string() + " cannot be opened as a view. " + error.what());
  }
}

SavedView read_view(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) throw vit::Error(file.string() + " does not exist; check the path.");
  if (auto view = find_view(file)) return *std::move(view);
  throw vit::Error(file.string() + " holds no view; choose a file that Save view… wrote, or a picture that Headlight " +
                   "exported.");
}

}  // namespace headlight
