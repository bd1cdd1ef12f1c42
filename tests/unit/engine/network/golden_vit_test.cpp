// The network against golden tensors that timm made, and mutations that must turn them red.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"
#include "tests/unit/engine/network/golden_case.h"

namespace {

using vit::Settings;

/// Runs on another instruction set where ctest asks for one that this processor lacks: nothing to test then.
bool isa_is_missing() {
  const char* isa = std::getenv("HEADLIGHT_ISA");
  return isa && !vit::kernels_by_name(isa);
}

TEST(GoldenVit, EveryKernelReproducesTheReference) {
  if (isa_is_missing()) GTEST_SKIP() << "this processor has no " << std::getenv("HEADLIGHT_ISA");
  std::printf("instruction set %s\n", vit::kernels().name);
  golden::print_head();
  const auto cases = golden::cases("vit");
  ASSERT_GE(cases.size(), 7u);
  for (const auto& folder : cases) {
    const auto reference = vit::open_tensor_file(folder / "golden.safetensors");
    const auto model = vit::load_model((folder / "model.safetensors").string());
    for (const auto kernel : {vit::Kernel::eager, vit::Kernel::tiled, vit::Kernel::reference}) {
      for (const auto keep : {vit::Keep::qk, vit::Keep::maps}) {
        Settings settings = vit::trained_settings(model->config);
        settings.kernel = kernel;
        settings.keep = keep;
        settings.threads = 2;
        const auto errors = golden::compare(*golden::run(model, golden::pixels_of(*reference), settings), *reference);
        if (keep == vit::Keep::qk) golden::print(folder.filename().string(), vit::id_of(kernel), errors);
        EXPECT_LE(errors.used(), 1.0) << folder.filename() << ", " << vit::id_of(kernel) << ", maps "
                                      << (keep == vit::Keep::maps ? "kept" : "recomputed") << ": attention "
                                      << errors.attention << ", hidden " << errors.hidden << ", features "
                                      << errors.features << ", logits " << errors.logits;
      }
    }
  }
}

/// What heads_off.safetensors or heads_scaled.safetensors says it was made with.
Settings settings_of(const vit::TensorFile& golden, const vit::ModelConfig& config) {
  Settings settings = vit::trained_settings(config);
  int block = 0;
  for (const auto& item : nlohmann::json::parse(golden.metadata().at("blocks"))) {
    settings.set_heads(item.at(0).get<int>(), block);
    for (const auto& head : item.at(1)) {
      if (head.is_array())
        settings.scale_head(block, head.at(0).get<int>(), head.at(1).get<float>());
      else
        settings.switch_head(block, head.get<int>(), true);
    }
    ++block;
  }
  return settings;
}

/// Every kernel gives what the file in vit/plain says, and something else with the head (1, `other`) off, too.
void expect_golden(const std::string& file, int other_head) {
  const auto folder = golden::root() / "vit" / "plain";
  const auto reference = vit::open_tensor_file(folder / file);
  const auto pixels = golden::pixels_of(*vit::open_tensor_file(folder / "golden.safetensors"));
  const auto model = vit::load_model((folder / "model.safetensors").string());
  Settings settings = settings_of(*reference, model->config);
  ASSERT_TRUE(settings.any_off());
  for (const auto kernel : vit::choice_values<vit::Kernel>()) {
    settings.kernel = kernel;
    settings.threads = 2;
    const auto trace = golden::run(model, pixels, settings);
    for (int b = 0; b < model->config.depth; ++b)
      EXPECT_LE(golden::relative_error(reference->read_all("hidden." + std::to_string(b)),
                                       golden::flat(trace->hidden(b).view())),
                1e-5)
          << vit::id_of(kernel) << ", block " << b;
    EXPECT_LE(golden::relative_error(reference->read_all("features"), golden::flat(trace->features.view())), 1e-5);
    EXPECT_LE(golden::relative_error(reference->read_all("logits"), trace->logits), 1e-5) << vit::id_of(kernel);
    // One head more or less is noticed.
    Settings other = settings;
    other.switch_head(1, other_head, true);
    EXPECT_GT(golden::relative_error(reference->read_all("logits"), golden::run(model, pixels, other)->logits), 1e-2);
  }
}

TEST(GoldenVit, HeadsThatAreOffContributeNothing) {
  if (isa_is_missing()) GTEST_SKIP() << "this processor has no " << std::getenv("HEADLIGHT_ISA");
  expect_golden("heads_off.safetensors", 3);
}

TEST(GoldenVit, AScaledHeadContributesItsFactor) {
  if (isa_is_missing()) GTEST_SKIP() << "this processor has no " << std::getenv("HEADLIGHT_ISA");
  expect_golden("heads_scaled.safetensors", 0);
}

// --- Mutations: a mistake, made in the checkpoint, in what was read from it, or in the input ---

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  std::int64_t rows() const { return shape.empty() ? 1 : shape[0]; }
  std::int64_t row_size() const { return static_cast<std::int64_t>(values.size()) / rows(); }
};
using Tensors = std::map<std::string, Tensor>;

struct Mutation {
  const char* name;
  std::function<bool(Tensors&, int heads)> checkpoint;  // false: this network has nothing to get wrong here
  std::function<bool(vit::ModelConfig&)> config;
  std::function<void(vit::LoadOptions&)> options;
  std::function<void(Settings&)> settings;
  std::function<void(vit::Pixels&)> pixels;
};

bool ends_with(const std::string& text, const std::string& tail) {
  return text.size() >= tail.size() && text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

/// Applies `change` to every tensor whose name ends so.
std::function<bool(Tensors&, int)> each(const std::string& tail, std::function<void(Tensor&, int heads)> change) {
  return [=](Tensors& tensors, int heads) {
    bool found = false;
    for (auto& [name, tensor] : tensors) {
      if (!ends_with(name, tail)) continue;
      change(tensor, heads);
      found = true;
    }
    return found;
  };
}

std::function<bool(Tensors&, int)> zero(const std::string& tail) {
  return each(tail, [](Tensor& t, int) { std::fill(t.values.begin(), t.values.end(), 0.f); });
}

/// New row r is old row `source(r)`.
void permute_rows(Tensor& t, const std::function<std::int64_t(std::int64_t)>& source) {
  const std::vector<float> old = t.values;
  const std::int64_t size = t.row_size();
  for (std::int64_t r = 0; r < t.rows(); ++r) {
    std::copy_n(old.begin() + source(r) * size, size, t.values.begin() + r * size);
  }
}

/// The thirds of qkv in another order, weights and biases alike.
std::function<bool(Tensors&, int)> reorder_qkv(std::array<int, 3> order) {
  return [=](Tensors& tensors, int heads) {
    const auto change = [&](Tensor& t, int) {
      const std::int64_t c = t.rows() / 3;
      permute_rows(t, [&](std::int64_t r) { return order[static_cast<std::size_t>(r / c)] * c + r % c; });
    };
    const bool weights = each("qkv.weight", change)(tensors, heads);
    each("qkv.bias", change)(tensors, heads);
    return weights;
  };
}

/// Scores with `factor(head_dim, C)` times the right scale.
std::function<bool(Tensors&, int)> rescale(const std::function<double(double head_dim, double channels)>& factor) {
  return [=](Tensors& tensors, int heads) {
    const auto change = [&](Tensor& t, int h) {
      const double channels = static_cast<double>(t.rows()) / 3;
      const double by = factor(channels / h, channels);
      for (std::int64_t i = 0; i < static_cast<std::int64_t>(channels) * t.row_size(); ++i) {
        t.values[static_cast<std::size_t>(i)] *= static_cast<float>(by);
      }
    };
    each("qkv.bias", change)(tensors, heads);
    return each("qkv.weight", change)(tensors, heads);
  };
}

std::vector<Mutation> mutations() {
  using Config = vit::ModelConfig;
  const auto activation = [](vit::Activation a) { return [a](Config& c) { return c.activation = a, true; }; };
  const auto eps = [](float value) { return [value](vit::LoadOptions& o) { o.eps = value; }; };
  std::vector<Mutation> list;
  const auto checkpoint = [&](const char* name, std::function<bool(Tensors&, int)> f) {
    list.push_back({name, std::move(f), {}, {}, {}, {}});
  };
  checkpoint("scale of C^-0.5 in place of head_dim^-0.5", rescale([](double d, double c) { return std::sqrt(d / c); }));
  checkpoint("no scale", rescale([](double d, double) { return std::sqrt(d); }));
  checkpoint("scale of 1/head_dim", rescale([](double d, double) { return 1 / std::sqrt(d); }));
  list.push_back({"eps 1e-5", {}, {}, eps(1e-5f), {}, {}});
  list.push_back({"eps 1e-12", {}, {}, eps(1e-12f), {}, {}});
  list.push_back({"GELU by tanh", {}, activation(vit::Activation::gelu_tanh), {}, {}, {}});
  list.push_back({"quick GELU", {}, activation(vit::Activation::quick_gelu), {}, {}, {}});
  checkpoint("order k, q, v", reorder_qkv({1, 0, 2}));
  checkpoint("order q, v, k", reorder_qkv({0, 2, 1}));
  checkpoint("order v, k, q", reorder_qkv({2, 1, 0}));
  checkpoint("qkv interleaved by head", [](Tensors& tensors, int heads) {
    const auto change = [&](Tensor& t, int h) {
      const std::int64_t c = t.rows() / 3, d = c / h;
      permute_rows(t, [&](std::int64_t r) { return (r % c / d) * 3 * d + (r / c) * d + r % d; });
    };
    each("qkv.bias", change)(tensors, heads);
    return heads > 1 && each("qkv.weight", change)(tensors, heads);
  });
  list.push_back({"no qkv bias", {}, {}, {}, [](Settings& s) { s.qkv_bias = false; }, {}});
  const auto without = [&](const char* name, const char* tail) { checkpoint(name, zero(tail)); };
  without("no patch embedding bias", "patch_embed.proj.bias");
  without("no norm1 bias", "norm1.bias");
  without("no proj bias", "attn.proj.bias");
  without("no norm2 bias", "norm2.bias");
  without("no fc1 bias", "fc1.bias");
  without("no fc2 bias", "fc2.bias");
  without("no bias in the last norm", "norm.bias");
  without("no head bias", "head.bias");
  without("no class token", "cls_token");
  without("no positions", "pos_embed");
  checkpoint("positions one token off", each("pos_embed", [](Tensor& t, int) {
               std::rotate(t.values.begin(), t.values.begin() + t.shape[2], t.values.end());
             }));
  checkpoint("no position for the class token",
             each("pos_embed", [](Tensor& t, int) { std::fill_n(t.values.begin(), t.shape[2], 0.f); }));
  checkpoint("norm1 and norm2 swapped", [](Tensors& tensors, int) {
    for (auto& [name, tensor] : tensors) {
      const auto at = name.find("norm1");
      if (at != std::string::npos)
        std::swap(tensor.values, tensors.at(std::string(name).replace(at, 5, "norm2")).values);
    }
    return true;
  });
  checkpoint("merge in the order (head_dim, head)", each("attn.proj.weight", [](Tensor& t, int h) {
               const std::vector<float> old = t.values;
               const std::int64_t c = t.row_size(), d = c / h;
               for (std::int64_t i = 0; i < t.rows() * c; ++i) {
                 const std::int64_t column = i % c;
                 t.values[static_cast<std::size_t>(i)] =
                     old[static_cast<std::size_t>(i - column + (column % h) * d + column / h)];
               }
             }));
  checkpoint("channels as BGR", each("patch_embed.proj.weight", [](Tensor& t, int) {
               const std::int64_t plane = t.shape[2] * t.shape[3];
               for (std::int64_t o = 0; o < t.shape[0]; ++o) {
                 auto* first = t.values.data() + o * 3 * plane;
                 std::swap_ranges(first, first + plane, first + 2 * plane);
               }
             }));
  checkpoint("patches read column by column", each("patch_embed.proj.weight", [](Tensor& t, int) {
               const std::int64_t p = t.shape[2];
               for (std::int64_t plane = 0; plane < t.shape[0] * 3; ++plane) {
                 auto* values = t.values.data() + plane * p * p;
                 for (std::int64_t y = 0; y < p; ++y) {
                   for (std::int64_t x = 0; x < y; ++x) std::swap(values[y * p + x], values[x * p + y]);
                 }
               }
             }));
  list.push_back({"picture upside down", {}, {}, {}, {}, [](vit::Pixels& p) {
                    const auto row = static_cast<std::ptrdiff_t>(p.width);
                    for (std::ptrdiff_t c = 0; c < 3; ++c) {
                      auto* plane = p.chw.data() + c * row * p.height;
                      for (std::ptrdiff_t y = 0; y < p.height / 2; ++y) {
                        std::swap_ranges(plane + y * row, plane + (y + 1) * row, plane + (p.height - 1 - y) * row);
                      }
                    }
                  }});
  list.push_back({"logits from the mean of the patches",
                  {},
                  [](Config& c) { return c.pool = Config::Pool::mean_patches, c.classes > 0; },
                  {},
                  {},
                  {}});
  list.push_back({"another head count",
                  {},
                  {},
                  {},
                  [](Settings& s) {
                    for (int b = 0; b < s.depth(); ++b) s.set_heads(s.heads(b) > 1 ? 1 : 2, b);
                  },
                  {}});
  return list;
}

/// The case's network with a mistake in it, or none where it has no such part.
std::shared_ptr<const vit::Model> mutated_model(const std::filesystem::path& folder, const Mutation& mutation) {
  vit::LoadOptions options;
  if (mutation.options) mutation.options(options);
  auto file = folder / "model.safetensors";
  const auto scratch = std::filesystem::temp_directory_path() / ("headlight_mutation_" + std::to_string(getpid()));
  if (mutation.checkpoint) {
    const auto original = vit::open_tensor_file(file);
    Tensors tensors;
    for (const auto& [name, entry] : original->entries()) tensors[name] = {entry.shape, original->read_all(name)};
    const int heads = vit::load_model(file.string())->config.num_heads;
    if (!mutation.checkpoint(tensors, heads)) return nullptr;
    std::vector<vit::NamedTensor> out;
    for (const auto& [name, tensor] : tensors) {
      out.push_back({name, tensor.shape, [&values = tensor.values](std::int64_t first, std::span<float> to) {
                       std::copy_n(values.begin() + first, to.size(), to.begin());
                     }});
    }
    std::filesystem::create_directories(scratch);
    std::filesystem::copy_file(folder / "config.json", scratch / "config.json",
                               std::filesystem::copy_options::overwrite_existing);
    file = scratch / "model.safetensors";
    vit::write_safetensors(file, out, {});
  }
  const auto model = vit::load_model(file.string(), options);
  std::filesystem::remove_all(scratch);
  // The network was just made and is not shared yet: its conventions may still be got wrong.
  if (mutation.config && !mutation.config(const_cast<vit::ModelConfig&>(model->config))) return nullptr;
  return model;
}

TEST(GoldenVit, EveryMutationTurnsItRed) {
  if (isa_is_missing()) GTEST_SKIP() << "this processor has no " << std::getenv("HEADLIGHT_ISA");
  const auto cases = golden::cases("vit");
  std::printf("%-44s %8s %6s   %s\n", "mutation", "cases", "red", "largest error, in tolerances");
  for (const auto& mutation : mutations()) {
    int applied = 0, red = 0;
    double largest = 0;
    for (const auto& folder : cases) {
      const auto model = mutated_model(folder, mutation);
      if (!model) continue;
      Settings settings = vit::trained_settings(model->config);
      settings.threads = 1;
      if (mutation.settings) mutation.settings(settings);
      if (settings.heads(0) > 1 && model->config.channels % settings.heads(0) != 0) continue;
      const auto reference = vit::open_tensor_file(folder / "golden.safetensors");
      const auto pixels = golden::pixels_of(*reference);
      if (mutation.pixels) mutation.pixels(*pixels);
      const double used = golden::compare(*golden::run(model, pixels, settings), *reference).used();
      ++applied;
      red += used > 1;
      largest = std::max(largest, used);
    }
    std::printf("%-44s %8d %6d   %.3g\n", mutation.name, applied, red, largest);
    EXPECT_GT(red, 0) << mutation.name << ": no case noticed, largest error " << largest << " tolerances";
  }
}

}  // namespace
