// What rounding to bf16 costs in accuracy and saves in time, with one product rounded at a time. Run by hand.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/image/image.h"
#include "engine/maps/precision_comparison.h"
#include "engine/network/forward.h"
#include "engine/network/operators.h"

namespace {

constexpr vit::Rounded kNone = {false, false, false, false, false, false, false};

struct Way {
  const char* name;
  bool vit::Rounded::*product;  // null: all or none
};
constexpr Way kWays[] = {{"patch_embed", &vit::Rounded::patch_embed},
                         {"qkv", &vit::Rounded::qkv},
                         {"scores", &vit::Rounded::scores},
                         {"attn_v", &vit::Rounded::attn_v},
                         {"proj", &vit::Rounded::proj},
                         {"fc1", &vit::Rounded::fc1},
                         {"fc2", &vit::Rounded::fc2}};

class Bench {
 public:
  Bench(const std::string& checkpoint, const std::string& image, int side, int threads, int runs)
      : model_(vit::load_model(checkpoint)), settings_(vit::trained_settings(model_->config)), runs_(runs) {
    vit::Preprocessing how = model_->preprocessing;
    how.resize_px = how.resize_px * side / how.height;
    how.width = how.height = side;
    pixels_ = std::make_shared<vit::Pixels>(vit::preprocess(vit::load_image(image), how, model_->config.patch_px));
    settings_.threads = threads;
    pool_ = std::make_unique<vit::Pool>(threads);
  }

  void print() {
    const auto exact = measure("exact", kNone, nullptr);
    for (const Way& way : kWays) {
      vit::Rounded one = kNone;
      one.*way.product = true;
      measure(way.name, one, exact.get());
    }
    for (const Way& way : kWays) {
      vit::Rounded rest;
      rest.*way.product = false;
      measure((std::string("all but ") + way.name).c_str(), rest, exact.get());
    }
    operators(*measure("all", {}, exact.get()), *exact);
  }

 private:
  std::shared_ptr<const vit::Trace> measure(const char* name, const vit::Rounded& rounded, const vit::Trace* exact) {
    settings_.precision = exact == nullptr ? vit::Precision::exact : vit::Precision::bf16;
    settings_.bf16 = rounded;
    std::shared_ptr<const vit::Trace> trace, best;
    for (int i = 0; i <= runs_; ++i) {
      vit::Meter meter;
      trace = vit::forward({model_, pixels_, settings_}, meter, *pool_);
      if (i > 0 && (!best || trace->timings.wall_ms < best->timings.wall_ms)) best = trace;
    }
    std::printf("%-20s %8.2f ms", name, best->timings.wall_ms);
    if (exact == nullptr) {
      std::printf("\n");
      exact_ms_ = best->timings.wall_ms;
      return best;
    }
    const vit::PrecisionChange change = vit::precision_change(*best, *exact);
    double features = 0, size = 0;
    for (int t = 0; t < best->features.rows(); ++t) {
      for (int c = 0; c < best->features.cols(); ++c) {
        features += std::pow(best->features(t, c) - exact->features(t, c), 2);
        size += std::pow(exact->features(t, c), 2);
      }
    }
    std::printf("  ratio %.3f  maps moved %.3f %%, at most %.2e  features %.2e%s\n", best->timings.wall_ms / exact_ms_,
                100 * change.moved, change.largest, std::sqrt(features / size),
                change.top1 == change.top1_exact ? "" : "  another class");
    return best;
  }

  static void operators(const vit::Trace& all, const vit::Trace& exact) {
    for (int op = 0; op < vit::kOpCount; ++op) {
      const auto ms = [op](const vit::Trace& trace) {
        const auto at = static_cast<std::size_t>(op);
        double sum = trace.timings.model[at];
        for (const vit::OpTimes& block : trace.timings.blocks) sum += block[at];
        return sum;
      };
      if (ms(exact) > 0)
        std::printf("  %-14s %8.2f -> %8.2f ms\n", vit::id_of(static_cast<vit::Op>(op)), ms(exact), ms(all));
    }
    std::printf("  %-14s %8.2f -> %8.2f ms\n", "waiting", exact.timings.waiting_ms(), all.timings.waiting_ms());
  }

  std::shared_ptr<const vit::Model> model_;
  vit::Settings settings_;
  int runs_;
  std::shared_ptr<vit::Pixels> pixels_;
  std::unique_ptr<vit::Pool> pool_;
  double exact_ms_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: bf16_errors CHECKPOINT IMAGE SIDE_PX THREADS RUNS\n");
    return 2;
  }
  try {
    Bench(argv[1], argv[2], std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5])).print();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
