// All that is wanted as JSON: what a saved view is, and what reopens it.
#pragma once

#include <string>

#include "app/files/file_mark.h"
#include "app/session/wanted.h"

namespace headlight {

/// What a saved view holds: what was wanted, and which files that was.
struct SavedView {
  Wanted wanted;
  FileMark model, image;
  FileMark other_model, other_image;  // side B's own; without a path: side A's
};

/// Reads a little of the model's and the photo's file, to know them again from any folder.
SavedView mark_files(Wanted wanted);

/// Files in the home folder are named from there, "~/cat.jpg": a view then says less about whose it is. The shipped
/// class names that a program finds by itself (LoadOptions::imagenet_labels) are no part of a view.
std::string write_view(const SavedView& view);
std::string to_json(const Wanted& wanted);  // of mark_files()

/// Fields that are missing keep their defaults. Throws vit::Error for text that is no view, fields that nobody knows
/// and values of another type or out of range. What needs the model to judge (head counts, blocks) is left to it.
/// 0 threads are as many as the reader likes. Whether the files are the same says difference_from() of their marks.
SavedView from_json(const std::string& text);

}  // namespace headlight
