// A file's name, with what tells whether the same file still lies there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace headlight {

/// `sha256` is of the size in decimal and of the first and the last MiB: quick for a checkpoint of gigabytes, and
/// enough to tell one from another, not to find a bit that fell over in the middle.
struct FileMark {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;  // hexadecimal; empty where `path` names no file that can be read
  bool operator==(const FileMark&) const = default;
};

/// Of a file, or the file of a frame ("walk.gif#12"); of a folder or anything else the path alone.
FileMark mark_file(const std::string& path);

/// "photo.jpg is gone.", "photo.jpg is another file than the one that the view was saved with."; empty where it is the
/// same, or was no file.
std::string difference_from(const FileMark& mark);

}  // namespace headlight
