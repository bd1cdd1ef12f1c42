#include "app/export/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/export/curves_figure.h"
#include "app/export/export_captions.h"
#include "app/export/export_masks.h"
#include "app/export/export_overview.h"
#include "app/export/figure_file.h"
#include "app/export/file_names.h"
#include "app/export/view_export.h"
#include "app/files/csv_text.h"
#include "app/files/npy_writer.h"
#include "app/files/write_file.h"
#include "app/session/view_file.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

constexpr int kLargestSize = 16384;  // px

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

/// A line for each map of answers that say themselves what their numbers are.
std::string table_csv(const std::vector<PickedMaps>& answers) {
  std::string text = "block,head";
  for (const vit::MapTable::Column& column : answers.front().set->table->columns) text += std::string(",") + column.id;
  text += '\n';
  for (const PickedMaps& answer : answers)
    for (const int map : answer.maps) {
      const vit::MapLabel& label = answer.set->labels[static_cast<std::size_t>(map)];
      text += fmt::format("{},{}", label.block, csv_text(head_of(label)));
      const vit::MapTable& table = *answer.set->table;
      for (int column = 0; column < static_cast<int>(table.columns.size()); ++column) {
        const float value = table.at(map, column);
        text += std::isnan(value) ? "," : fmt::format(",{:.9g}", value);
      }
      text += '\n';
    }
  return text;
}

bool table_is_csv(const PickedMaps& answer) {
  return vit::analysis_by_id(answer.set->question.analysis)->has_table;
}

bool is_one_map(const std::vector<PickedMaps>& answers) {
  return answers.size() == 1 && answers.front().maps.size() == 1;
}

/// Where the figure of these answers comes from.
TextChunks chunks_of(const ExportSource& source, ExportRequest request, const std::vector<PickedMaps>& answers) {
  const std::string range = range_words(request, answers);
  if (is_one_map(answers)) {
    const vit::MapLabel& label = answers.front().set->labels[static_cast<std::size_t>(answers.front().maps.front())];
    const int block = label.block < 0 ? request.blocks.back() : label.block;
    return text_chunks(source, request, label.block, head_of(label), range,
                       view_of(source, request, block, label.head));
  }
  const bool one_block = answers.size() == 1 && request.analysis->asks_block;
  const int block = one_block ? answers.front().set->question.block : -1;
  TextChunks chunks = text_chunks(source, request, block, "all", range, "");
  // All heads of all blocks are the page that shows them so.
  if (!one_block && request.analysis->is_plain) request.analysis = vit::analysis_by_id("grid");
  const std::string view = view_of(source, request, one_block ? block : request.blocks.back(), kMeanOfHeads);
  if (!view.empty()) chunks.emplace_back(kViewChunk, view);
  return chunks;
}

std::vector<PickedMaps> pick_all(const ExportSource& source, const ExportRequest& request,
                                 const ExportControl& control) {
  std::vector<PickedMaps> answers;
  const std::vector<vit::Question> questions = questions_of(request);
  for (const vit::Question& question : questions) {
    const double done = static_cast<double>(answers.size()), all = 1.0 + static_cast<double>(questions.size());
    answers.push_back(pick_maps(source, request, question, {.stop = control.stop, .progress = [&](double part) {
                                                              if (control.progress)
                                                                control.progress((done + part) / all);
                                                            }}));
    if (control.progress) control.progress((done + 1) / all);
    if (control.stop.stop_requested()) throw vit::Cancelled();
  }
  return answers;
}

/// All numbers of the picked maps, one map after the other.
std::string npy_of(const std::vector<PickedMaps>& answers) {
  const vit::MapSet& any = *answers.front().set;
  std::vector<float> values;
  int count = 0;
  for (const PickedMaps& answer : answers)
    for (const int map : answer.maps) {
      const auto numbers = answer.set->map(map);
      values.insert(values.end(), numbers.begin(), numbers.end());
      ++count;
    }
  return encode_npy(values, count == 1 ? std::vector{any.rows, any.cols} : std::vector{count, any.rows, any.cols});
}

std::string csv_of(const std::vector<PickedMaps>& answers) {
  if (table_is_csv(answers.front())) return table_csv(answers);
  if (is_one_map(answers)) return csv_of(answers.front().set->patch_map(answers.front().maps.front()));
  std::string text = "block,map,row,column,value\n";
  for (const PickedMaps& answer : answers)
    for (const int map : answer.maps) {
      const vit::MapLabel& label = answer.set->labels[static_cast<std::size_t>(map)];
      const std::string begin = (label.block < 0 ? "" : std::to_string(label.block)) + "," + csv_text(head_of(label));
      for (int row = 0; row < answer.set->rows; ++row)
        for (int col = 0; col < answer.set->cols; ++col)
          text += fmt::format("{},{},{},{:.9g}\n", begin, row, col, answer.set->value(map, row, col));
    }
  return text;
}

/// Maps whose colours mix several others give way to those.
std::vector<PickedMaps> with_parts(std::vector<PickedMaps> answers) {
  for (PickedMaps& answer : answers) {
    std::vector<int> maps;
    for (const int map : answer.maps) {
      const std::vector<int>& parts = answer.set->labels[static_cast<std::size_t>(map)].parts;
      if (parts.empty()) maps.push_back(map);
      maps.insert(maps.end(), parts.begin(), parts.end());
    }
    answer.maps = std::move(maps);
  }
  return answers;
}

/// What the maps lie on.
ExportSource ground_of(const ExportSource& source, const std::vector<PickedMaps>& answers) {
  if (!answers.front().set->on_other) return source;
  ExportSource ground = source;
  ground.trace = source.other.trace;
  ground.photo = source.other.photo;
  return ground;
}

std::string bytes_of(const ExportSource& source, const ExportRequest& request, const std::vector<PickedMaps>& answers,
                     FileKind kind, const std::stop_token& stop) {
  if (kind == FileKind::npy) return npy_of(with_parts(answers));
  if (kind == FileKind::csv) return csv_of(with_parts(answers));
  if (kind == FileKind::json) return masks_json(source, request, answers);
  FigureContent content = content_of(source, request, answers);
  const std::string title = content.title;
  const Drawing drawing = figure_drawing(std::move(content), ground_of(source, answers), request, stop);
  return file_of(drawing, kind, title, chunks_of(source, request, answers), stop);
}

/// All blocks and heads, whatever the request picks of them: what curves are of.
ExportRequest of_all_blocks(ExportRequest request, const ExportSource& source) {
  request.blocks.resize(source.trace->blocks.size());
  std::iota(request.blocks.begin(), request.blocks.end(), 0);
  request.heads = {};
  request.style.overlay = false;
  return request;
}

FigureContent words_of_curves(const ExportSource& source, const ExportRequest& request, const PickedMaps& picked) {
  FigureContent content = caption_content(source, request, *picked.set);
  content.title = source.image + ": " + request.analysis->caption_of_curves(*picked.set);
  return content;
}

std::string bytes_of_curves(const ExportSource& source, const ExportRequest& asked, const PickedMaps& picked,
                            FileKind kind, const std::stop_token& stop) {
  if (kind == FileKind::csv) return curves_csv(*picked.set->curves);
  const ExportRequest request = of_all_blocks(asked, source);
  const FigureContent content = words_of_curves(source, request, picked);
  return file_of(curves_drawing(*picked.set->curves, content.title, content.subtitle, request.style), kind,
                 content.title, chunks_of(source, request, {picked}), stop);
}

/// The answer with curves.
PickedMaps pick_curves(const ExportSource& source, const ExportRequest& request, const ExportControl& control) {
  const ExportRequest all = of_all_blocks(request, source);
  validate(all, source);
  PickedMaps picked =
      pick_maps(source, all, questions_of(all).front(), {.stop = control.stop, .progress = control.progress});
  if (picked.set->curves) return picked;
  std::vector<const char*> with;
  for (const vit::Analysis* analysis : vit::analyses())
    if (analysis->has_curves) with.push_back(analysis->id);
  throw vit::Error(fmt::format("The analysis {} has no curves over the blocks; choose one that has: {}.",
                               request.analysis->id, fmt::join(with, ", ")));
}

/// Writes the files of one request, one answer after the other.
class Export {
 public:
  Export(const ExportSource& source, const ExportRequest& request, const ExportControl& control)
      : source_(source), request_(request), control_(control) {}

  void one(const vit::Question& question, double share) {
    const PickedMaps picked =
        pick_maps(source_, request_, question,
                  {.stop = control_.stop, .progress = [&](double part) { report(done_ + share * part / 2); }});
    step(share / 2);
    std::set<FileKind> of_each = request_.kinds, of_all = request_.kinds;
    of_all.erase(FileKind::npy);
    of_all.erase(FileKind::csv);
    if (of_each.erase(FileKind::json) == 0) of_all.erase(FileKind::json);
    if (table_is_csv(picked)) {  // one table tells of all maps
      of_each.erase(FileKind::csv);
      of_all.insert(FileKind::csv);
    }
    for (const int map : picked.maps) {
      const PickedMaps alone{picked.set, {map}};
      ExportRequest request = request_;
      request.style = decorated(request.style, false);
      write(map_file_stem(source_, request_, picked.set->labels[static_cast<std::size_t>(map)]), request, alone,
            of_each);
      step(share / 2 / static_cast<double>(picked.maps.size()));
    }
    if (picked.maps.size() == 1)
      for (const FileKind figure : {FileKind::png, FileKind::pdf, FileKind::svg}) of_all.erase(figure);
    ExportRequest request = request_;
    if (request.analysis->asks_block) request.blocks = {question.block};
    write(figure_file_stem(source_, request), request, picked, of_all);
    if (picked.set->curves && picked.maps.size() > 1) write_curves(picked);
  }

  std::vector<std::filesystem::path> take_written() { return std::move(written_); }

 private:
  void write(const std::string& stem, const ExportRequest& request, const PickedMaps& picked,
             const std::set<FileKind>& kinds) {
    for (const FileKind kind : kinds) {
      const std::filesystem::path file = request_.folder / (stem + "." + vit::id_of(kind));
      write_file(file, bytes_of(source_, request, {picked}, kind, control_.stop));
      written_.push_back(file);
    }
  }

  /// Beside the maps: the plot, and its numbers where tables are asked for.
  void write_curves(const PickedMaps& picked) {
    for (const FileKind kind : request_.kinds) {
      if (kind == FileKind::npy || kind == FileKind::json) continue;
      const std::filesystem::path file =
          request_.folder / (curves_file_stem(source_, request_) + "." + vit::id_of(kind));
      write_file(file, bytes_of_curves(source_, request_, picked, kind, control_.stop));
      written_.push_back(file);
    }
  }

  void report(double done) const {
    if (control_.progress) control_.progress(std::min(1.0, done));
  }

  void step(double share) {
    done_ += share;
    report(done_);
    if (control_.stop.stop_requested()) throw vit::Cancelled();
  }

  const ExportSource& source_;
  const ExportRequest& request_;
  const ExportControl& control_;
  std::vector<std::filesystem::path> written_;
  double done_ = 0;
};

}  // namespace

namespace {

void validate_json(const vit::Analysis& analysis) {
  if (analysis.id != std::string_view("mask"))
    throw vit::Error("Only masks are written as JSON; choose the analysis mask, or PNG, PDF, SVG, NPY or CSV.");
}

}  // namespace

void make_folder_of(const std::filesystem::path& file) {
  if (file.has_parent_path()) make_folder(file.parent_path());
}

std::string missing_head(const ExportRequest& request, const vit::Settings& settings) {
  for (const int block : request.blocks)
    for (const int head : request.heads.heads)
      if (!request.heads.all_heads && (head < 0 || head >= settings.heads(block)))
        return fmt::format("There is no head {} in block {}; it has heads 0 to {}.", head, block,
                           settings.heads(block) - 1);
  return "";
}

void validate(const ExportRequest& request, const ExportSource& source) {
  const vit::Trace& trace = *source.trace;
  const int depth = static_cast<int>(trace.blocks.size());
  if (depth == 0) throw vit::Error("The pass kept no maps; run it again with queries and keys kept.");
  for (int block : request.blocks) {
    if (block < 0 || block >= depth)
      throw vit::Error("There is no block " + std::to_string(block) + "; the network has blocks 0 to " +
                       std::to_string(depth - 1) + ".");
  }
  if (const std::string why = missing_head(request, trace.settings); !why.empty()) throw vit::Error(why);
  for (const vit::Question& question : questions_of(request))
    vit::validate(*request.analysis, source.subject(), question);
  if (request.kinds.count(FileKind::json) > 0) validate_json(*request.analysis);
  if (request.style.overlay && request.analysis->is_matrix)
    throw vit::Error("A matrix of tokens does not lie on the photo; export it alone.");
  if (request.style.overlay && !source.photo)
    throw vit::Error("There is no photo to lay the maps over; give one or export the maps alone.");
  if (request.style.size_px < 1 || request.style.size_px > kLargestSize)
    throw vit::Error("A picture size of " + std::to_string(request.style.size_px) + " px is impossible; choose 1 to " +
                     std::to_string(kLargestSize) + ".");
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

Drawing drawing_of(const ExportSource& source, const ExportRequest& request, const ExportControl& control) {
  const std::vector<PickedMaps> answers = pick_all(source, request, control);
  return figure_drawing(content_of(source, request, answers), ground_of(source, answers), request, control.stop);
}

std::string figure_bytes(const ExportSource& source, const ExportRequest& request, FileKind kind,
                         const ExportControl& control) {
  validate(request, source);
  if (kind == FileKind::json) validate_json(*request.analysis);
  return bytes_of(source, request, pick_all(source, request, control), kind, control.stop);
}

Drawing curves_drawing_of(const ExportSource& source, const ExportRequest& request, const ExportControl& control) {
  const PickedMaps picked = pick_curves(source, request, control);
  const ExportRequest all = of_all_blocks(request, source);
  const FigureContent content = words_of_curves(source, all, picked);
  return curves_drawing(*picked.set->curves, content.title, content.subtitle, all.style);
}

std::string curves_bytes(const ExportSource& source, const ExportRequest& request, FileKind kind,
                         const ExportControl& control) {
  if (kind == FileKind::npy || kind == FileKind::json) throw vit::Error("Curves are written as PNG, PDF, SVG or CSV.");
  return bytes_of_curves(source, request, pick_curves(source, request, control), kind, control.stop);
}

void export_curves(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& file,
                   const ExportControl& control) {
  const std::string bytes = curves_bytes(source, request, kind_of(file), control);
  make_folder_of(file);
  write_file(file, bytes);
  if (control.progress) control.progress(1);
}

void export_figure(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& file,
                   const ExportControl& control) {
  const std::string bytes = figure_bytes(source, request, kind_of(file), control);
  make_folder_of(file);
  write_file(file, bytes);
  if (control.progress) control.progress(1);
}

}  // namespace headlight
