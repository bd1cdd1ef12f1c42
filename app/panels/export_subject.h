// What exporting from the window is about: the shown pass, the chosen map with its look, and the cost as it is shown.
#pragma once

#include <string>

#include "app/export/sheet.h"

namespace headlight {

struct Bench;

/// False before the first maps.
bool can_export(const Bench& bench);
/// Why it cannot be, while it cannot.
std::string why_no_export(const Bench& bench);

/// `with_files`: the files of the run are looked up, so that pictures hold the view; it reads them. Not before
/// can_export().
SheetSubject export_subject(const Bench& bench, bool with_files);

}  // namespace headlight
