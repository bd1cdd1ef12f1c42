#include "app/panels/loading_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "app/panels/bench.h"
#include "app/panels/map_frame.h"
#include "app/session/draft.h"
#include "app/ui/texture_id.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr double kWaitingMs = 150;     // what is over sooner needs no bar
constexpr float kSmallestPatchPt = 3;  // a finer grid would hide the photo
constexpr float kLargestTilePt = 60;

void draw_bar(const ui::Ui& ui, ImVec2 from, float width, double fraction) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float high = ui.px(4);
  const ImVec2 to{from.x + width, from.y + high};
  list.AddRectFilled(from, to, ui.theme.track, high / 2);
  list.AddRectFilled(from, {from.x + width * static_cast<float>(std::clamp(fraction, 0.0, 1.0)), to.y}, ui.theme.mark,
                     high / 2);
}

/// The network's part of the photo and its patches. `at`: where a point of the photo is on the screen.
template <class At>
void draw_patches(const ui::Ui& ui, const vit::Box& box, int cols, int rows, At at) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 a = at(box.x, box.y), b = at(box.x + box.width, box.y + box.height);
  const float patch = std::min((b.x - a.x) / static_cast<float>(cols), (b.y - a.y) / static_cast<float>(rows));
  if (patch >= ui.px(kSmallestPatchPt)) {
    constexpr ImU32 kFaint = IM_COL32(255, 255, 255, 50);
    for (int col = 1; col < cols; ++col) {
      const float x = a.x + (b.x - a.x) * static_cast<float>(col) / static_cast<float>(cols);
      list.AddLine({x, a.y}, {x, b.y}, kFaint);
    }
    for (int row = 1; row < rows; ++row) {
      const float y = a.y + (b.y - a.y) * static_cast<float>(row) / static_cast<float>(rows);
      list.AddLine({a.x, y}, {b.x, y}, kFaint);
    }
  }
  list.AddRect(a, b, IM_COL32(255, 255, 255, 200), 0, 0, ui.px(1));
}

}  // namespace

std::string progress_words(const WorkerStatus& status, int depth) {
  using Doing = WorkerStatus::Doing;
  switch (status.doing) {
    case Doing::loading_model:
      return "Loading the model";
    case Doing::loading_image:
      return "Loading the photo";
    case Doing::running:
      if (depth <= 0) return "Computing";
      return fmt::format("Computing block {} of {}",
                         std::min(static_cast<int>(status.fraction * depth + 0.5) + 1, depth), depth);
    case Doing::running_other:
      return "Computing side B";
    default:
      return {};
  }
}

void LoadingView::paint(Bench& bench, const Drawn& now) {
  if (drawn_ == now) return;
  drawn_ = now;
  const vit::Image& photo = *bench.session.image();
  const ImVec4 background = ImGui::ColorConvertU32ToFloat4(now.background);
  bench.painter.set_photo(*now.photo);
  if (bench.photo.image != bench.session.image()) bench.photo = {};  // the page that was there sets its own again
  bench.painter.set_colormap(bench.session.view.look.colormap);
  canvas_.resize(now.width, now.height);
  vit::Look bare;
  bare.picture = vit::Picture::photo;
  bench.painter.begin(canvas_);
  bench.painter.draw({.x = 0,
                      .y = 0,
                      .width = now.width,
                      .height = now.height,
                      .photo_x = now.box.x,
                      .photo_y = now.box.y,
                      .scale = now.width / now.box.width,
                      .scale_y = now.height / now.box.height},
                     {.map = 0,
                      .look = bare,
                      .range = {},
                      .box = now.box,
                      .photo_width = static_cast<double>(photo.width),
                      .photo_height = static_cast<double>(photo.height),
                      .background = {background.x, background.y, background.z}});
  bench.painter.end();
}

bool LoadingView::wanted(const Session& session) {
  if (session.sequence().on() && session.trace()) return false;  // the last frame's maps stay
  return session.part() && (!session.trace() || session.trace()->pixels != session.part()->pixels);
}

/// The maps of the blocks that are done; null before the first. The newest answer may lack a block or two.
std::shared_ptr<const vit::MapSet> LoadingView::maps_so_far(const Session& session, MapDesk& desk) const {
  const auto& part = session.part();
  const vit::Analysis& grid = *vit::analysis_by_id("grid");
  if (!part || !grid.refusal(*part).empty()) return nullptr;
  const int query = std::clamp(session.view.query, 0, part->grid.tokens() - 1);
  desk.ask("loading", part, {.analysis = grid.id, .query = query});
  const auto set = desk.answer("loading");
  return set && set->trace->pixels == part->pixels ? set : nullptr;
}

/// A row for each block, a tile for each head, filled as the pass goes.
void LoadingView::draw_blocks(Bench& bench, MapDesk& desk, ImVec2 from, ImVec2 size) {
  const Session& session = bench.session;
  const auto& input = session.input();
  if (!input || !session.model()) return;
  const ui::Ui& ui = bench.ui;
  const std::vector<int> heads = session.settings.head_counts();
  const int most = *std::max_element(heads.begin(), heads.end()), depth = static_cast<int>(heads.size());
  const float gap = ui.px(3), aspect = static_cast<float>(input->width) / static_cast<float>(input->height);
  const float across = size.x / static_cast<float>(most) - gap, down = size.y / static_cast<float>(depth) - gap;
  const int width = static_cast<int>(std::min({across, down * aspect, ui.px(kLargestTilePt)}));
  const int height = static_cast<int>(static_cast<float>(width) / aspect);
  if (width < 2 || height < 2) return;

  const auto set = maps_so_far(session, desk);
  const int count = set ? set->count() : 0;
  if (set) {
    vit::Look look = session.view.look;
    look.picture = vit::Picture::map;
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    const vit::Image& photo = *session.image();
    bench.painter.set_maps(*set);
    blocks_.prepare({.maps = set->serial, .photo = 0, .look = look, .width = width, .height = height}, count);
    blocks_.paint(bench.painter, {input->box, static_cast<double>(photo.width), static_cast<double>(photo.height)},
                  *set, all);
  }
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float step_x = static_cast<float>(width) + gap, step_y = static_cast<float>(height) + gap;
  int index = 0;
  for (int b = 0; b < depth; ++b)
    for (int h = 0; h < heads[static_cast<std::size_t>(b)]; ++h) {
      const ImVec2 a{from.x + static_cast<float>(h) * step_x, from.y + static_cast<float>(b) * step_y};
      const ImVec2 c{a.x + static_cast<float>(width), a.y + static_cast<float>(height)};
      if (index < count && set->labels[static_cast<std::size_t>(index)].block == b)
        blocks_.show(list, index++, a, c);
      else
        list.AddRect(a, c, ui.theme.line);
    }
  ui::describe(bench.ui, {.id = "loading.maps", .label = {}}, from,
               {from.x + static_cast<float>(most) * step_x, from.y + static_cast<float>(depth) * step_y}, false,
               std::to_string(count));
}

bool LoadingView::draw(Bench& bench, MapDesk& desk, ImVec2 from, ImVec2 size) {
  const Session& session = bench.session;
  const auto& photo = session.image();
  if (!photo) return false;
  const ui::Ui& ui = bench.ui;
  const auto& input = session.input();
  const vit::Box whole{0, 0, static_cast<double>(photo->width), static_cast<double>(photo->height)};
  const vit::Box& box = input ? input->box : whole;
  // Where the large picture will be, and as large as there.
  const FrameLayout layout = lay_out_frame(from, size, kLargePicture, 0, ui.scale);
  const float scale = std::min(layout.photo_size.x / static_cast<float>(box.width),
                               layout.photo_size.y / static_cast<float>(box.height));
  const ImVec2 extent{static_cast<float>(box.width) * scale, static_cast<float>(box.height) * scale};
  const ImVec2 corner{layout.photo_from.x + (layout.photo_size.x - extent.x) / 2,
                      layout.photo_from.y + (layout.photo_size.y - extent.y) / 2};
  paint(bench, {.photo = &session.image_display(),
                .box = box,
                .width = std::max(1, static_cast<int>(extent.x)),
                .height = std::max(1, static_cast<int>(extent.y)),
                .background = ui.theme.window});
  ImGui::GetWindowDrawList()->AddImage(ui::texture_id(canvas_.texture()), corner,
                                       {corner.x + extent.x, corner.y + extent.y});
  const int patch = session.model() ? session.model()->config.patch_px : 0;
  if (input && patch > 0)
    draw_patches(ui, input->box, input->width / patch, input->height / patch, [&](double x, double y) {
      return ImVec2{corner.x + static_cast<float>(x - box.x) * scale, corner.y + static_cast<float>(y - box.y) * scale};
    });
  ui::describe(bench.ui, {.id = "loading.photo", .label = {}, .tooltip = {}}, corner,
               {corner.x + extent.x, corner.y + extent.y}, false,
               input && patch > 0 ? fmt::format("{}x{}", input->height / patch, input->width / patch) : "");

  draw_blocks(bench, desk, layout.navigator_from, layout.navigator_size);
  const WorkerStatus status = session.status();
  const std::string words = progress_words(status, session.model() ? session.model()->config.depth : 0);
  const float y = corner.y + extent.y + ui.px(10);
  draw_bar(ui, {corner.x, y}, extent.x, status.fraction);
  ui::draw_text(ui, ui::Type::body, {corner.x, y + ui.px(10)}, ui.theme.soft, words);
  ui::describe(bench.ui, {.id = "loading.progress", .label = {}, .tooltip = {}}, {corner.x, y},
               {corner.x + extent.x, y + ui.px(26)}, false, words);
  return true;
}

void draw_pass_progress(Bench& bench, ImVec2 from, float width) {
  const WorkerStatus status = bench.session.status();
  const auto& model = bench.session.model();
  if (status.doing != WorkerStatus::Doing::running || status.elapsed_ms < kWaitingMs || !model) return;
  draw_bar(bench.ui, from, width, status.fraction);
  std::string words = progress_words(status, model->config.depth);
  if (bench.session.hand_holds() && !draft_refusal(model->config).empty()) words += ". " + draft_refusal(model->config);
  ui::describe(bench.ui, {.id = "pass.progress", .label = {}, .tooltip = words}, from,
               {from.x + width, from.y + bench.ui.px(4)}, false, words);
}

}  // namespace headlight
