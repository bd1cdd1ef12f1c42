// What exported files are called where nobody names them: photo, network, block, head and query.
#pragma once

#include <string>

#include "app/export/export.h"

namespace headlight {

/// "moose__dinov2-small__b11_h1_cls": of one map; "…__b11_heads_r18c18" of a block's, "…__grid_cls" of several blocks',
/// "…__rollout_cls" of another analysis, "…__gradcam_b11_tabby" where it is about a class that was named. Over the
/// photo with "_over" behind it. Safe on every file system: no more than 150 bytes, and of photo and network only
/// letters, digits, "-", "." and "_".
std::string map_file_stem(const ExportSource& source, const ExportRequest& request, const vit::MapLabel& label);
std::string figure_file_stem(const ExportSource& source, const ExportRequest& request);
std::string curves_file_stem(const ExportSource& source, const ExportRequest& request);
std::string cost_file_stem(const ExportSource& source);

/// What they all begin with: "moose__dinov2-small__", of a frame "walk_0012__dinov2-small__".
std::string file_prefix(const ExportSource& source);

/// "dinov2-small" for ".../dinov2-small/model.safetensors", "vit" for "vit.safetensors": files that are called as every
/// network's are named by their folder. "random:…" stays as it is.
std::string network_name(const std::string& file);

/// A part of a file's name made of text from outside: at most `most_bytes` long, `instead` where nothing is left.
std::string safe_name_part(const std::string& text, std::size_t most_bytes, const std::string& instead);

}  // namespace headlight
