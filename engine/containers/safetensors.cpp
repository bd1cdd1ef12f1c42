#include "engine/containers/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <sstream>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/base/output_file.h"
#include "engine/base/utf8.h"
#include "engine/containers/tensor_file_stored.h"

namespace vit {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor files are little-endian");

constexpr std::uint64_t kMaxHeaderBytes = 64u << 20;
constexpr std::size_t kMaxDims = 16;
constexpr DType kTypes[] = {DType::f64, DType::f32, DType::f16, DType::bf16, DType::f8_e4m3, DType::f8_e5m2,
                            DType::i64, DType::i32, DType::i16, DType::i8,   DType::u8,      DType::boolean};

struct Slot {
  std::string name;
  TensorEntry entry;
  std::uint64_t begin = 0, end = 0;  // bytes after the header
};

std::uint64_t header_bytes(const MappedFile& file) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.bytes().data(), sizeof(length));
  return length;
}

DType type_named(const std::string& type, const std::string& tensor) {
  for (const DType known : kTypes) {
    if (type == name_of(known)) return known;
  }
  throw Error(tensor + " has the element type \"" + type.substr(0, 32) +
              "\", which is not supported: convert the file to F32, F16 or BF16.");
}

/// A list of whole numbers that are not negative.
std::vector<std::int64_t> integers(const Json* json, const std::string& tensor, const char* key) {
  if (json == nullptr || !json->is(Json::Kind::array) || json->items.size() > kMaxDims) {
    throw Error(tensor + " has no proper \"" + key + "\" in the header: the file is damaged.");
  }
  std::vector<std::int64_t> values;
  for (const Json& item : json->items) {
    if (!item.integer || *item.integer < 0) {
      throw Error(tensor + " has an impossible number in \"" + key + "\": the file is damaged.");
    }
    values.push_back(*item.integer);
  }
  return values;
}

Slot read_slot(const std::string& name, const Json& json, std::uint64_t data_bytes, const std::string& file) {
  const std::string tensor = "Tensor \"" + name + "\" of " + file;
  const Json* type = json.find("dtype");
  if (type == nullptr || !type->is(Json::Kind::text))
    throw Error(tensor + " has no element type: the file is damaged.");
  Slot slot;
  slot.name = name;
  slot.entry.type = type_named(type->text, tensor);
  slot.entry.shape = integers(json.find("shape"), tensor, "shape");
  const std::vector<std::int64_t> offsets = integers(json.find("data_offsets"), tensor, "data_offsets");
  const auto elements = checked_elements(slot.entry.shape, slot.entry.type);
  if (offsets.size() != 2 || !elements) throw Error(tensor + " has an absurd size: the file is damaged.");
  slot.begin = static_cast<std::uint64_t>(offsets[0]);
  slot.end = static_cast<std::uint64_t>(offsets[1]);
  if (slot.begin > slot.end || slot.end > data_bytes) {
    throw Error(tensor + " lies beyond the end of the file (bytes " + std::to_string(slot.begin) + " to " +
                std::to_string(slot.end) + " of " + std::to_string(data_bytes) +
                "): the file is truncated or damaged.");
  }
  if (slot.end - slot.begin != static_cast<std::uint64_t>(*elements) * size_of(slot.entry.type)) {
    throw Error(tensor + " has a shape that does not fit its " + std::to_string(slot.end - slot.begin) +
                " bytes: the file is damaged.");
  }
  return slot;
}

void refuse_overlaps(std::vector<Slot>& slots, const std::string& file) {
  std::sort(slots.begin(), slots.end(),
            [](const Slot& a, const Slot& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  for (std::size_t i = 1; i < slots.size(); ++i) {
    if (slots[i].begin < slots[i - 1].end) {
      throw Error("Tensors \"" + slots[i - 1].name + "\" and \"" + slots[i].name + "\" of " + file +
                  " overlap: the file is damaged.");
    }
  }
}

}  // namespace

bool looks_like_safetensors(const MappedFile& file) {
  return file.size() >= 9 && std::to_integer<char>(file.bytes()[8]) == '{' && header_bytes(file) < (1ull << 40);
}

std::shared_ptr<const TensorFile> open_safetensors(const std::shared_ptr<const MappedFile>& file) {
  const std::string path = file->path().string();
  const std::uint64_t length = file->size() < 8 ? 0 : header_bytes(*file);
  if (length < 2 || length > file->size() - 8) {
    throw Error(path + " claims a header of " + std::to_string(length) + " bytes but has " +
                std::to_string(file->size()) + " in all: it is truncated or no safetensors file.");
  }
  if (length > kMaxHeaderBytes) throw Error(path + " has a header of more than 64 MB, which no real checkpoint has.");
  const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()) + 8, length);
  const Json header = parse_json(text, "The header of " + path);
  if (!header.is(Json::Kind::object)) throw Error("The header of " + path + " is no list of tensors.");

  const std::uint64_t data_bytes = file->size() - 8 - length;
  std::map<std::string, std::string> metadata;
  std::vector<Slot> slots;
  for (const auto& [name, json] : header.fields) {
    if (name != "__metadata__") {
      slots.push_back(read_slot(name, json, data_bytes, path));
      continue;
    }
    for (const auto& [key, value] : json.fields) metadata[key] = value.text;
  }
  refuse_overlaps(slots, path);

  auto tensors = std::make_shared<StoredTensorFile>(file->path(), "safetensors");
  tensors->set_metadata(std::move(metadata));
  const auto source = mapped_source(file, 8 + length, data_bytes);
  for (Slot& slot : slots) tensors->add(slot.name, std::move(slot.entry), {source, slot.begin});
  return tensors;
}

namespace {

std::string json_text(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string header_text(const std::vector<NamedTensor>& tensors, const std::map<std::string, std::string>& metadata) {
  std::ostringstream text;
  text << '{';
  const char* comma = "";
  if (!metadata.empty()) {
    text << "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) {
      text << comma << json_text(key) << ':' << json_text(value);
      comma = ",";
    }
    text << '}';
  }
  std::uint64_t offset = 0;
  for (const NamedTensor& tensor : tensors) {
    const auto elements = checked_elements(tensor.shape, DType::f32);
    if (!elements) throw Error("Tensor \"" + tensor.name + "\" is too large to be written.");
    const std::uint64_t end = offset + static_cast<std::uint64_t>(*elements) * sizeof(float);
    text << comma << json_text(tensor.name) << ":{\"dtype\":\"F32\",\"shape\":[";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) text << (i == 0 ? "" : ",") << tensor.shape[i];
    text << "],\"data_offsets\":[" << offset << ',' << end << "]}";
    offset = end;
    comma = ",";
  }
  text << '}';
  std::string header = text.str();
  header.resize((header.size() + 7) / 8 * 8, ' ');  // tensors start on 8 bytes
  return header;
}

void write_tensor(OutputFile& file, const NamedTensor& tensor) {
  std::int64_t elements = 1;
  for (const std::int64_t size : tensor.shape) elements *= size;
  std::vector<float> chunk(static_cast<std::size_t>(std::min<std::int64_t>(elements, 1 << 16)));
  for (std::int64_t first = 0; first < elements; first += static_cast<std::int64_t>(chunk.size())) {
    const auto count = std::min<std::int64_t>(elements - first, static_cast<std::int64_t>(chunk.size()));
    tensor.read(first, std::span(chunk).first(static_cast<std::size_t>(count)));
    file.write(chunk.data(), static_cast<std::size_t>(count) * sizeof(float));
  }
}

}  // namespace

void write_safetensors(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::string header = header_text(tensors, metadata);
  OutputFile output(file);
  const std::uint64_t length = header.size();
  output.write(&length, sizeof(length));
  output.write(header.data(), header.size());
  for (const NamedTensor& tensor : tensors) write_tensor(output, tensor);
  output.finish();
}

}  // namespace vit
