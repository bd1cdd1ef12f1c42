#include "app/pages/lab_controls.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <vector>

#include "app/pages/page.h"
#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "engine/base/pool.h"
#include "engine/lab/lab_verdicts.h"

namespace headlight {
namespace {

constexpr float kLine = 27, kGap = 8;  // points
constexpr int kBatches[] = {1, 2, 4, 8, 16, 32};
constexpr int kTokens[] = {16, 25, 50, 65, 100, 145, 197, 257, 325, 401, 577, 785, 1025, 1370, 2049};
constexpr int kChannels[] = {48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1280, 1536, 2048};
constexpr float kMostDrop = 0.9f;

/// As the open network has it; a ViT-B where there is none.
vit::ModuleSpec network_spec(const Bench& bench) {
  vit::ModuleSpec spec;
  spec.threads = std::max(1, bench.session.settings.threads);
  if (const auto& model = bench.session.model()) {
    spec.channels = model->config.channels;
    spec.heads = model->config.num_heads;
    spec.qkv_bias = model->config.qkv_bias;
  } else {
    spec.threads = vit::available_processors();
  }
  if (const auto& trace = bench.session.trace()) spec.tokens = trace->grid.tokens();
  return spec;
}

/// The given numbers and one more, ascending.
template <class Values>
std::vector<int> with(const Values& values, int own) {
  std::vector<int> all(std::begin(values), std::end(values));
  all.push_back(own);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

int nearest_divisor(int channels, int heads) {
  const std::vector<int> all = vit::divisors(channels);
  return *std::min_element(all.begin(), all.end(), [&](int a, int b) {
    return std::abs(std::log(static_cast<double>(a) / heads)) < std::abs(std::log(static_cast<double>(b) / heads));
  });
}

/// Controls from left to right, and on the next line what finds no room.
class Row {
 public:
  Row(Bench& bench, ImVec2 at, float width) : bench_(bench), at_(at), left_(at.x), right_(at.x + width) {}

  void place(float points, float down = 0) {
    if (at_.x > left_ && at_.x + px(points) > right_ + 0.5f) next();
    ImGui::SetCursorScreenPos({std::floor(at_.x), std::floor(at_.y + bench_.ui.px(down))});
    at_.x += bench_.ui.px(points + kGap);
  }
  void next() { at_ = {left_, at_.y + px(kLine + 6)}; }
  float bottom() const { return at_.y + px(kLine); }
  float px(float points) const { return bench_.ui.px(points); }

  /// One of some numbers.
  void list(const char* id, const std::string& label, const char* tooltip, const std::vector<int>& values, int now,
            float points) {
    place(points);
    int index = static_cast<int>(std::lower_bound(values.begin(), values.end(), now) - values.begin());
    const int last = static_cast<int>(values.size()) - 1;
    index = std::min(index, last);
    if (ui::bar(bench_.ui, {.id = id, .label = label, .tooltip = tooltip, .enabled = last > 0}, index, 0, last,
                px(points)))
      set(id, values[static_cast<std::size_t>(index)]);
  }

  void set(const char* id, double value) { bench_.session.view.parameters[id] = value; }

 private:
  Bench& bench_;
  ImVec2 at_;
  float left_, right_;
};

void draw_sizes(Bench& bench, const vit::ModuleSpec& spec, Row& row) {
  const vit::ModuleSpec own = network_spec(bench);
  row.place(144);
  draw_page_choice(bench, row.px(144));
  row.list("lab.batch", fmt::format("B {}", spec.batch), "Images at once. Drag, or turn the wheel.", with(kBatches, 1),
           spec.batch, 64);
  row.list("lab.tokens", fmt::format("N {}", spec.tokens), "Tokens of an image: patches and the class token.",
           with(kTokens, own.tokens), spec.tokens, 84);
  row.list("lab.channels", fmt::format("C {}", spec.channels), "Channels of a token, dim in the module’s signature.",
           with(kChannels, own.channels), spec.channels, 84);
  row.list("lab.heads", fmt::format("{} heads × {}", spec.heads, spec.channels / spec.heads),
           "num_heads: into how many heads the channels are cut, each divisor of C.", vit::divisors(spec.channels),
           spec.heads, 132);
}

void draw_kernel(Bench& bench, const vit::ModuleSpec& spec, Row& row) {
  std::vector<const char*> names;
  int chosen = 0;
  for (const auto& kernel : vit::choices(vit::Kernel{})) {
    if (kernel.value == spec.kernel) chosen = static_cast<int>(names.size());
    names.push_back(kernel.name);
  }
  row.place(112);
  if (ui::drop_down(
          bench.ui,
          {.id = "lab.kernel",
           .label = {},
           .tooltip = std::string("How attention is computed: ") + vit::choice_of(spec.kernel).sentence + "."},
          chosen, names, row.px(112)))
    row.set("lab.kernel", chosen);
}

void draw_rest(Bench& bench, const vit::ModuleSpec& spec, Row& row) {
  row.place(82, 4);  // a box is not as high as a bar
  bool bias = spec.qkv_bias;
  if (ui::check(bench.ui,
                {.id = "lab.qkv_bias",
                 .label = "qkv_bias",
                 .tooltip = "The projection to queries, keys and values adds a bias."},
                bias))
    row.set("lab.qkv_bias", bias ? 1 : 0);
  const auto drop = [&](const char* id, const char* name, const char* tooltip, float now) {
    row.place(112);
    float value = now;
    if (ui::bar(bench.ui, {.id = id, .label = fmt::format("{} {:.2f}", name, now), .tooltip = tooltip}, value, 0.f,
                kMostDrop, row.px(112)))
      row.set(id, std::round(value * 100.0) / 100);
  };
  drop("lab.attn_drop", "attn_drop", "Probability with which an attention weight is dropped; above 0 as in training.",
       spec.attn_drop);
  drop("lab.proj_drop", "proj_drop", "Probability with which an output of the projection is dropped.", spec.proj_drop);
  draw_kernel(bench, spec, row);
  std::vector<int> threads;
  for (int t = 1; t <= vit::available_processors(); ++t) threads.push_back(t);
  row.list("lab.threads", fmt::format("{} {}", spec.threads, spec.threads == 1 ? "thread" : "threads"),
           "How many threads share the tokens.", with(threads, spec.threads), spec.threads, 88);
}

}  // namespace

vit::ModuleSpec lab_spec(const Bench& bench) {
  const auto& parameters = bench.session.view.parameters;
  vit::ModuleSpec spec = network_spec(bench);
  const auto number = [&](const char* id, double usual, double low, double high) {
    const auto found = parameters.find(id);
    return found == parameters.end() || !(found->second >= low && found->second <= high) ? usual : found->second;
  };
  const auto whole = [&](const char* id, int usual, int high) { return static_cast<int>(number(id, usual, 1, high)); };
  spec.batch = whole("lab.batch", spec.batch, 64);
  spec.tokens = whole("lab.tokens", spec.tokens, 8192);
  spec.channels = whole("lab.channels", spec.channels, 4096);
  spec.heads = nearest_divisor(spec.channels, whole("lab.heads", spec.heads, 4096));
  spec.qkv_bias = number("lab.qkv_bias", spec.qkv_bias ? 1 : 0, 0, 1) != 0;
  spec.attn_drop = static_cast<float>(number("lab.attn_drop", 0, 0, kMostDrop));
  spec.proj_drop = static_cast<float>(number("lab.proj_drop", 0, 0, kMostDrop));
  const auto kernels = vit::choices(vit::Kernel{});
  spec.kernel =
      kernels[static_cast<std::size_t>(number("lab.kernel", 0, 0, static_cast<double>(kernels.size() - 1)))].value;
  spec.threads = whole("lab.threads", spec.threads, 1024);
  return spec;
}

vit::LabAxis lab_axis(const Bench& bench) {
  const auto found = bench.session.view.parameters.find("lab.axis");
  const auto all = vit::choices(vit::LabAxis{});
  const bool known = found != bench.session.view.parameters.end() && found->second >= 0 &&
                     found->second < static_cast<double>(all.size());
  return known ? all[static_cast<std::size_t>(found->second)].value : vit::LabAxis::heads;
}

float draw_lab_controls(Bench& bench, const vit::ModuleSpec& spec, ImVec2 from, float width) {
  Row row(bench, from, width);
  draw_sizes(bench, spec, row);
  row.next();
  draw_rest(bench, spec, row);
  return row.bottom() - from.y;
}

std::string lab_title(vit::LabAxis axis) {
  return std::string("Attention module over ") + vit::choice_of(axis).name;
}

std::string lab_subtitle(const vit::ModuleSpec& spec, const vit::LabResult* result) {
  std::string words = vit::words_of(spec);
  if (result != nullptr) words += fmt::format(", {}, median of {} rounds", result->instruction_set, result->rounds);
  return words;
}

}  // namespace headlight
