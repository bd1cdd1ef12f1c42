// Writes a file whole or not at all; pipes and devices are written straight into.
#pragma once

#include <filesystem>
#include <string_view>

namespace headlight {

/// Throws vit::Error that names the file when the disk refuses; the old file, if any, is then untouched.
/// The folder must exist.
void write_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace headlight
