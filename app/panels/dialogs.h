// Windows that open over the others: keys, model report, models to fetch.
#pragma once

namespace headlight {

struct Bench;

/// The help window: every command with its keys, from the command table.
void draw_help(Bench& bench);
/// What was read, implied, guessed and overridden of the model, and controls to override it.
void draw_model_report(Bench& bench);
/// The well-known models that can be fetched; progress and cancel of the one that comes.
void draw_get_model(Bench& bench);

}  // namespace headlight
