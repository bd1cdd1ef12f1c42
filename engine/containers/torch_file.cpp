#include "engine/containers/torch_file.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

#include "engine/base/error.h"
#include "engine/containers/pickle.h"
#include "engine/containers/tensor_file_stored.h"

namespace vit {
namespace {

using Kind = PickleValue::Kind;

constexpr std::uint64_t kMaxPickleBytes = 256u << 20;
/// What torch.save writes first since version 0.1.10: 0x1950a86a20f9469cfc6c, little-endian.
constexpr unsigned char kMagic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
/// PaddlePaddle's table of other names for the same arrays.
constexpr std::string_view kPaddleTable = "StructuredToParameterName@@";

using Storages = std::map<std::string, std::shared_ptr<const ByteSource>>;

void add_tensor(StoredTensorFile& file, const PickledTensor& tensor, const Storages& storages) {
  const PickleValue& value = *tensor.value;
  const auto storage = storages.find(value.items[0]->text);
  if (storage == storages.end()) {
    throw Error("Tensor \"" + tensor.name + "\" of " + file.path().string() + " refers to a storage that is missing.");
  }
  if (file.contains(tensor.name)) return;  // a module that is reachable twice
  const auto offset = static_cast<std::uint64_t>(value.integer);
  if (offset > storage->second->size() / size_of(value.dtype)) {
    throw Error("Tensor \"" + tensor.name + "\" of " + file.path().string() + " begins behind the end of its storage.");
  }
  file.add(tensor.name, {value.dtype, value.shape, value.stride}, {storage->second, offset * size_of(value.dtype)});
}

void add_array(StoredTensorFile& file, const PickledTensor& tensor, const std::shared_ptr<const MappedFile>& mapped) {
  const PickleValue& value = *tensor.value;
  const std::byte* begin = mapped->bytes().data();
  const std::byte* data = value.view.data();
  const bool inside = data >= begin && data < begin + mapped->size();
  const auto source = inside ? mapped_source(mapped, static_cast<std::uint64_t>(data - begin), value.view.size())
                             : memory_source({value.view.begin(), value.view.end()});
  file.add(tensor.name, {value.dtype, value.shape, value.stride}, {source, 0});
}

/// Names of the storages that are in use, with their sizes in bytes.
std::map<std::string, std::uint64_t> storage_bytes(const std::vector<PickledTensor>& tensors) {
  std::map<std::string, std::uint64_t> bytes;
  for (const PickledTensor& tensor : tensors) {
    if (!tensor.value->is(Kind::tensor)) continue;
    const PickleValue& storage = *tensor.value->items[0];
    const std::uint64_t elements = storage.integer < 0 ? 0 : static_cast<std::uint64_t>(storage.integer);
    bytes[storage.text] = std::min<std::uint64_t>(elements, 1ull << 56) * size_of(storage.dtype);
  }
  return bytes;
}

/// A file without tensors may hold them in an object that cannot be looked into.
void refuse_foreign(const Pickle& pickle, const std::vector<PickledTensor>& tensors, const std::string& path) {
  if (!tensors.empty() || pickle.foreign().empty()) return;
  throw Error(path + " holds no tensors but an object of \"" + pickle.foreign() +
              "\", which is not executed: save a state_dict or a safetensors file instead.");
}

/// The entry that is called so in the archive's only folder: "archive/data.pkl".
std::optional<std::string> entry_named(const ZipArchive& archive, const std::string& suffix) {
  for (const auto& [name, entry] : archive.entries()) {
    const std::size_t slash = name.find('/');
    if (slash != std::string::npos && name.substr(slash + 1) == suffix) return name;
  }
  return std::nullopt;
}

/// Where the next of several pickles in a row begins.
class PickleRow {
 public:
  PickleRow(const MappedFile& file) : file_(file) {}
  Pickle next() {
    Pickle pickle(file_.bytes().subspan(position_), file_.path().string());
    position_ += pickle.consumed();
    return pickle;
  }
  std::size_t position() const { return position_; }

 private:
  const MappedFile& file_;
  std::size_t position_ = 0;
};

bool is_magic(const PickleValue& value) {
  return value.is(Kind::integer) && value.view.size() == sizeof(kMagic) &&
         std::memcmp(value.view.data(), kMagic, sizeof(kMagic)) == 0;
}

/// After the pickles: the keys of the storages in order, then for each its length (8 bytes) and its elements.
Storages read_storages(const std::shared_ptr<const MappedFile>& file, const PickleValue& keys, std::size_t position,
                       const std::map<std::string, std::uint64_t>& bytes_of) {
  Storages storages;
  if (!keys.is(Kind::sequence)) throw Error(file->path().string() + " has no list of storages: the file is damaged.");
  for (const PickleValue* key : keys.items) {
    const std::string name(key->view.empty()
                               ? std::string_view(key->text)
                               : std::string_view(reinterpret_cast<const char*>(key->view.data()), key->view.size()));
    const auto bytes = bytes_of.find(name);
    if (bytes == bytes_of.end()) {
      throw Error(file->path().string() + " has a storage that no tensor uses, whose size is not known.");
    }
    if (position + 8 > file->size()) throw Error(file->path().string() + " is truncated.");
    storages[name] = mapped_source(file, position + 8, bytes->second);
    position += 8 + bytes->second;
  }
  return storages;
}

std::shared_ptr<const TensorFile> open_old_torch(const std::shared_ptr<const MappedFile>& file, PickleRow& row) {
  row.next();  // the protocol's version
  row.next();  // sizes of C types on the machine that wrote it
  const Pickle objects = row.next();
  const Pickle keys = row.next();
  const std::vector<PickledTensor> tensors = tensors_in(objects.root(), file->path().string());
  refuse_foreign(objects, tensors, file->path().string());
  const Storages storages = read_storages(file, keys.root(), row.position(), storage_bytes(tensors));
  auto result = std::make_shared<StoredTensorFile>(file->path(), "PyTorch (before 1.6)");
  for (const PickledTensor& tensor : tensors) {
    if (tensor.value->is(Kind::tensor)) add_tensor(*result, tensor, storages);
  }
  return result;
}

}  // namespace

bool looks_like_torch_zip(const ZipArchive& archive) {
  return entry_named(archive, "data.pkl").has_value();
}

std::shared_ptr<const TensorFile> open_torch_zip(const ZipArchive& archive) {
  const std::string pickle_name = *entry_named(archive, "data.pkl");
  const std::string folder = pickle_name.substr(0, pickle_name.find('/') + 1);
  const std::string path = archive.path().string();
  if (const auto order = entry_named(archive, "byteorder")) {
    const std::vector<std::byte> text = archive.read(*order, 64);
    if (text.size() == 3 && std::memcmp(text.data(), "big", 3) == 0) {
      throw Error(path + " was written on a big-endian machine, which is not supported.");
    }
  }
  const std::vector<std::byte> bytes = archive.read(pickle_name, kMaxPickleBytes);
  const Pickle pickle(bytes, path);
  auto file = std::make_shared<StoredTensorFile>(archive.path(), "PyTorch zip");
  Storages storages;
  const std::vector<PickledTensor> tensors = tensors_in(pickle.root(), path);
  refuse_foreign(pickle, tensors, path);
  for (const auto& [key, size] : storage_bytes(tensors)) {
    const std::string name = folder + "data/" + key;
    if (archive.entries().count(name) != 0) storages[key] = archive.source(name);
  }
  for (const PickledTensor& tensor : tensors) {
    if (tensor.value->is(Kind::tensor)) add_tensor(*file, tensor, storages);
  }
  return file;
}

bool looks_like_pickle(const MappedFile& file) {
  const auto bytes = file.bytes();
  return bytes.size() >= 4 && std::to_integer<int>(bytes[0]) == 0x80 && std::to_integer<int>(bytes[1]) >= 2 &&
         std::to_integer<int>(bytes[1]) <= 5;
}

std::shared_ptr<const TensorFile> open_pickle(const std::shared_ptr<const MappedFile>& file) {
  PickleRow row(*file);
  const Pickle first = row.next();
  if (is_magic(first.root())) return open_old_torch(file, row);

  auto result = std::make_shared<StoredTensorFile>(file->path(), "Paddle pickle");
  for (const PickledTensor& tensor : tensors_in(first.root(), file->path().string())) {
    if (tensor.name.starts_with(kPaddleTable) || !tensor.value->is(Kind::array)) continue;
    // Older versions write (name, array) for an array: the name inside is of no use.
    PickledTensor renamed = tensor;
    if (renamed.name.ends_with(".1")) {
      const std::string plain = renamed.name.substr(0, renamed.name.size() - 2);
      if (!result->contains(plain)) renamed.name = plain;
    }
    if (!result->contains(renamed.name)) add_array(*result, renamed, file);
  }
  return result;
}

}  // namespace vit
