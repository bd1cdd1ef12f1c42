// What the file browser lists of a folder: folders first, then the files that fit, filtered by what was typed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace headlight {

struct FolderEntry {
  std::string name;  // as the system has it, UTF-8 on every usual system
  bool folder = false;
  std::uintmax_t bytes = 0;
};

/// Entries of `folder` that are folders or end in one of `endings` (lower case, with the dot; empty: all files),
/// without hidden ones. Sorted by name, case aside. `error` says why a folder cannot be read.
std::vector<FolderEntry> list_folder(const std::filesystem::path& folder, const std::vector<std::string>& endings,
                                     std::string& error);

/// Its name ends as pictures' names do.
bool is_named_as_picture(const std::filesystem::path& file);

/// True if `name` holds every word of `filter`, whatever the case of Latin letters.
bool matches(const std::string& name, const std::string& filter);

}  // namespace headlight
