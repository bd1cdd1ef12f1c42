// Files that hold a view: one that was saved, or an exported picture that carries its own.
#pragma once

#include <filesystem>
#include <optional>

#include "app/session/saved_view.h"

namespace headlight {

/// The keyword of the PNG text chunk that holds a view as JSON.
inline constexpr const char* kViewChunk = "headlight view";

/// The view in a JSON file, or in a PNG picture; none where the file is something else. Throws vit::Error that names
/// the file where it holds a view which cannot be read.
std::optional<SavedView> find_view(const std::filesystem::path& file);

/// The same for a file that must hold one: throws where it does not.
SavedView read_view(const std::filesystem::path& file);

}  // namespace headlight
