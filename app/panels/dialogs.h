// Windows that open over the others: keys, model report, models to fetch, preprocessing.
#pragma once

namespace headlight {

struct Workspace;

/// The help window: every command with its keys, from the command table.
void draw_help(Workspace& work);
/// What was read, implied, guessed and overridden of the model, and controls to override it.
void draw_model_report(Workspace& work);
/// The well-known models that can be fetched; progress and cancel of the one that comes.
void draw_get_model(Workspace& work);
/// How the photo becomes the network's input, editable.
void draw_preprocessing(Workspace& work);

}  // namespace headlight
