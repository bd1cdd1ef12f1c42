// Windows that open over the others: keys, model report, preprocessing.
#pragma once

namespace headlight {

struct Workspace;

/// The help window: every command with its keys, from the command table.
void draw_help(Workspace& work);
/// What was read, implied, guessed and overridden of the model; the head count can be overridden here.
void draw_model_report(Workspace& work);
/// How the photo becomes the network's input, editable.
void draw_preprocessing(Workspace& work);

}  // namespace headlight
