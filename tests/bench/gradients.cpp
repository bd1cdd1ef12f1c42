// The gradients of one logit with respect to every attention probability as a file, and the times of both ways: what
// tests/golden/full_size_gradients.py compares with autograd. Run by hand.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/containers/tensor_file.h"
#include "engine/network/backward.h"
#include "engine/network/forward.h"

namespace {

double median(std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  return ms[ms.size() / 2];
}

int run(const std::string& checkpoint, const std::string& input, const std::string& output, int logit, int runs,
        int threads) {
  const auto model = vit::load_model(checkpoint);
  const auto file = vit::open_tensor_file(input);
  auto pixels = std::make_shared<vit::Pixels>();
  const auto& shape = file->entries().at("pixels").shape;
  pixels->height = static_cast<int>(shape[1]);
  pixels->width = static_cast<int>(shape[2]);
  pixels->chw = file->read_all("pixels");
  vit::Settings settings = vit::trained_settings(model->config);
  if (threads > 0) settings.threads = threads;
  vit::Pool pool(settings.threads);
  std::vector<double> forward_ms, backward_ms, forward_cpu_ms, backward_cpu_ms;
  const auto cpu_ms = [] { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };  // of all threads
  std::shared_ptr<const vit::Trace> trace;
  const vit::Target target{.logit = logit};
  for (int i = 0; i < runs; ++i) {
    vit::Meter there, back;
    const double begin = cpu_ms();
    trace = vit::forward({model, pixels, settings}, there, pool);
    const double turn = cpu_ms();
    vit::backward(*trace, target, {}, back, pool);
    forward_cpu_ms.push_back(turn - begin);
    backward_cpu_ms.push_back(cpu_ms() - turn);
    forward_ms.push_back(there.timings().wall_ms);
    backward_ms.push_back(back.timings().wall_ms);
  }
  const auto print = [](const char* which, double there, double back) {
    std::printf("%s: forward %.1f ms, backward %.1f ms, together %.2f x the forward pass\n", which, there, back,
                (there + back) / there);
  };
  std::printf("%d runs, %d threads\n", runs, settings.threads);
  print("median", median(forward_ms), median(backward_ms));
  print("quickest", *std::min_element(forward_ms.begin(), forward_ms.end()),
        *std::min_element(backward_ms.begin(), backward_ms.end()));
  print("processor time, median", median(forward_cpu_ms), median(backward_cpu_ms));  // whoever else is there

  const auto tokens = static_cast<std::size_t>(trace->grid.tokens());
  std::vector<std::vector<float>> gradients(trace->blocks.size());
  for (std::size_t b = 0; b < gradients.size(); ++b)
    gradients[b].resize(static_cast<std::size_t>(settings.heads(static_cast<int>(b))) * tokens * tokens);
  vit::Meter meter;
  vit::backward(*trace, target,
                {.head =
                     [&](const vit::HeadGradient& one) {
                       for (int r = 0; r < one.gradient.rows; ++r) {
                         const std::size_t row = static_cast<std::size_t>(one.head) * tokens +
                                                 static_cast<std::size_t>(one.first_query + r);
                         std::memcpy(gradients[static_cast<std::size_t>(one.block)].data() + row * tokens,
                                     one.gradient.row(r), tokens * sizeof(float));
                       }
                     }},
                meter, pool);
  std::vector<vit::NamedTensor> tensors;
  tensors.reserve(gradients.size());
  for (std::size_t b = 0; b < gradients.size(); ++b) {
    const auto n = static_cast<std::int64_t>(tokens);
    tensors.push_back({"gradient." + std::to_string(b),
                       {settings.heads(static_cast<int>(b)), n, n},
                       [&values = gradients[b]](std::int64_t first, std::span<float> out) {
                         std::memcpy(out.data(), values.data() + first, out.size_bytes());
                       }});
  }
  vit::write_safetensors(output, tensors, {});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: gradients CHECKPOINT PIXELS.safetensors OUT.safetensors CLASS RUNS THREADS\n");
    return 2;
  }
  try {
    return run(argv[1], argv[2], argv[3], std::atoi(argv[4]), std::max(1, std::atoi(argv[5])), std::atoi(argv[6]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
