#include "engine/checkpoint/random_model.h"

#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "engine/base/error.h"

namespace vit {
namespace {

constexpr std::string_view kPrefix = "random:";
constexpr double kMaxParameters = 4e9;

/// SplitMix64's finaliser: every value depends on its counter alone, so that any row can be made without the others.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

/// Four uniform 16-bit numbers make a bell of variance 4/12 with integers only: no libm, the same bits everywhere.
float bell(std::uint64_t bits) {
  const auto sum = static_cast<std::int32_t>((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) +
                                             (bits >> 48 & 0xffff));
  return static_cast<float>(sum - 131070) * (1.7320508f / 65536.f);
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash;
}

class RandomTensorFile : public TensorFile {
 public:
  RandomTensorFile(const RandomSpec& spec, std::string name) : seed_(mix(spec.seed)) {
    path_ = std::move(name);
    format_ = "random weights";
    add_tensors(spec);
  }

  void read(const std::string& name, std::int64_t first, std::span<float> out) const override {
    const auto found = distributions_.find(name);
    if (found == distributions_.end()) throw Error(path_.string() + " has no tensor \"" + name + "\".");
    const std::uint64_t stream = mix(hash_of(name) ^ seed_);
    const Distribution& d = found->second;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::uint64_t counter = static_cast<std::uint64_t>(first) + i;
      const float std = counter < d.peaked ? d.peaked_std : d.std;
      out[i] = d.mean + std * bell(mix(stream + counter));
    }
  }

 private:
  struct Distribution {
    float mean = 0, std = 0;
    std::uint64_t peaked = 0;  // the first elements, of queries and keys, have another deviation
    float peaked_std = 0;
  };

  void add(const std::string& name, std::vector<std::int64_t> shape, Distribution distribution) {
    entries_[name] = {DType::f32, std::move(shape), {}};
    distributions_[name] = distribution;
  }
  void add_linear(const std::string& name, std::int64_t outputs, std::int64_t inputs, float gain) {
    add(name + ".weight", {outputs, inputs}, {0, gain / std::sqrt(static_cast<float>(inputs))});
    add(name + ".bias", {outputs}, {0, 0.1f});
  }
  void add_norm(const std::string& name, std::int64_t channels) {
    add(name + ".weight", {channels}, {1, 0.1f});
    add(name + ".bias", {channels}, {0, 0.1f});
  }

  void add_tensors(const RandomSpec& spec) {
    const std::int64_t c = spec.channels, p = spec.patch_px, side = spec.image_px / spec.patch_px;
    const std::int64_t hidden = spec.hidden;
    add("cls_token", {1, 1, c}, {0, 0.5f});
    if (spec.distilled > 0) add("dist_token", {1, 1, c}, {0, 0.5f});
    if (spec.registers > 0) add("reg_token", {1, spec.registers, c}, {0, 0.5f});
    add("pos_embed", {1, 1 + spec.distilled + side * side, c}, {0, 0.5f});
    add("patch_embed.proj.weight", {c, 3, p, p}, {0, 1 / std::sqrt(3.f * static_cast<float>(p * p))});
    add("patch_embed.proj.bias", {c}, {0, 0.1f});
    const float branch = 1 / std::sqrt(static_cast<float>(spec.depth));
    for (int i = 0; i < spec.depth; ++i) {
      const std::string block = "blocks." + std::to_string(i) + ".";
      add_norm(block + "norm1", c);
      add_linear(block + "attn.qkv", 3 * c, c, 1);
      // With queries and keys of variance √3 a scaled score has a deviation of about √3: peaks of 0.1 to 0.9.
      Distribution& qkv = distributions_[block + "attn.qkv.weight"];
      qkv.peaked = static_cast<std::uint64_t>(2 * c * c);
      qkv.peaked_std = 1.3f / std::sqrt(static_cast<float>(c));
      add_linear(block + "attn.proj", c, c, 2 * branch);
      add_norm(block + "norm2", c);
      add_linear(block + "mlp.fc1", hidden, c, 1);
      add_linear(block + "mlp.fc2", c, hidden, 1.5f * branch);
    }
    add_norm("norm", c);
    if (spec.classes > 0) add_linear("head", spec.classes, c, 1);
    if (spec.classes > 0 && spec.distilled > 0) add_linear("head_dist", spec.classes, c, 1);
  }

  std::uint64_t seed_;
  std::map<std::string, Distribution> distributions_;
};

[[noreturn]] void refuse(const std::string& what) {
  throw Error("\"random:\" " + what + "; write for example random:C=192,L=12,h=3,P=16,S=224,K=1000,seed=1.");
}

void set(RandomSpec& spec, std::string_view key, std::uint64_t value) {
  if (key == "seed") {
    spec.seed = value;
    return;
  }
  const std::pair<std::string_view, int*> sizes[] = {
      {"C", &spec.channels}, {"L", &spec.depth},       {"h", &spec.num_heads},
      {"M", &spec.hidden},   {"P", &spec.patch_px},    {"S", &spec.image_px},
      {"K", &spec.classes},  {"reg", &spec.registers}, {"dist", &spec.distilled}};
  for (const auto& [name, target] : sizes) {
    if (key != name) continue;
    if (value > 1'000'000) refuse("has an absurd " + std::string(key) + "=" + std::to_string(value));
    *target = static_cast<int>(value);
    return;
  }
  refuse("does not know \"" + std::string(key) + "\" (it knows C, L, h, M, P, S, K, reg, dist and seed)");
}

}  // namespace

bool is_random_source(const std::string& source) {
  return source.starts_with(kPrefix);
}

RandomSpec parse_random_spec(const std::string& source) {
  RandomSpec spec;
  std::string_view rest = std::string_view(source).substr(kPrefix.size());
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) refuse("expects KEY=NUMBER, not \"" + std::string(item) + "\"");
    const std::string_view digits = item.substr(equals + 1);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      refuse("needs a whole number for " + std::string(item.substr(0, equals)) + ", not \"" + std::string(digits) +
             "\"");
    }
    set(spec, item.substr(0, equals), value);
  }
  if (spec.hidden == 0) spec.hidden = 4 * spec.channels;
  if (spec.channels < 1 || spec.depth < 1 || spec.num_heads < 1 || spec.patch_px < 1) {
    refuse("needs C, L, h and P of at least 1");
  }
  if (spec.channels > 65536 || spec.depth > 1024) refuse("takes at most C=65536 and L=1024");
  if (spec.distilled > 1) refuse("takes a dist of 0 or 1");
  const double c = spec.channels;
  const double parameters = spec.depth * (4 * c * c + 2 * c * spec.hidden) + c * spec.classes;
  if (parameters > kMaxParameters) refuse("would have " + std::to_string(parameters / 1e9) + " billion weights");
  if (spec.channels % spec.num_heads != 0) {
    refuse("needs heads that divide C: " + std::to_string(spec.num_heads) + " does not divide " +
           std::to_string(spec.channels));
  }
  if (spec.image_px < spec.patch_px || spec.image_px % spec.patch_px != 0) {
    refuse("needs an S that is a multiple of P: " + std::to_string(spec.image_px) + " is none of " +
           std::to_string(spec.patch_px));
  }
  return spec;
}

std::shared_ptr<const TensorFile> random_tensor_file(const RandomSpec& spec) {
  std::string name = "random:C=" + std::to_string(spec.channels) + ",L=" + std::to_string(spec.depth) +
                     ",h=" + std::to_string(spec.num_heads);
  if (spec.hidden != 4 * spec.channels) name += ",M=" + std::to_string(spec.hidden);
  name += ",P=" + std::to_string(spec.patch_px) + ",S=" + std::to_string(spec.image_px) +
          ",K=" + std::to_string(spec.classes);
  if (spec.registers > 0) name += ",reg=" + std::to_string(spec.registers);
  if (spec.distilled > 0) name += ",dist=1";
  name += ",seed=" + std::to_string(spec.seed);
  return std::make_shared<RandomTensorFile>(spec, name);
}

}  // namespace vit
