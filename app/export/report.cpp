#include "app/export/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "app/cost/head_change.h"
#include "app/export/export_captions.h"
#include "app/export/head_numbers_figure.h"
#include "app/export/html.h"
#include "app/files/write_file.h"
#include "app/session/preprocessing_facts.h"
#include "app/words/quantity.h"
#include "engine/base/error.h"
#include "engine/cost/measurements.h"
#include "engine/cost/prediction.h"
#include "engine/image/preprocessing.h"
#include "engine/network/settings_words.h"

namespace headlight {
namespace {

constexpr double kWidthMm = 180, kHeightMm = 235, kDpi = 220;  // of pictures: what a page of A4 has room for
constexpr double kChosenMm = 100;                              // width of the map that the report begins with
constexpr int kParts = 7;                                      // that take time, for the progress

/// One report in the making.
class Report {
 public:
  Report(const ExportSource& source, const ReportRequest& request, const ExportControl& control)
      : source_(source),
        request_(request),
        control_(control),
        trace_(*source.trace),
        config_(trace_.model->config),
        page_(source.image + " – " + source.model) {}

  std::string make() {
    introduce();
    show_chosen();
    show_heads_of_block();
    show_grid();
    tell_of_heads();
    tell_answer();
    tell_cost();
    tell_network();
    tell_settings();
    return page_.take();
  }

 private:
  std::string svg(const Drawing& drawing, const std::string& title) const { return svg_of(drawing, title, ""); }

  ExportRequest with(const char* analysis, std::vector<int> blocks, HeadSelection heads) const {
    ExportRequest request = request_.map;
    if (std::string_view(request.analysis->id) != analysis) request.values.clear();
    request.analysis = vit::analysis_by_id(analysis);
    if (!request.analysis->asks_direction) request.direction = vit::Direction::looks_at;
    request.blocks = std::move(blocks);
    request.heads = std::move(heads);
    request.style.overlay = false;
    request.style.bar = request.style.caption = std::nullopt;
    request.style.ground = Ground::white;
    request.style.width = {FigureWidth::Unit::mm, kWidthMm, kDpi};
    return request;
  }

  std::vector<int> all_blocks() const {
    std::vector<int> blocks(trace_.blocks.size());
    std::iota(blocks.begin(), blocks.end(), 0);
    return blocks;
  }

  /// As wide as asked, or less where it would not fit on a page.
  void show(ExportRequest request, const std::string& about) {
    validate(request, source_);
    Drawing drawing = drawing_of(source_, request, {.stop = control_.stop});
    const double high = drawing.height * drawing.points * 25.4 / 72;
    if (high > kHeightMm) {
      request.style.width.amount *= kHeightMm / high;
      drawing = drawing_of(source_, request, {.stop = control_.stop});
    }
    page_.figure(svg(drawing, about), about);
  }

  void part_is_done() {
    ++parts_;
    if (control_.stop.stop_requested()) throw vit::Cancelled();
    if (control_.progress) control_.progress(std::min(1.0, static_cast<double>(parts_) / kParts));
  }

  void introduce() {
    page_.paragraph(fmt::format("{}, {} blocks of {} heads × {} channels, patches of {} px; {} tokens from {} × {} px.",
                                config_.architecture.empty() ? config_.family : config_.architecture, config_.depth,
                                config_.num_heads, config_.channels / config_.num_heads, config_.patch_px,
                                trace_.grid.tokens(), trace_.pixels->width, trace_.pixels->height));
    const std::string departs = vit::departures(trace_.settings, config_);
    page_.paragraph(departs.empty() ? "Settings: as trained."
                                    : "These maps are not the trained network's: " + departs + ".");
    page_.note("Made by Headlight " HEADLIGHT_VERSION ".");
    if (!source_.photo) return;
    page_.figure(svg(photo_drawing(), "the photo"), "The photo; the frame is the part that the network reads.");
    page_.note("The frame is the part of the photo that the network reads.");
    if (source_.photo->levels)
      page_.note("The photo is shown and read with levels " + vit::shown_levels(*source_.photo) + ".");
    part_is_done();
  }

  Drawing photo_drawing() const {
    const vit::Image& photo = *source_.photo;
    constexpr double kWide = 400, kHigh = 250;  // units of 1/96 inch at most
    const double scale = std::min(kWide / photo.width, kHigh / photo.height);
    Drawing drawing;
    drawing.width = photo.width * scale;
    drawing.height = photo.height * scale;
    drawing.fine_pixels = kDpi / 96;
    drawing.draw = [&photo, box = trace_.pixels->box, scale,
                    size = Rect{0, 0, drawing.width, drawing.height}](Paper& paper) {
      paper.picture(size, 0, 0, [&photo](int width, int height) {
        return vit::resize(photo, width, height, vit::Interpolation::bilinear);
      });
      const Rect frame{box.x * scale, box.y * scale, box.width * scale, box.height * scale};
      paper.frame(frame, {24, 26, 32}, 3);
      paper.frame(frame, {255, 255, 255}, 1.5);
    };
    return drawing;
  }

  void show_chosen() {
    const ExportRequest& map = request_.map;
    page_.begin_card();
    page_.heading(map.analysis->is_plain ? "The chosen map" : map.analysis->name);
    if (!map.analysis->is_plain) page_.paragraph(map.analysis->sentence);
    if (*map.analysis->reference != '\0') page_.note(std::string("After ") + map.analysis->reference + ".");
    ExportRequest request = with(map.analysis->id, map.blocks, map.heads);
    request.style.overlay = source_.photo != nullptr && !map.analysis->is_matrix;
    request.style.width.amount = kChosenMm;
    show(request, "The chosen map.");
    const PickedMaps picked = pick_maps(source_, request, questions_of(request).front(), {.stop = control_.stop});
    if (!picked.maps.empty()) page_.paragraph(map.analysis->about(*picked.set, picked.maps.front()));
    page_.end_card();
    part_is_done();
  }

  void show_heads_of_block() {
    const int block = request_.map.blocks.front();
    page_.begin_card();
    page_.heading(fmt::format("The heads of block {}", block));
    show(with("heads", {block}, {}), fmt::format("The attention maps of all heads of block {}.", block));
    page_.end_card();
    part_is_done();
  }

  void show_grid() {
    page_.begin_card();
    page_.heading("All blocks and heads");
    page_.paragraph("A row for each block, from the first to the last; a column for each head.");
    show(with("heads", all_blocks(), {.mean = false, .max = false, .all_heads = true, .heads = {}}),
         "The attention maps of all heads of all blocks.");
    page_.end_card();
    part_is_done();
  }

  void tell_of_heads() {
    const vit::Analysis& statistics = *vit::analysis_by_id("statistics");
    page_.heading("What the heads do");
    if (const std::string why = statistics.refusal(trace_); !why.empty()) return page_.note(why);
    const ExportRequest request =
        with("statistics", all_blocks(), {.mean = false, .max = false, .all_heads = true, .heads = {}});
    std::vector<PickedMaps> answers;
    for (const vit::Question& question : questions_of(request))
      answers.push_back(pick_maps(source_, request, question, {.stop = control_.stop}));
    page_.figure(svg(head_numbers_drawing(answers, request.style), "numbers of every head"),
                 "Numbers of every head: a row for each block, a column for each head.");
    page_.note("A row for each block, the first one above; a column for each head. White: no such number.");
    part_is_done();
  }

  void tell_answer() {
    page_.begin_card();
    page_.heading("The network's answer");
    if (request_.predictions.empty()) {
      page_.paragraph("This network has no classes: it makes features, and others give them a meaning.");
    } else {
      std::vector<std::vector<std::string>> rows = {{"Class", "Probability"}};
      for (const auto& prediction : request_.predictions)
        rows.push_back({prediction.name, percent_text(prediction.probability) + " %"});
      page_.table(rows, 1);
    }
    page_.end_card();
  }

  void tell_cost() {
    page_.heading("What it costs");
    CostRequest cost = request_.cost;
    cost.block = -1;
    ExportStyle style = request_.map.style;
    style.ground = Ground::white;
    style.caption = true;
    style.width = {FigureWidth::Unit::mm, kWidthMm, kDpi};
    page_.figure(svg(cost_drawing(source_, cost, style), "what the operators cost"), "What every operator costs.");
    if (cost.passes.empty()) page_.note("No times: nothing was measured for this report.");
    tell_head_counts(cost);
    part_is_done();
  }

  /// "Scale and Softmax grow"
  static std::string grows_with_heads(const vit::CostTable& table) {
    std::vector<std::string> names;
    for (const vit::Operator& row : table.operators())
      if (table.effect(row.op, vit::Control::heads) == vit::Effect::operations)
        names.emplace_back(vit::name_of(row.op));
    std::string words;
    for (std::size_t i = 0; i < names.size(); ++i)
      words += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return words + (names.size() == 1 ? " grows" : " grow");
  }

  /// What another head count would do.
  void tell_head_counts(const CostRequest& cost) {
    const vit::CostTable now(config_, trace_.grid, trace_.settings);
    const auto operations = [](const vit::CostTable& table, std::initializer_list<vit::Op> rows) {
      double sum = 0;
      for (const vit::Op op : rows) sum += table.cost(op, -1, vit::Convention::elements).operations;
      return sum;
    };
    const vit::Measurements times(now, cost.passes);
    const vit::Predictor predictor(now, times);
    const double all_now = now.total(vit::Section::model, -1, vit::Convention::elements).operations;
    const double scores_now = operations(now, {vit::Op::scale, vit::Op::softmax});
    std::vector<std::vector<std::string>> rows = {{"Heads", "Scale and softmax", "×", "All operators", "×"}};
    if (!cost.passes.empty()) rows.front().emplace_back("Predicted ms");
    for (const int heads : vit::possible_heads(config_)) {
      vit::Settings settings = trace_.settings;
      for (int block = 0; block < settings.depth(); ++block) settings.set_heads(heads, block);
      const vit::CostTable table(config_, trace_.grid, settings);
      const double all = table.total(vit::Section::model, -1, vit::Convention::elements).operations;
      const double scores = operations(table, {vit::Op::scale, vit::Op::softmax});
      const bool trained = heads == config_.num_heads;
      rows.push_back({std::to_string(heads) + (trained ? " (trained)" : ""), count_text(scores),
                      ratio_text(scores / scores_now), count_text(all), ratio_text(all / all_now)});
      if (!cost.passes.empty()) rows.back().push_back(ms_text(predictor.ms(table)));
    }
    page_.begin_card();
    page_.paragraph("What another number of heads would do to the operations: " + grows_with_heads(now) +
                    " with it, nothing else does. Operations are two for a multiply-add and one for each element "
                    "operation.");
    page_.table(rows, 1);
    if (!cost.passes.empty())
      page_.note(
          "Predicted: every operator at the rate that was measured with the present head count. Thin heads make "
          "q·kᵀ and attn·v slower than that; the window measures it.");
    page_.end_card();
  }

  void tell_network() {
    const vit::LoadReport& report = trace_.model->report;
    page_.heading("The network");
    page_.table({{"What", "Value"},
                 {"File", short_source_name(report.file)},
                 {"Format", report.format},
                 {"Family", report.family + (report.reason.empty() ? "" : ", since " + report.reason)},
                 {"Parameters", count_text(static_cast<double>(report.parameters))},
                 {"Input", vit::describe(request_.preprocessing)}},
                2);
    std::vector<std::vector<std::string>> rows = {{"What", "Value", "How sure", "From"}};
    for (const vit::Fact& fact : facts_with(*trace_.model, request_.preprocessing))
      rows.push_back({fact.name, fact.value, vit::name_of(fact.source), fact.reason});
    page_.table(rows, 4);
  }

  void tell_settings() {
    page_.begin_card();
    page_.heading("Settings");
    page_.paragraph(vit::settings_words(trace_) + ".");
    if (!request_.command.empty()) {
      page_.paragraph("This report again:");
      page_.command(request_.command);
    }
    page_.end_card();
  }

  const ExportSource& source_;
  const ReportRequest& request_;
  const ExportControl& control_;
  const vit::Trace& trace_;
  const vit::ModelConfig& config_;
  HtmlPage page_;
  int parts_ = 0;
};

}  // namespace

std::string report_html(const ExportSource& source, const ReportRequest& request, const ExportControl& control) {
  validate(request.map, source);
  return Report(source, request, control).make();
}

void write_report(const ExportSource& source, const ReportRequest& request, const std::filesystem::path& file,
                  const ExportControl& control) {
  const std::string html = report_html(source, request, control);
  make_folder_of(file);
  write_file(file, html);
  if (control.progress) control.progress(1);
}

}  // namespace headlight
