#include "app/panels/export_subject.h"

#include <algorithm>
#include <utility>

#include "app/export/export_captions.h"
#include "app/export/file_names.h"
#include "app/panels/bench.h"

namespace headlight {
namespace {

/// The files of what is shown; none while another model or photo is about to be shown.
SavedView files_of(const Session& session) {
  if (session.trace()->model != session.model() || session.photo() != session.image()) return {};
  Wanted files;
  files.model = session.model_source();
  files.load = session.load_options();
  files.image = session.image_source();
  files.reading = session.wanted.reading;
  files.other = session.wanted.other;
  return mark_files(std::move(files));
}

HeadSelection only(int head) {
  HeadSelection selection{.mean = head == kMeanOfHeads, .max = head == kMaxOfHeads, .all_heads = false, .heads = {}};
  if (head >= 0) selection.heads = {head};
  return selection;
}

/// The chosen map as the page shows it: of the heads, or of another analysis.
ExportRequest chosen_map(const Bench& bench) {
  const vit::MapSet& set = bench.maps.set();
  const View& view = bench.session.view;
  ExportRequest request;
  request.blocks = {std::min(view.block, static_cast<int>(set.trace->blocks.size()) - 1)};
  const vit::Analysis& analysis = *vit::analysis_by_id(set.question.analysis);
  request.query = vit::asks_query(analysis, set.question, set.trace->model->config)
                      ? set.question.query
                      : std::clamp(view.query, 0, set.trace->grid.tokens() - 1);
  request.direction = set.question.direction;
  request.stage = set.question.stage;
  request.style.look = view.look;
  request.heads = only(bench.maps.label(bench.maps.chosen(view)).head);
  if (set.question.analysis != "grid") {  // whose maps are those of the heads
    request.analysis = &analysis;
    request.values = set.question.values;
  }
  return request;
}

}  // namespace

bool can_export(const Bench& bench) {
  return !bench.maps.empty() && bench.session.photo() != nullptr &&
         bench.maps.set().trace == bench.session.trace() &&  // never a draft
         (!bench.maps.set().other || bench.maps.set().other == bench.session.shown().other.trace);
}

std::string why_no_export(const Bench& bench) {
  const Session& session = bench.session;
  if (!session.trace() || session.photo() == nullptr) return "Open a model and a photo first.";
  const vit::Analysis* analysis = vit::analysis_by_id(session.view.page);
  if (analysis == nullptr) return "This page has no maps; its own button Save… writes its plot and numbers.";
  if (std::string why = analysis->refusal(*session.trace()); !why.empty()) return why;
  if (analysis->compares && !session.wanted.other.on()) return "Nothing is compared yet: choose side B first.";
  return "These maps are still being worked out.";
}

SheetSubject export_subject(const Bench& bench, bool with_files) {
  const Session& session = bench.session;
  SheetSubject subject;
  subject.source = {.trace = session.trace(),
                    .photo = session.photo(),
                    .model = network_name(session.trace()->model->report.file),
                    .image = short_source_name(session.photo()->name),
                    .files = with_files ? files_of(session) : SavedView{}};
  if (const OtherShown& other = session.shown().other; bench.maps.set().other)
    subject.source.other = {.trace = other.trace,
                            .photo = other.photo,
                            .model = network_name(other.trace->model->report.file),
                            .image = short_source_name(other.photo->name)};
  subject.map = chosen_map(bench);
  const vit::Trace& trace = *subject.source.trace;
  subject.cost.block = session.view.cost_of_model ? -1 : subject.map.blocks.front();
  subject.cost.convention = session.view.convention;
  if (const MeasuredSetting* measured = session.times().find(*trace.model, trace.grid, trace.settings))
    subject.cost.passes = measured->timings;
  return subject;
}

}  // namespace headlight
