#include "engine/containers/tensor_file.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/mapped_file.h"
#include "engine/containers/npz.h"
#include "engine/containers/onnx_file.h"
#include "engine/containers/onnx_graph.h"
#include "engine/containers/safetensors.h"
#include "engine/containers/tensor_file_stored.h"
#include "engine/containers/torch_file.h"
#include "engine/containers/zip_archive.h"

namespace vit {

std::size_t size_of(DType type) {
  switch (type) {
    case DType::f64:
    case DType::i64:
      return 8;
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f16:
    case DType::bf16:
    case DType::i16:
      return 2;
    case DType::f8_e4m3:
    case DType::f8_e5m2:
    case DType::i8:
    case DType::u8:
    case DType::boolean:
      return 1;
  }
  return 1;
}

const char* name_of(DType type) {
  switch (type) {
    case DType::f64:
      return "F64";
    case DType::f32:
      return "F32";
    case DType::f16:
      return "F16";
    case DType::bf16:
      return "BF16";
    case DType::f8_e4m3:
      return "F8_E4M3";
    case DType::f8_e5m2:
      return "F8_E5M2";
    case DType::i64:
      return "I64";
    case DType::i32:
      return "I32";
    case DType::i16:
      return "I16";
    case DType::i8:
      return "I8";
    case DType::u8:
      return "U8";
    case DType::boolean:
      return "BOOL";
  }
  return "?";
}

bool is_float(DType type) {
  return type <= DType::f8_e5m2;
}

std::int64_t TensorEntry::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

std::vector<float> TensorFile::read_all(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw Error(path_.string() + " has no tensor \"" + name + "\".");
  std::vector<float> values(static_cast<std::size_t>(found->second.elements()));
  read(name, 0, values);
  return values;
}

namespace {

struct Kind {
  std::string_view begin;
  const char* what;
};

/// Names what a file is that is no checkpoint, or none that can be read.
[[noreturn]] void refuse_kind(const MappedFile& file) {
  constexpr Kind kKinds[] = {
      {"GGUF", "a GGUF file"},
      {"\x89HDF", "an HDF5 file (Keras)"},
      {"version https://git-lfs", "a pointer to a file in Git LFS, not the file itself: download it"},
      {"<!DOCTYPE", "a web page, not a checkpoint: download the file itself"},
      {"<html", "a web page, not a checkpoint: download the file itself"},
      {"\x1f\x8b", "a gzip file: unpack it first"},
      {"\x93NUMPY", "a single NumPy array"},
      {"\x89PNG", "a picture"},
      {"\xff\xd8\xff", "a picture"},
      {std::string_view("lmgg", 4), "a vit.cpp file"}};
  const std::string_view begin(reinterpret_cast<const char*>(file.bytes().data()),
                               std::min<std::size_t>(file.size(), 64));
  for (const Kind& kind : kKinds) {
    if (begin.starts_with(kind.begin)) {
      throw Error(file.path().string() + " is " + kind.what +
                  "; Headlight opens safetensors, PyTorch, ONNX, NumPy .npz and Paddle .pdparams checkpoints.");
    }
  }
  throw Error(
      file.path().string() +
      " is no checkpoint that Headlight knows: it opens safetensors, PyTorch (.pth, .pt, .bin), ONNX, NumPy .npz "
      "and Paddle .pdparams files.");
}

std::shared_ptr<const TensorFile> open_mapped(const std::shared_ptr<const MappedFile>& mapped) {
  const std::filesystem::path& file = mapped->path();
  if (looks_like_safetensors(*mapped)) return open_safetensors(mapped);
  if (looks_like_zip(*mapped)) {
    const ZipArchive archive(mapped);
    if (looks_like_torch_zip(archive)) return open_torch_zip(archive);
    if (looks_like_npz(archive)) return open_npz(archive);
    for (const auto& [name, entry] : archive.entries()) {
      if (name == "model.weights.h5") {
        throw Error(file.string() + " is a Keras file, which is not supported: save the weights as safetensors.");
      }
      if (name.ends_with("archive_format") || name.ends_with("models/model.json")) {
        throw Error(file.string() +
                    " is a program exported by torch.export (.pt2), which is not supported: save the "
                    "network's state_dict.");
      }
    }
    throw Error(file.string() + " is a zip file but neither PyTorch's nor NumPy's: unpack it first.");
  }
  if (looks_like_pickle(*mapped)) return open_pickle(mapped);
  if (looks_like_onnx(*mapped) || file.extension() == ".onnx") return open_onnx(mapped);
  refuse_kind(*mapped);
}

}  // namespace

std::shared_ptr<const TensorFile> open_tensor_file(const std::filesystem::path& file) {
  const auto mapped = std::make_shared<const MappedFile>(file);
  try {
    auto opened = open_mapped(mapped);
    mapped->check();
    return opened;
  } catch (const Error&) {
    mapped->check();  // a file that changes meanwhile is damaged for that reason
    throw;
  }
}

std::shared_ptr<const TensorFile> tensor_file_from_memory(
    const std::map<std::string, std::pair<std::vector<std::int64_t>, std::vector<float>>>& tensors) {
  auto file = std::make_shared<StoredTensorFile>("memory", "memory");
  for (const auto& [name, tensor] : tensors) {
    const auto bytes = std::as_bytes(std::span(tensor.second));
    file->add(name, {DType::f32, tensor.first, {}}, {memory_source({bytes.begin(), bytes.end()}), 0});
  }
  return file;
}

}  // namespace vit
