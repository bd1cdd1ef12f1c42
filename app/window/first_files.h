// What the window opens first: the files of the command line, else the shipped network on the first photo.
#pragma once

#include <string>

#include "app/session/session.h"
#include "app/window/window.h"

namespace headlight {

/// Begins to read them; the session hears of what does not open. The sentence says why nothing could be begun; empty:
/// it was. It needs no window, so that files are read while the display gets one.
std::string open_first_files(Session& session, const WindowOptions& options);

}  // namespace headlight
