#include "tests/fuzz/scratch.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include <stdlib.h>

#include "engine/containers/tensor_file.h"

namespace fuzz {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path;
  Folder() {
    std::error_code error;
    const fs::path memory = "/dev/shm";
    std::string pattern =
        ((fs::is_directory(memory, error) ? memory : fs::temp_directory_path()) / "headlight-fuzz-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
    path = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

void put(std::string& out, std::uint64_t number, int bytes) {
  for (; bytes > 0; --bytes, number >>= 8) out += static_cast<char>(number & 0xff);
}

/// The fields that an entry has both before its bytes and in the directory.
void put_entry(std::string& out, const std::string& name, const std::string& bytes) {
  put(out, 20, 2);  // version
  put(out, 0, 2);   // flags
  put(out, 0, 2);   // not packed
  put(out, 0x00210000, 4);
  put(out, sum_of(std::as_bytes(std::span(bytes))), 4);
  put(out, bytes.size(), 4);
  put(out, bytes.size(), 4);
  put(out, name.size(), 2);
  put(out, 0, 2);  // extra field
}

}  // namespace

const fs::path& scratch() {
  static const Folder folder;
  return folder.path;
}

fs::path file_of(const std::string& name, Bytes bytes) {
  const fs::path file = scratch() / name;
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return file;
}

fs::path file_of(const std::string& name, const std::string& text) {
  return file_of(name, std::as_bytes(std::span(text)));
}

std::uint32_t sum_of(Bytes bytes) {
  std::uint32_t sum = 0xffffffffu;
  for (const std::byte b : bytes) {
    sum ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320u : 0);
  }
  return ~sum;
}

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out, directory;
  for (const auto& [name, bytes] : entries) {
    directory += "PK\1\2";
    put(directory, 20, 2);
    put_entry(directory, name, bytes);
    put(directory, 0, 10);  // comment, disk, attributes
    put(directory, out.size(), 4);
    directory += name;
    out += "PK\3\4";
    put_entry(out, name, bytes);
    out += name + bytes;
  }
  const std::size_t begin = out.size();
  out += directory + "PK\5\6";
  put(out, 0, 4);  // disks
  put(out, entries.size(), 2);
  put(out, entries.size(), 2);
  put(out, directory.size(), 4);
  put(out, begin, 4);
  put(out, 0, 2);  // comment
  return out;
}

const std::string& small_network() {
  static const std::string bytes = [] {
    constexpr std::int64_t kC = 4, kP = 2;
    std::vector<vit::NamedTensor> tensors;
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
      tensors.push_back({name, std::move(shape), [](std::int64_t first, std::span<float> out) {
                           for (std::size_t i = 0; i < out.size(); ++i)
                             out[i] = 0.01f * static_cast<float>((first + static_cast<std::int64_t>(i)) % 17 - 8);
                         }});
    };
    add("cls_token", {1, 1, kC});
    add("pos_embed", {1, 5, kC});
    add("patch_embed.proj.weight", {kC, 3, kP, kP});
    add("patch_embed.proj.bias", {kC});
    for (const std::string norm : {"blocks.0.norm1", "blocks.0.norm2", "norm"}) {
      add(norm + ".weight", {kC});
      add(norm + ".bias", {kC});
    }
    const auto linear = [&](const std::string& name, std::int64_t outputs, std::int64_t inputs) {
      add(name + ".weight", {outputs, inputs});
      add(name + ".bias", {outputs});
    };
    linear("blocks.0.attn.qkv", 3 * kC, kC);
    linear("blocks.0.attn.proj", kC, kC);
    linear("blocks.0.mlp.fc1", 2 * kC, kC);
    linear("blocks.0.mlp.fc2", kC, 2 * kC);
    linear("head", 3, kC);
    const fs::path file = scratch() / "small.safetensors";
    vit::write_safetensors(file, tensors, {});
    std::ifstream stream(file, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(stream), {}};
  }();
  return bytes;
}

}  // namespace fuzz
