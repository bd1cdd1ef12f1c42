// Paths as a user types them, and names that no file has yet.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace headlight {

/// True for "/photos", "~", "~/x.png", "sub/x.png" and "..": a place rather than a name or words to filter by.
bool is_path(std::string_view typed);

/// The whole path: "~" is the home folder, and what does not begin at the root begins at `folder`.
std::filesystem::path typed_path(std::string_view typed, const std::filesystem::path& folder);

/// `name`, or the first of "map_2.png", "map_3.png", … for "map.png" that nothing in `folder` has.
std::string free_name(const std::filesystem::path& folder, const std::string& name);

}  // namespace headlight
