// Mistakes in what a family is taken for, which the families' golden tensors must notice.
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <regex>

#include "engine/error.h"
#include "golden_case.h"

namespace {

namespace fs = std::filesystem;

struct Case {
  fs::path folder;
  std::shared_ptr<const vit::TensorFile> golden;
  vit::LoadOptions options;

  explicit Case(fs::path in) : folder(std::move(in)), golden(vit::open_tensor_file(folder / "golden.safetensors")) {
    if (const auto heads = golden->metadata().find("num_heads"); heads != golden->metadata().end()) {
      options.num_heads = std::stoi(heads->second);
    }
  }
  std::string checkpoint() const {
    const std::string& name = golden->metadata().at("checkpoint");
    return (name == "." ? folder : folder / name).string();
  }
  /// The network, newly made for this caller, or none where the family is refused.
  std::shared_ptr<vit::Model> load() const {
    try {
      return std::const_pointer_cast<vit::Model>(vit::load_model(checkpoint(), options));
    } catch (const vit::Error&) {
      return nullptr;
    }
  }
};

/// Changes a network that nobody else has seen yet; false where it has no such part.
struct Mutation {
  const char* name;
  std::function<bool(vit::Model&)> change;
};

bool ones(std::vector<float>& scale) {
  const bool there = !scale.empty();
  std::fill(scale.begin(), scale.end(), 1.f);
  return there;
}

std::vector<Mutation> mutations() {
  using Pool = vit::ModelConfig::Pool;
  const auto moves = [](const vit::Model& m) {
    return m.config.position.kind == vit::PositionRule::Kind::learned && m.config.position.resampled;
  };
  return {
      {"positions antialiased, or not",
       [=](vit::Model& m) {
         m.config.position.antialias = !m.config.position.antialias;
         return moves(m);
       }},
      {"positions bilinear, or not",
       [=](vit::Model& m) {
         m.config.position.bicubic = !m.config.position.bicubic;
         return moves(m);
       }},
      {"positions with the other offset",
       [=](vit::Model& m) {
         m.config.position.offset = m.config.position.offset > 0 ? 0 : 0.1;
         return moves(m) && !m.config.position.antialias;
       }},
      {"prefix tokens in another order",
       [](vit::Model& m) {
         if (m.prefix.rows() < 2) return false;
         std::swap_ranges(m.prefix.row(0), m.prefix.row(0) + m.prefix.cols(), m.prefix.row(1));
         return true;
       }},
      {"exact GELU for quick GELU, or the other way round",
       [](vit::Model& m) {
         using vit::Activation;
         m.config.activation = m.config.activation == Activation::gelu ? Activation::quick_gelu : Activation::gelu;
         return !m.config.swiglu;
       }},
      {"no layer scale after attention", [](vit::Model& m) { return ones(m.blocks[0].layer_scale1); }},
      {"no layer scale after the MLP", [](vit::Model& m) { return ones(m.blocks[1].layer_scale2); }},
      {"logits pooled in another way",
       [](vit::Model& m) {
         m.config.pool = m.config.pool == Pool::class_token ? Pool::mean_patches : Pool::class_token;
         return m.config.classes > 0 && m.config.class_token;
       }},
  };
}

/// In tolerances, over the case's runs at its own and at another size.
double worst(const Case& c, const std::shared_ptr<const vit::Model>& model) {
  double used = 0;
  for (const std::string suffix : {"", ".wide"}) {
    if (c.golden->entries().count("pixels" + suffix) == 0) continue;
    vit::Settings settings = vit::trained_settings(model->config);
    settings.threads = 1;
    const auto pixels = golden::pixels_of(*c.golden, "pixels" + suffix);
    used = std::max(used, golden::compare(*golden::run(model, pixels, settings), *c.golden, suffix).used());
  }
  return used;
}

void report(const char* name, int applied, int red, double largest) {
  std::printf("%-52s %6d %6d   %.3g\n", name, applied, red, largest);
  EXPECT_GT(red, 0) << name << ": no case noticed, largest error " << largest << " tolerances";
}

TEST(GoldenFamilies, EveryMutationTurnsThemRed) {
  std::printf("%-52s %6s %6s   %s\n", "mutation", "cases", "red", "largest error, in tolerances");
  for (const Mutation& mutation : mutations()) {
    int applied = 0, red = 0;
    double largest = 0;
    for (const fs::path& folder : golden::cases("families")) {
      const Case c(folder);
      const auto model = c.load();
      if (!model || !mutation.change(*model)) continue;
      const double used = worst(c, model);
      ++applied;
      red += used > 1;
      largest = std::max(largest, used);
    }
    report(mutation.name, applied, red, largest);
  }
}

TEST(GoldenFamilies, ATransposedLinearTurnsThemRed) {
  const fs::path scratch = fs::temp_directory_path() / ("headlight_transposed_" + std::to_string(getpid()));
  const std::regex square("(attn\\.proj|attention\\.output\\.dense|out_proj)\\.weight$");
  int applied = 0, red = 0;
  double largest = 0;
  for (const fs::path& folder : golden::cases("families")) {
    const Case c(folder);
    const fs::path file = folder / "model.safetensors";
    if (!fs::exists(file) || !c.load()) continue;
    const auto original = vit::open_tensor_file(file);
    std::map<std::string, std::vector<float>> values;
    std::vector<vit::NamedTensor> tensors;
    for (const auto& [name, entry] : original->entries()) {
      std::vector<float>& to = values[name] = original->read_all(name);
      if (std::regex_search(name, square)) {
        const auto n = static_cast<std::size_t>(entry.shape[0]);
        for (std::size_t y = 0; y < n; ++y) {
          for (std::size_t x = 0; x < y; ++x) std::swap(to[y * n + x], to[x * n + y]);
        }
      }
      tensors.push_back({name, entry.shape, [&to](std::int64_t first, std::span<float> out) {
                           std::copy_n(to.begin() + first, out.size(), out.begin());
                         }});
    }
    fs::remove_all(scratch);
    fs::create_directories(scratch);
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".json") fs::copy_file(entry.path(), scratch / entry.path().filename());
    }
    vit::write_safetensors(scratch / "model.safetensors", tensors, original->metadata());
    const double used = worst(c, vit::load_model(scratch.string(), c.options));
    ++applied;
    red += used > 1;
    largest = std::max(largest, used);
  }
  fs::remove_all(scratch);
  report("the projection after attention transposed", applied, red, largest);
  EXPECT_EQ(applied, red);
}

TEST(GoldenFamilies, EpsIsTheReferences) {
  for (const fs::path& folder : golden::cases("families")) {
    const Case c(folder);
    if (const auto model = c.load()) {
      EXPECT_FLOAT_EQ(model->config.eps, std::stof(c.golden->metadata().at("eps"))) << folder.filename();
    }
  }
}

TEST(GoldenFamilies, PrefixTokensAreToldFromPatches) {
  for (const fs::path& folder : golden::cases("families")) {
    const Case c(folder);
    const auto model = c.load();
    if (!model) continue;
    const auto& shape = c.golden->entries().at("pixels").shape;
    const auto& tokens = c.golden->entries().at("hidden.0").shape[0];
    const std::int64_t p = model->config.patch_px;
    EXPECT_EQ(model->config.prefix_tokens(), tokens - (shape[1] / p) * (shape[2] / p)) << folder.filename();
  }
}

}  // namespace
