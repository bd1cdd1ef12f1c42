// The Export sheet: what to save and how, with the figure as it will be, and the command that writes the same bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/export/sheet_preview.h"
#include "app/gl/picture_texture.h"

namespace headlight {

class Desk;
struct Bench;

/// One in a window; its choices outlast the program as preferences. Main thread only; the desk draws the preview.
class ExportSheet {
 public:
  /// Once a frame, after the window: draws it while `bench.dialogs.sheet` says so, and asks where to save what it would
  /// when `save_sheet` does.
  void draw(Bench& bench, Desk& desk);

 private:
  /// All that the preview depends on: a new one is asked for where it differs.
  struct Key {
    Sheet sheet;
    std::uint64_t maps = 0, photo = 0, times = 0;
    vit::Look look;
    int block = 0, head = 0, cost_block = 0;
    vit::Convention convention = vit::Convention::mac;
    int width = 0, height = 0;  // px, of the room for it
    bool operator==(const Key&) const = default;
  };

  void recall(const Bench& bench);
  void ask(const Bench& bench, Desk& desk, int width, int height);
  void take(const Desk& desk);
  void adapt(const Bench& bench);
  void draw_shows(Bench& bench);
  void draw_kinds(Bench& bench);
  void draw_choices(Bench& bench);
  void draw_size(Bench& bench);
  void draw_columns(Bench& bench);
  void draw_marks(Bench& bench);
  void draw_preview(const Bench& bench, float width, float height) const;
  void draw_command(Bench& bench) const;
  void draw_buttons(Bench& bench, float width) const;
  void copy(Bench& bench) const;
  void save(Bench& bench, const std::string& name) const;

  Sheet sheet_;                             // as it is for the page's analysis
  SheetShows shows_ = SheetShows::overlay;  // what was chosen, which another page may have
  FileKind kind_ = FileKind::png;
  bool recalled_ = false;
  int px_ = 1200, mm_ = 85;  // the widths, kept while another unit is chosen
  std::optional<Key> asked_;
  std::shared_ptr<const SheetPreview> shown_;
  gl::PictureTexture texture_;
};

}  // namespace headlight
