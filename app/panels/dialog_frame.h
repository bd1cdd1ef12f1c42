// The frame that the windows over the window share: a title, a close button, and text in columns.
#pragma once

#include <imgui.h>

#include <string_view>

#include "app/ui/ui.h"

namespace headlight {

struct Bench;

/// Which of them are open.
struct Dialogs {
  bool help = false;
  bool report = false;         // what was read, implied and guessed of the model
  bool preprocessing = false;  // how the photo becomes the input
  bool get = false;            // the models that can be fetched
  bool sheet = false;          // the Export sheet
  bool save_sheet = false;     // what it would save is to be saved without it
  bool* front = nullptr;       // the one of them that is in front
  // Asked for: a list drops down from the name in the left column when it is drawn.
  bool list_models = false, list_photos = false;

  bool any_open() const { return modal() || preprocessing; }
  /// One that dims the window and takes all presses; the preprocessing is a drawer beside the photo.
  bool modal() const { return help || report || get || sheet; }
  void close_front();
};

/// A floating window in the middle with a title and a close button, `points` large; call `end_dialog` if it returns
/// true. `open` becomes false when the user closes it.
bool begin_dialog(Bench& bench, const char* id, const char* title, ImVec2 points, bool& open);
void end_dialog();

/// Text at `x` px of the line, cut to `width`; the line goes on.
void column_text(const ui::Ui& ui, float x, ImU32 color, std::string_view text, float width);
/// Text at `x` px, wrapped at `width`; the line ends under the longest of it and of what stands before it.
void wrapped_column_text(const ui::Ui& ui, float x, ImU32 color, std::string_view text, float width);

}  // namespace headlight
