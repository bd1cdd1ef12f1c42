// Fills the command table: all that keys and menus can do in the window.
#pragma once

namespace headlight {

struct Bench;

void add_commands(Bench& bench);
/// Those that write files, the same bytes as `headlight export`; called by add_commands.
void add_save_commands(Bench& bench);

/// Opens what a path holds, a photo or a model, by the file's first bytes.
void open_by_content(Bench& bench, const char* path);

}  // namespace headlight
