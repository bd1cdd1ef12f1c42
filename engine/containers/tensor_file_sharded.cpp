#include "engine/containers/tensor_file_sharded.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <regex>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/json.h"

namespace vit {
namespace {

class ShardedTensorFile : public TensorFile {
 public:
  ShardedTensorFile(const std::filesystem::path& index, const Json& map) {
    path_ = index;
    for (const auto& [name, shard] : map.fields) {
      const std::shared_ptr<const TensorFile>& file = open(shard);
      const auto found = file->entries().find(name);
      if (found == file->entries().end()) {
        throw Error(file->path().string() + " has no tensor \"" + name + "\", which " + index.string() + " promises.");
      }
      entries_[name] = found->second;
      shard_of_[name] = file.get();
    }
    if (shards_.empty()) throw Error(index.string() + " names no files.");
    format_ = std::to_string(shards_.size()) + " × " + shards_.begin()->second->format();
    metadata_ = shards_.begin()->second->metadata();
  }

  void read(const std::string& name, std::int64_t first, std::span<float> out) const override {
    const auto found = shard_of_.find(name);
    if (found == shard_of_.end()) throw Error(path_.string() + " has no tensor \"" + name + "\".");
    found->second->read(name, first, out);
  }
  void release(const std::string& name) const override {
    const auto found = shard_of_.find(name);
    if (found != shard_of_.end()) found->second->release(name);
  }

 private:
  const std::shared_ptr<const TensorFile>& open(const Json& shard) {
    const std::filesystem::path name = shard.text;
    if (!shard.is(Json::Kind::text) || name.empty() || name != name.filename() || name == "." || name == "..") {
      throw Error(
          path_.string() +
          " names a file that does not lie in its own folder, which is not opened: put the parts beside the index.");
    }
    auto& file = shards_[shard.text];
    if (!file) file = open_tensor_file(path_.parent_path() / name);
    return file;
  }

  std::map<std::string, std::shared_ptr<const TensorFile>> shards_;
  std::map<std::string, const TensorFile*> shard_of_;
};

}  // namespace

std::shared_ptr<const TensorFile> open_sharded(const std::filesystem::path& index) {
  const Json json = read_json(index);
  const Json* map = json.find("weight_map");
  if (map == nullptr || !map->is(Json::Kind::object)) {
    throw Error(index.string() + " has no \"weight_map\": it is no index of a checkpoint in several files.");
  }
  return std::make_shared<ShardedTensorFile>(index, *map);
}

namespace {

/// Hugging Face's cache keeps a model as "models--NAME/snapshots/REVISION/", with the newest revision in refs/main.
std::optional<std::filesystem::path> cached_snapshot(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path snapshots = folder / "snapshots";
  if (!std::filesystem::is_directory(snapshots, error)) return std::nullopt;
  std::string revision;
  if (std::ifstream main(folder / "refs" / "main"); main && std::getline(main, revision)) {
    const std::filesystem::path name = revision;
    if (name == name.filename() && std::filesystem::is_directory(snapshots / name, error)) return snapshots / name;
  }
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(snapshots, error)) {
    if (entry.is_directory(error)) found.push_back(entry.path());
  }
  if (found.size() == 1) return found.front();
  return std::nullopt;
}

}  // namespace

std::optional<std::filesystem::path> index_of_part(const std::filesystem::path& file) {
  // "model-00001-of-00003.safetensors"
  static const std::regex part("(.*)-([0-9]{5})-of-([0-9]{5})(\\.[a-z]+)");
  std::smatch match;
  const std::string name = file.filename().string();
  if (!std::regex_match(name, match, part) || match[3] == "00001") return std::nullopt;
  std::error_code error;
  const std::filesystem::path index = file.parent_path() / (match[1].str() + match[4].str() + ".index.json");
  if (std::filesystem::is_regular_file(index, error)) return index;
  throw Error(file.string() + " is part " + std::to_string(std::stoi(match[2])) + " of " +
              std::to_string(std::stoi(match[3])) + " of a checkpoint, and " + index.filename().string() +
              " is not beside it: get all parts and the index.");
}

std::filesystem::path checkpoint_in(const std::filesystem::path& folder) {
  constexpr std::array kUsual = {"model.safetensors", "model.safetensors.index.json", "open_clip_model.safetensors",
                                 "pytorch_model.bin", "pytorch_model.bin.index.json", "open_clip_pytorch_model.bin"};
  std::error_code error;
  if (const auto snapshot = cached_snapshot(folder)) return checkpoint_in(*snapshot);
  for (const char* name : kUsual) {
    if (std::filesystem::is_regular_file(folder / name, error)) return folder / name;
  }
  constexpr std::array kEndings = {".safetensors", ".pth",  ".pt",  ".bin", ".npz",
                                   ".pdparams",    ".ckpt", ".tar", ".onnx"};
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const bool fits = std::any_of(kEndings.begin(), kEndings.end(),
                                  [&](const char* ending) { return entry.path().extension() == ending; });
    if (fits && entry.is_regular_file(error)) found.push_back(entry.path());
  }
  if (found.size() == 1) return found.front();
  std::sort(found.begin(), found.end());
  if (found.empty())
    throw Error("The folder " + folder.string() +
                " holds no checkpoint (such as model.safetensors): choose a folder or a file that does.");
  throw Error("The folder " + folder.string() + " holds " + std::to_string(found.size()) +
              " checkpoints, for example " + found.front().filename().string() + ": name one of them.");
}

}  // namespace vit
