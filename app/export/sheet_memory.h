// What was chosen in the Export sheet, as words that outlast the program.
#pragma once

#include <map>
#include <string>

#include "app/export/sheet.h"

namespace headlight {

/// By the ids of the choices: {"shows": "overlay", "kind": "pdf", "width": "85mm", …}.
std::map<std::string, std::string> remembered(const Sheet& sheet);

/// What the words do not say, or say in a way that is not understood, is as in a new sheet.
Sheet sheet_from(const std::map<std::string, std::string>& words);

}  // namespace headlight
