// The Export sheet: what the user chose there, as a request, a file's name, and the command that writes the same bytes.
#pragma once

#include <string>
#include <vector>

#include "app/export/cost_figure.h"
#include "app/export/export.h"
#include "app/session/wanted.h"

namespace headlight {

enum class SheetShows : std::uint8_t { map, overlay, heads, grid, curves, cost };
std::span<const vit::Choice<SheetShows>> choices(SheetShows);

struct Sheet {
  SheetShows shows = SheetShows::overlay;
  bool over_photo = false;  // of several maps: each lies over the photo
  bool separate = false;    // of several maps: a file for each, in a folder
  FileKind kind = FileKind::png;
  ExportStyle style = decorated({}, true);  // all but the look, which is the view's
  bool operator==(const Sheet&) const = default;

  bool shows_several() const { return shows == SheetShows::heads || shows == SheetShows::grid; }
  bool has_overlay() const {  // numbers have none
    return is_figure() && (shows == SheetShows::overlay || (over_photo && shows_several()));
  }
  bool makes_folder() const { return separate && shows_several(); }
  bool is_figure() const { return kind == FileKind::png || kind == FileKind::pdf || kind == FileKind::svg; }
};

/// What the sheet is about: the one map that the page shows, with its look, and the cost as the window shows it.
struct SheetSubject {
  ExportSource source;
  ExportRequest map;
  CostRequest cost;
};

/// What can be shown: curves are of some analyses alone, and a matrix lies over no photo.
std::vector<vit::Choice<SheetShows>> possible_shows(const vit::Analysis& analysis);
/// The files that what is shown can be: arrays of maps alone, run lengths of masks alone.
std::vector<vit::Choice<FileKind>> possible_kinds(SheetShows shows, const vit::Analysis& analysis);
/// The sheet as it is for an analysis that what was chosen for another one is not possible of.
Sheet possible_sheet(Sheet sheet, const vit::Analysis& analysis);

ExportRequest request_of(const Sheet& sheet, const SheetSubject& subject);

/// Before it is a file. Throws what drawing_of and cost_drawing throw.
Drawing drawing_of(const Sheet& sheet, const SheetSubject& subject, const ExportControl& control = {});
/// Writes the file, or those in a folder; returns how that is told. Throws vit::Error, vit::Cancelled.
std::string write_sheet(const Sheet& sheet, const SheetSubject& subject, const std::filesystem::path& to,
                        const ExportControl& control = {});
/// The one file. Throws vit::Error, vit::Cancelled.
std::string bytes_of(const Sheet& sheet, const SheetSubject& subject, const ExportControl& control = {});
/// "moose__dinov2-small__b11_h1_cls.png"
std::string file_name_of(const Sheet& sheet, const SheetSubject& subject);

/// The arguments after `headlight` that write the sheet of this view into the file, or the folder.
std::vector<std::string> arguments_of(const Sheet& sheet, const Wanted& wanted, const vit::Model& model,
                                      const std::string& to);

}  // namespace headlight
