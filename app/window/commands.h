// Fills the command table: all that keys and menus can do in the window.
#pragma once

#include <string>

namespace headlight {

struct Bench;

void add_commands(Bench& bench);

/// Those of the menus View and Analysis, of the input (size and cut), and of side B; called by add_commands.
void add_look_commands(Bench& bench);
void add_analysis_commands(Bench& bench);
void add_input_commands(Bench& bench);
void add_compare_commands(Bench& bench);

/// Those that write files, the same bytes as `headlight export`; called by add_commands.
void add_save_commands(Bench& bench);

/// Those of sequences: one for the menu File, and those of the menu that is there while one is open; called by
/// add_commands.
void add_sequence_file_commands(Bench& bench);
void add_sequence_commands(Bench& bench);

/// Those of views: save, open, undo, redo, copy; called by add_commands.
void add_view_file_commands(Bench& bench);

/// Opens a photo, or a sequence where the path is a folder or a video. A picture that holds a view opens that first,
/// and as a photo when it is asked for again.
void open_photo_or_view(Bench& bench, const std::string& path);

/// The view in a file takes the place of what is shown. False where it holds none; one that cannot be read is told.
bool open_if_view(Bench& bench, const std::string& path);

/// Opens what a path holds, a view, a photo, a sequence or a model, by the file's first bytes.
void open_by_content(Bench& bench, const char* path);

}  // namespace headlight
