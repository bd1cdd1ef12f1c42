// Choosing a photo or a model: the browser's tasks, and the lists that drop down from the names in the left column.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace headlight {

struct Bench;
struct Failure;

using Chosen = std::function<void(const std::filesystem::path&)>;

/// Opens the browser where the open photo or model is. It stays until the session tells whether the file opens.
void browse_photos(Bench& bench, Chosen chosen);
/// A folder of frames, an animated picture or a video, which becomes the open sequence.
void browse_sequences(Bench& bench);
void browse_models(Bench& bench, Chosen chosen);
/// A photo or model that the browser waits for did not open: it says so. False where the browser waits for none.
bool tell_browser(Bench& bench, const Failure& failure);

/// What people call it: a shipped network by its name, another file by its own; "random ViT-B/16".
std::string source_title(const std::string& source);

/// The open one's name, a press on which drops down the list of others.
void draw_model_name(Bench& bench, const std::string& name);
void draw_photo_name(Bench& bench, const std::string& name);
/// Likewise of side B, `width` px wide.
void draw_other_model_name(Bench& bench, float width);
void draw_other_photo_name(Bench& bench, float width);

}  // namespace headlight
