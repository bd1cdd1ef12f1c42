#include "tests/fuzz/targets.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "app/cost/ceilings_file.h"
#include "app/session/preferences.h"
#include "app/session/saved_view.h"
#include "app/session/view_file.h"
#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/checkpoint/labels.h"
#include "engine/checkpoint/load_model.h"
#include "engine/containers/npy.h"
#include "engine/containers/pickle.h"
#include "engine/containers/tensor_file.h"
#include "engine/containers/tensor_file_sharded.h"
#include "engine/image/animation.h"
#include "engine/image/color_profile.h"
#include "engine/image/exif.h"
#include "engine/image/image.h"
#include "tests/fuzz/scratch.h"

namespace fuzz {
namespace {

/// What a reader may do with a bad file, beside reading it.
template <class Read>
void refused_or_read(const Read& read) noexcept {
  try {
    read();
  } catch (const vit::Error&) {
  }
}

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// ---- checkpoints ----

void read_tensors(const vit::TensorFile& file) {
  constexpr std::int64_t kMost = 1 << 20;  // elements; a packed entry may honestly stand for many
  for (const auto& [name, entry] : file.entries()) {
    if (entry.elements() > kMost) continue;
    // One that cannot be read must not hide the others.
    refused_or_read([&, &tensor = name] { static_cast<void>(file.read_all(tensor)); });
    file.release(name);
  }
}

void open_as(const char* name, Bytes bytes) {
  refused_or_read([&] { read_tensors(*vit::open_tensor_file(file_of(name, bytes))); });
}

void safetensors(Bytes bytes) noexcept {
  open_as("model.safetensors", bytes);
}

/// The header alone, its length put before it, and a few bytes of weights behind.
void safetensors_header(Bytes bytes) noexcept {
  const std::uint64_t length = bytes.size();
  std::string file(sizeof(length), '\0');
  std::memcpy(file.data(), &length, sizeof(length));
  file += text_of(bytes) + std::string(96, '\1');
  open_as("model.safetensors", std::as_bytes(std::span(file)));
}

void zip(Bytes bytes) noexcept {
  open_as("model.pth", bytes);
}

/// The pickle inside a zip file of PyTorch's, with three storages.
void torch_pickle(Bytes bytes) noexcept {
  const std::string file = zip_of({{"m/data.pkl", text_of(bytes)},
                                   {"m/data/0", std::string(64, '\2')},
                                   {"m/data/1", std::string(16, '\3')},
                                   {"m/data/2", ""}});
  open_as("model.pth", std::as_bytes(std::span(file)));
}

/// PyTorch's file before version 1.6, or Paddle's.
void pickled(Bytes bytes) noexcept {
  open_as("model.pdparams", bytes);
}

void pickle(Bytes bytes) noexcept {
  refused_or_read([&] {
    const vit::Pickle read(bytes, "the pickle");
    must(read.consumed() <= bytes.size(), "a pickle ends inside its bytes");
    static_cast<void>(vit::tensors_in(read.root(), "the pickle"));
  });
}

void npz_entry(Bytes bytes) noexcept {
  const std::string file = zip_of({{"a.npy", text_of(bytes)}});
  open_as("model.npz", std::as_bytes(std::span(file)));
}

void npy(Bytes bytes) noexcept {
  refused_or_read([&] {
    const vit::NpyHeader header = vit::read_npy_header(bytes, "the array");
    must(header.data_begin <= bytes.size(), "an array's header ends inside its bytes");
  });
}

void onnx(Bytes bytes) noexcept {
  open_as("model.onnx", bytes);
}

/// The index of a network in several files, of which one is there.
void index(Bytes bytes) noexcept {
  static const auto part = file_of("model-00001-of-00002.safetensors", small_network());
  refused_or_read([&] { read_tensors(*vit::open_sharded(file_of("model.safetensors.index.json", bytes))); });
}

/// All that becomes of a checkpoint: its family, its sizes, its weights as the network wants them.
void checkpoint(Bytes bytes) noexcept {
  refused_or_read([&] { vit::load_model(file_of("network.bin", bytes).string()); });
}

/// What lies beside a network: up to three files, a zero byte between them.
void config(Bytes bytes) noexcept {
  static const char* const kNames[] = {"config.json", "preprocessor_config.json", "open_clip_config.json"};
  static const auto network = file_of("model.safetensors", small_network());
  std::string rest = text_of(bytes);
  for (const char* name : kNames) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    if (end > 0)
      file_of(name, rest.substr(0, end));
    else
      std::filesystem::remove(scratch() / name);
    rest.erase(0, end + 1);
  }
  refused_or_read([&] { vit::load_model(network.string()); });
}

// ---- text ----

void json(Bytes bytes) noexcept {
  refused_or_read([&] { vit::parse_json(text_of(bytes), "the text"); });
}

void labels(Bytes bytes) noexcept {
  refused_or_read([&] { vit::load_labels(file_of("labels.txt", bytes)); });
}

/// A view that was read is written so that it can be read again, as the same.
void same_again(const headlight::SavedView& view) {
  const std::string text = headlight::write_view(view);
  must(headlight::write_view(headlight::from_json(text)) == text, "a view that was read can be saved and read again");
}

void view(Bytes bytes) noexcept {
  refused_or_read([&] { same_again(headlight::from_json(text_of(bytes))); });
}

void view_in_png(Bytes bytes) noexcept {
  refused_or_read([&] {
    if (const auto found = headlight::find_view(file_of("figure.png", bytes))) same_again(*found);
  });
}

void settings(Bytes bytes) noexcept {
  const auto file = file_of("window.json", bytes);
  const headlight::Preferences read = headlight::load_preferences(file);
  must(read.width >= 800 && read.height >= 500, "a window is large enough to see");
  headlight::save_preferences(read, file);
  must(headlight::load_preferences(file).look == read.look, "settings that were read can be saved and read again");
}

void ceilings(Bytes bytes) noexcept {
  static_cast<void>(headlight::load_ceilings(file_of("ceilings.json", bytes), {.threads = 2}));
}

// ---- pictures ----

void decode(Bytes bytes, const char* name) {
  refused_or_read([&] {
    const vit::Image image = vit::decode_image(
        bytes, name, {.applies_profile = true, .levels = {.rule = vit::Levels::Rule::automatic, .outside = 1}});
    must(image.width > 0 && image.height > 0, "a picture has pixels");
    must(image.rgb.size() ==
             std::size_t{3} * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height),
         "a picture has as many pixels as it says");
  });
}

void jpeg(Bytes bytes) noexcept {
  decode(bytes, "p.jpg");
}
void png(Bytes bytes) noexcept {
  decode(bytes, "p.png");
}
void webp(Bytes bytes) noexcept {
  decode(bytes, "p.webp");
}
void tiff(Bytes bytes) noexcept {
  decode(bytes, "p.tif");
}
void gif(Bytes bytes) noexcept {
  decode(bytes, "p.gif");
}
void bmp(Bytes bytes) noexcept {
  decode(bytes, "p.bmp");
}
void tga(Bytes bytes) noexcept {
  decode(bytes, "p.tga");
}
void psd(Bytes bytes) noexcept {
  decode(bytes, "p.psd");
}
void pnm(Bytes bytes) noexcept {
  decode(bytes, "p.ppm");
}
void heic(Bytes bytes) noexcept {
  decode(bytes, "p.heic");
}
void avif(Bytes bytes) noexcept {
  decode(bytes, "p.avif");
}

/// The first frames in order, then the first once more: a film that is played in a loop.
void frames(Bytes bytes, const char* name) {
  constexpr int kMostRead = 12;
  refused_or_read([&] {
    const auto film = vit::open_animation({bytes.begin(), bytes.end()}, name, {.applies_profile = true});
    if (film == nullptr) return;
    must(film->count() >= 2, "a film has several frames");
    const vit::Image first = film->read(0);
    for (int frame = 1; frame < std::min(film->count(), kMostRead); ++frame) {
      must(film->seconds(frame) >= 0, "a frame is shown for no less than no time");
      must(film->read(frame).rgb.size() >= first.rgb.size(), "a frame may be larger than the first, never smaller");
    }
    must(film->read(0).rgb == first.rgb, "a frame that is read again is the same");
  });
}

void gif_frames(Bytes bytes) noexcept {
  frames(bytes, "p.gif");
}
void png_frames(Bytes bytes) noexcept {
  frames(bytes, "p.png");
}

vit::Image four_pixels() {
  return {.width = 2, .height = 2, .rgb = {0, 64, 128, 255, 0, 9, 7, 200, 3, 90, 91, 92}, .name = "four"};
}

/// EXIF data, and behind a zero byte at the middle XMP text.
void exif(Bytes bytes) noexcept {
  const Bytes first = bytes.first(bytes.size() / 2), second = bytes.subspan(bytes.size() / 2);
  for (const int turn : {vit::exif_orientation(bytes), vit::orientation_in(bytes, {}), vit::orientation_in({}, bytes),
                         vit::orientation_in(first, second)}) {
    must(turn >= 1 && turn <= 8, "an orientation is one of eight");
    static_cast<void>(vit::upright(four_pixels(), turn));
  }
}

void icc(Bytes bytes) noexcept {
  const vit::ColorProfile profile = vit::read_profile(bytes);
  if (profile.kind != vit::ColorProfile::Kind::rgb && profile.kind != vit::ColorProfile::Kind::grey) return;
  vit::Image image = four_pixels();
  static_cast<void>(vit::convert_to_srgb(image, bytes));
}

constexpr Target kTargets[] = {
    {"safetensors", safetensors, "safetensors"},
    {"safetensors_header", safetensors_header, "safetensors"},
    {"zip", zip, "zip"},
    {"torch_pickle", torch_pickle, "pickle"},
    {"pickled", pickled, "pickle"},
    {"pickle", pickle, "pickle"},
    {"npz_entry", npz_entry, "npy"},
    {"npy", npy, "npy"},
    {"onnx", onnx, "onnx"},
    {"index", index, "json"},
    {"checkpoint", checkpoint, "network"},
    {"config", config, "config"},
    {"json", json, "json"},
    {"labels", labels, "json"},
    {"view", view, "view"},
    {"view_in_png", view_in_png, "png"},
    {"settings", settings, "view"},
    {"ceilings", ceilings, "json"},
    {"jpeg", jpeg, "jpeg"},
    {"png", png, "png"},
    {"webp", webp, "riff"},
    {"tiff", tiff, "tiff"},
    {"gif", gif, "gif"},
    {"bmp", bmp, nullptr},
    {"tga", tga, nullptr},
    {"psd", psd, nullptr},
    {"pnm", pnm, nullptr},
    {"heic", heic, "heif"},
    {"avif", avif, "heif"},
    {"gif_frames", gif_frames, "gif"},
    {"png_frames", png_frames, "apng"},
    {"exif", exif, "tiff"},
    {"icc", icc, "icc"},
};

}  // namespace

std::span<const Target> targets() {
  return kTargets;
}

const Target* target_named(const char* name) {
  for (const Target& target : kTargets)
    if (std::strcmp(target.name, name) == 0) return &target;
  return nullptr;
}

}  // namespace fuzz
