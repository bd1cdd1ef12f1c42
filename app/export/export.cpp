#include "app/export/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <system_error>

#include "app/export/export_captions.h"
#include "app/export/export_overview.h"
#include "app/export/view_export.h"
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
  for (int row = 0; row < map.rows; ++row) {
    for (int col = 0; col < map.cols; ++col) {
      const float value = map.values[static_cast<std::size_t>(row) * map.cols + col];
      text += fmt::format("{}{:.9g}", col == 0 ? "" : ",", value);
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

std::string head_of(const vit::MapLabel& label) {
  return label.head == vit::kNoHead ? label.title : vit::head_name(label.head);
}

/// The file of one map: its picture, and in text chunks what it is.
std::string png_of(const ExportSource& source, const ExportRequest& request, const vit::MapSet& set, int index,
                   const std::stop_token& stop) {
  const vit::MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const vit::Range range = set.range(index, request.style.look);
  return encode_png(
      map_picture(set.patch_map(index), range, request.style, source, stop),
      text_chunks(source, request, label.block, head_of(label), range_text(range),
                  view_of(source, request, label.block < 0 ? request.blocks.back() : label.block, label.head)),
      stop);
}

/// All heads of all blocks are the page that shows them so.
std::string view_of_figure(const ExportSource& source, ExportRequest request) {
  if (request.analysis->is_plain) request.analysis = vit::analysis_by_id("grid");
  return view_of(source, request, request.blocks.back(), kMeanOfHeads);
}

/// Writes the files of one request, one answer after the other.
class Export {
 public:
  Export(const ExportSource& source, const ExportRequest& request, const ExportControl& control)
      : source_(source), request_(request), control_(control) {}

  void one(const vit::Question& question, double share) {
    const PickedMaps picked = pick_maps(source_, request_, question, control_.stop);
    for (const int map : picked.maps) {
      one_map(*picked.set, map);
      step(share / static_cast<double>(picked.maps.size()));
    }
    if (request_.png && picked.maps.size() > 1) {
      const vit::Image picture = several_a_block(picked) ? grid_picture(source_, request_, {picked}, control_.stop)
                                                         : overview_picture(source_, request_, picked, control_.stop);
      const vit::RangeRule rule = request_.style.look.range_rule;
      const std::string range = rule == vit::RangeRule::per_head ? "each map its own"
                                : rule == vit::RangeRule::shared && !request_.analysis->asks_block
                                    ? "each block its own"
                                    : range_text(picked.set->range(picked.maps.front(), request_.style.look));
      const int block = request_.analysis->asks_block ? question.block : -1;
      write(
          picked.stem + "_overview.png",
          encode_png(picture,
                     text_chunks(source_, request_, block, "all", range,
                                 view_of(source_, request_, block < 0 ? request_.blocks.back() : block, kMeanOfHeads)),
                     control_.stop));
    }
  }

  std::vector<std::filesystem::path> take_written() { return std::move(written_); }

 private:
  /// An answer for all blocks with several maps for each: a row a block shows it best.
  bool several_a_block(const PickedMaps& picked) const {
    if (request_.analysis->asks_block) return false;
    const auto& labels = picked.set->labels;
    for (std::size_t i = 1; i < picked.maps.size(); ++i)
      if (labels[static_cast<std::size_t>(picked.maps[i])].block ==
          labels[static_cast<std::size_t>(picked.maps[i - 1])].block)
        return true;
    return false;
  }

  void one_map(const vit::MapSet& set, int index) {
    const vit::MapLabel& label = set.labels[static_cast<std::size_t>(index)];
    const vit::PatchMap map = set.patch_map(index);
    if (request_.png) write(label.id + ".png", png_of(source_, request_, set, index, control_.stop));
    if (request_.npy) write(label.id + ".npy", encode_npy(map.values, {map.rows, map.cols}));
    if (request_.csv) write(label.id + ".csv", csv_of(map));
  }

  void write(const std::string& name, const std::string& bytes) {
    const std::filesystem::path file = request_.folder / name;
    write_file(file, bytes);
    written_.push_back(file);
  }

  void step(double share) {
    done_ += share;
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
    const int num_heads = trace.settings.heads(block);
    for (int head : request.heads.heads)
      if (!request.heads.all_heads && (head < 0 || head >= num_heads))
        throw vit::Error("There is no head " + std::to_string(head) + " in block " + std::to_string(block) +
                         "; it has heads 0 to " + std::to_string(num_heads - 1) + ".");
  }
  for (const vit::Question& question : questions_of(request)) vit::validate(*request.analysis, *source.trace, question);
  if (request.style.overlay && !source.photo)
    throw vit::Error("There is no photo to lay the maps over; give one or export the maps alone.");
  if (request.style.size_px < 1 || request.style.size_px > kLargestSize)
    throw vit::Error("A picture size of " + std::to_string(request.style.size_px) + " px is impossible; choose 1 to " +
                     std::to_string(kLargestSize) + ".");
}

vit::Image map_picture(const vit::PatchMap& map, const vit::Range& range, const ExportStyle& style,
                       const ExportSource& source, const std::stop_token& stop) {
  if (!style.overlay) {
    const Size size = fitted(map.cols, map.rows, style.size_px);
    return vit::render(map, style.look, range, size.width, size.height, stop);
  }
  const Size size = fitted(source.photo->width, source.photo->height, style.size_px);
  return vit::render_overlay(map, style.look, range, *source.photo, source.trace->pixels->box, size.width, size.height,
                             stop);
}

std::vector<std::filesystem::path> export_maps(const ExportSource& source, const ExportRequest& request,
                                               const ExportControl& control) {
  validate(request, source);
  make_folder(request.folder);
  Export work(source, request, control);
  const std::vector<vit::Question> questions = questions_of(request);
  for (const vit::Question& question : questions) work.one(question, 1.0 / static_cast<double>(questions.size()));
  return work.take_written();
}

void export_one(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& file,
                const ExportControl& control) {
  validate(request, source);
  const PickedMaps picked = pick_maps(source, request, questions_of(request).front(), control.stop);
  write_file(file, png_of(source, request, *picked.set, picked.maps.at(0), control.stop));
}

void export_figure(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& file,
                   const ExportControl& control) {
  validate(request, source);
  std::vector<PickedMaps> answers;
  const std::vector<vit::Question> questions = questions_of(request);
  for (const vit::Question& question : questions) {
    answers.push_back(pick_maps(source, request, question, control.stop));
    if (control.progress)
      control.progress(static_cast<double>(answers.size()) / (1.0 + static_cast<double>(questions.size())));
    if (control.stop.stop_requested()) throw vit::Cancelled();
  }
  const vit::Look& look = request.style.look;
  const auto range = [&]() -> std::string {
    switch (look.range_rule) {
      case vit::RangeRule::fixed:
        return range_text(look.fixed_range);
      case vit::RangeRule::all:
        return range_text(common_range(answers, request.blocks));
      case vit::RangeRule::per_head:
        return "each map its own";
      case vit::RangeRule::shared:
        break;
    }
    return "each block its own";
  };
  const TextChunks text = text_chunks(source, request, -1, "all", range(), view_of_figure(source, request));
  write_file(file, encode_png(grid_picture(source, request, answers, control.stop), text, control.stop));
  if (control.progress) control.progress(1);
}

}  // namespace headlight
