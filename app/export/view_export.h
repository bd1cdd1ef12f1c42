// Between views and exports: how the command line spells what a view shows, and which view an exported picture shows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/export/export.h"
#include "app/session/run_options.h"
#include "app/session/saved_view.h"

namespace headlight {

/// What the options of `headlight export` are for a view: its run and its one map, over the photo.
struct ExportWords {
  RunOptions run;
  RunOptions other;                 // side B's own alone
  std::string block, head, query;   // "5", "mean", "token:7"
  std::string analysis;             // id
  std::vector<std::string> values;  // NAME=VALUE
  vit::Direction direction = vit::Direction::looks_at;
  bool after_dropout = false;
  std::string range, colormap;  // "shared", "head", "all" or "LOW,HIGH"; an id
  float opacity = vit::Look().opacity;
  bool smooth = false;
};
/// `config`, if given: parameters that mean nothing for that network are left out.
ExportWords words_of(const Wanted& wanted, const vit::ModelConfig* config = nullptr);

/// The arguments after `headlight` that ask for the view's map, and what they are about: no file yet. A table is of
/// the numbers of all heads.
enum class ArgumentsFor : std::uint8_t { map, table, heads_of_block, every_block, cost };
std::vector<std::string> export_arguments(const Wanted& wanted, const vit::Model& model, ArgumentsFor what);

/// The arguments after `headlight` that write the view's map over the photo into a folder; what the model does by
/// itself is left out.
std::vector<std::string> export_arguments(const Wanted& wanted, const vit::Model& model, const std::string& folder);

/// One line for a POSIX shell that passes exactly these arguments to the program.
std::string shell_line(const std::vector<std::string>& arguments);

/// The view of a map of this block and head (kNoHead: the mean) as JSON; empty where the source names no photo. The
/// threads stay open, and what a picture does not show is as by default.
std::string view_of(const ExportSource& source, const ExportRequest& request, int block, int head);

}  // namespace headlight
