#include "app/files/folder_list.h"

#include <algorithm>
#include <sstream>

#include "engine/base/lower.h"
#include "engine/image/image_format.h"

namespace headlight {

namespace {

bool ends_with_one_of(const std::string& name, const std::vector<std::string>& endings) {
  if (endings.empty()) return true;
  const std::string small = vit::lower(name);
  return std::any_of(endings.begin(), endings.end(), [&](const std::string& e) { return small.ends_with(e); });
}

}  // namespace

bool is_named_as_picture(const std::filesystem::path& file) {
  const auto known = vit::picture_endings();
  return std::find(known.begin(), known.end(), vit::lower(file.extension().string())) != known.end();
}

std::vector<FolderEntry> list_folder(const std::filesystem::path& folder, const std::vector<std::string>& endings,
                                     std::string& error) {
  std::vector<FolderEntry> entries;
  std::error_code code;
  error.clear();
  std::filesystem::directory_iterator it(folder, std::filesystem::directory_options::skip_permission_denied, code);
  if (code) {
    error = folder.string() + ": " + code.message();
    return entries;
  }
  for (; it != std::filesystem::directory_iterator(); it.increment(code)) {
    if (code) break;
    const std::string name = it->path().filename().string();
    if (name.empty() || name[0] == '.') continue;
    std::error_code ignored;
    const bool is_folder = it->is_directory(ignored);
    if (!is_folder && (!it->is_regular_file(ignored) || !ends_with_one_of(name, endings))) continue;
    const std::uintmax_t bytes = is_folder ? 0 : it->file_size(ignored);
    entries.push_back({name, is_folder, ignored ? 0 : bytes});
  }
  std::sort(entries.begin(), entries.end(), [](const FolderEntry& a, const FolderEntry& b) {
    if (a.folder != b.folder) return a.folder;
    const std::string la = vit::lower(a.name), lb = vit::lower(b.name);
    return la != lb ? la < lb : a.name < b.name;
  });
  return entries;
}

bool matches(const std::string& name, const std::string& filter) {
  const std::string small = vit::lower(name);
  std::istringstream words(vit::lower(filter));
  for (std::string word; words >> word;)
    if (small.find(word) == std::string::npos) return false;
  return true;
}

}  // namespace headlight
