#include "app/session/run.h"

#include <algorithm>
#include <utility>

#include "app/files/pixels_file.h"
#include "engine/cost/estimate.h"
#include "engine/maps/precision_comparison.h"

namespace headlight {

Run make_run(std::shared_ptr<const vit::Model> model, std::shared_ptr<const vit::Image> photo,
             const vit::Preprocessing& rules, vit::Settings settings) {
  auto pixels = std::make_shared<const vit::Pixels>(vit::preprocess(*photo, rules, model->config.patch_px));
  return {{std::move(model), std::move(pixels), std::move(settings)}, std::move(photo)};
}

Run make_run(std::shared_ptr<const vit::Model> model, const std::filesystem::path& pixels_file,
             const vit::Preprocessing& rules, vit::Settings settings) {
  auto pixels = std::make_shared<const vit::Pixels>(load_pixels(pixels_file, rules));
  return {{std::move(model), std::move(pixels), std::move(settings)}, nullptr};
}

vit::TokenGrid check_fits(const vit::PassInput& run, std::size_t at_a_time) {
  const vit::TokenGrid grid = vit::token_grid(run.model->config, run.pixels->width, run.pixels->height);
  vit::Estimate need = vit::estimate(run.model->config, grid, run.settings, run.extent);
  need.trace_bytes *= at_a_time;
  need.workspace_bytes *= at_a_time;
  vit::check_memory(need);
  return grid;
}

void note_precision(const vit::PassInput& run, const vit::Trace& trace, vit::Pool& pool, const std::stop_token& stop) {
  if (trace.settings.precision == vit::Precision::exact || trace.blocks.empty()) return;
  vit::PassInput exact = run;
  exact.settings.precision = vit::Precision::exact;
  vit::Meter meter(stop);
  trace.fewer_bits->set(vit::precision_change(trace, *run_pass(exact, pool, meter), stop));
}

int threads_of(const vit::PassInput& run) {
  const vit::TokenGrid grid = vit::token_grid(run.model->config, run.pixels->width, run.pixels->height);
  return std::min(run.settings.pass_threads(), vit::threads_worth_while(run.model->config, grid.tokens()));
}

std::shared_ptr<const vit::Trace> run_pass(const vit::PassInput& run, vit::Pool& pool, vit::Meter& meter,
                                           const vit::Trace* previous, std::size_t at_a_time) {
  const vit::TokenGrid grid = check_fits(run, at_a_time);
  vit::PassInput input = run;
  input.most_threads = vit::threads_worth_while(run.model->config, grid.tokens());
  return vit::forward(input, meter, pool, previous);
}

}  // namespace headlight
