#include "app/export/export.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <system_error>

#include "app/export/export_captions.h"
#include "app/export/export_overview.h"
#include "app/files/npy_writer.h"
#include "app/files/png_file.h"
#include "app/files/write_file.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

constexpr int kLargestSize = 16384;  // px

struct Size {
  int width = 0, height = 0;
};

/// The longer side becomes `longer_px`.
Size fitted(int width, int height, int longer_px) {
  const double scale = static_cast<double>(longer_px) / std::max(width, height);
  return {std::max(1, static_cast<int>(std::lround(width * scale))),
          std::max(1, static_cast<int>(std::lround(height * scale)))};
}

std::string csv_of(const vit::PatchMap& map) {
  std::string text;
  std::array<char, 40> number{};
  for (int row = 0; row < map.rows; ++row) {
    for (int col = 0; col < map.cols; ++col) {
      const float value = map.values[static_cast<std::size_t>(row) * map.cols + col];
      std::snprintf(number.data(), number.size(), "%s%.9g", col == 0 ? "" : ",", static_cast<double>(value));
      text += number.data();
    }
    text += '\n';
  }
  return text;
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder, error) && !std::filesystem::is_directory(folder, error))
    throw vit::Error("The folder " + folder.string() +
                     " cannot be made because a file has its name; choose another one.");
  std::filesystem::create_directories(folder, error);
  if (error)
    throw vit::Error("The folder " + folder.string() + " cannot be made: " + error.message() + "; choose another one.");
}

/// Writes the files of one request, one block after the other.
class Export {
 public:
  Export(const ExportSource& source, const ExportRequest& request, const ExportControl& control)
      : source_(source), request_(request), control_(control) {}

  void block(int block) {
    const BlockMaps maps = block_maps(*source_.trace, block, request_.query, request_.heads, request_.stage);
    const std::string part = block_file_part(block, static_cast<int>(source_.trace->blocks.size()));
    for (const NamedMap& map : maps.maps) {
      one_map(maps, map, part + "_" + map.file_part);
      step(maps.maps.size());
    }
    if (request_.png && maps.maps.size() > 1) {
      const std::string range =
          request_.style.range_rule == vit::RangeRule::per_head
              ? "each map its own"
              : range_text(range_for(maps, maps.maps.front(), request_.style.range_rule, request_.style.fixed_range));
      write(part + "_overview.png", encode_png(overview_picture(source_, request_, maps, control_.stop),
                                               text_chunks(source_, request_, block, "all", range), control_.stop));
    }
  }

  std::vector<std::filesystem::path> take_written() { return std::move(written_); }

 private:
  void one_map(const BlockMaps& maps, const NamedMap& map, const std::string& stem) {
    const vit::Range range = range_for(maps, map, request_.style.range_rule, request_.style.fixed_range);
    if (request_.png)
      write(stem + ".png",
            encode_png(map_picture(map.map, range, request_.style, source_, control_.stop),
                       text_chunks(source_, request_, maps.block, map.name, range_text(range)), control_.stop));
    if (request_.npy) write(stem + ".npy", encode_npy(map.map.values, {map.map.rows, map.map.cols}));
    if (request_.csv) write(stem + ".csv", csv_of(map.map));
  }

  void write(const std::string& name, const std::string& bytes) {
    const std::filesystem::path file = request_.folder / name;
    write_file(file, bytes);
    written_.push_back(file);
  }

  void step(std::size_t maps_of_block) {
    done_ += 1.0 / (static_cast<double>(maps_of_block) * static_cast<double>(request_.blocks.size()));
    if (control_.progress) control_.progress(std::min(1.0, done_));
    if (control_.stop.stop_requested()) throw vit::Cancelled();
  }

  const ExportSource& source_;
  const ExportRequest& request_;
  const ExportControl& control_;
  std::vector<std::filesystem::path> written_;
  double done_ = 0;
};

}  // namespace

void validate(const ExportRequest& request, const ExportSource& source) {
  const vit::Trace& trace = *source.trace;
  const int depth = static_cast<int>(trace.blocks.size());
  if (depth == 0) throw vit::Error("The pass kept no maps; run it again with queries and keys kept.");
  for (int block : request.blocks) {
    if (block < 0 || block >= depth)
      throw vit::Error("There is no block " + std::to_string(block) + "; the network has blocks 0 to " +
                       std::to_string(depth - 1) + ".");
    const int num_heads = trace.settings.num_heads[static_cast<std::size_t>(block)];
    for (int head : request.heads.heads)
      if (!request.heads.all_heads && (head < 0 || head >= num_heads))
        throw vit::Error("There is no head " + std::to_string(head) + " in block " + std::to_string(block) +
                         "; it has heads 0 to " + std::to_string(num_heads - 1) + ".");
  }
  if (request.query < 0 || request.query >= trace.grid.tokens())
    throw vit::Error("There is no token " + std::to_string(request.query) + "; the network has tokens 0 to " +
                     std::to_string(trace.grid.tokens() - 1) + ".");
  if (request.style.overlay && !source.photo)
    throw vit::Error("There is no photo to lay the maps over; give one or export the maps alone.");
  if (request.style.size_px < 1 || request.style.size_px > kLargestSize)
    throw vit::Error("A picture size of " + std::to_string(request.style.size_px) + " px is impossible; choose 1 to " +
                     std::to_string(kLargestSize) + ".");
}

vit::Image map_picture(const vit::PatchMap& map, const vit::Range& range, const ExportStyle& style,
                       const ExportSource& source, const std::stop_token& stop) {
  const vit::HeatmapStyle heatmap{style.colormap, range, style.smooth, style.opacity};
  if (!style.overlay) {
    const Size size = fitted(map.cols, map.rows, style.size_px);
    return vit::render(map, heatmap, size.width, size.height, stop);
  }
  const Size size = fitted(source.photo->width, source.photo->height, style.size_px);
  return vit::render_overlay(map, heatmap, *source.photo, source.trace->pixels->box, size.width, size.height, stop);
}

std::vector<std::filesystem::path> export_maps(const ExportSource& source, const ExportRequest& request,
                                               const ExportControl& control) {
  validate(request, source);
  make_folder(request.folder);
  Export work(source, request, control);
  for (int block : request.blocks) work.block(block);
  return work.take_written();
}

void export_figure(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& file,
                   const ExportControl& control) {
  validate(request, source);
  std::vector<BlockMaps> blocks;
  for (const int block : request.blocks) {
    blocks.push_back(block_maps(*source.trace, block, request.query, request.heads, request.stage));
    if (control.progress)
      control.progress(static_cast<double>(blocks.size()) / (1.0 + static_cast<double>(request.blocks.size())));
    if (control.stop.stop_requested()) throw vit::Cancelled();
  }
  const ExportStyle& style = request.style;
  const vit::Range range = style.range_rule == vit::RangeRule::fixed ? style.fixed_range : grid_range(blocks);
  TextChunks text = text_chunks(source, request, -1, "all",
                                style.range_rule == vit::RangeRule::per_head ? "each map its own" : range_text(range));
  write_file(file, encode_png(grid_picture(source, request, blocks, control.stop), text, control.stop));
  if (control.progress) control.progress(1);
}

}  // namespace headlight
