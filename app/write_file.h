// Writes a file whole or not at all: into a temporary file beside the target, which then takes its name.
#pragma once

#include <filesystem>
#include <string_view>

namespace headlight {

/// Throws vit::Error that names the file when the disk refuses; the old file, if any, is then untouched.
/// The folder must exist.
void write_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace headlight
