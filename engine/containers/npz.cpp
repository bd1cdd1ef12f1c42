#include "engine/containers/npz.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/containers/npy.h"

namespace vit {
namespace {

constexpr std::uint64_t kHeaderBytes = 4096;
constexpr std::string_view kSuffix = ".npy";

}  // namespace

bool looks_like_npz(const ZipArchive& archive) {
  return !archive.entries().empty() && std::all_of(archive.entries().begin(), archive.entries().end(),
                                                   [](const auto& entry) { return entry.first.ends_with(kSuffix); });
}

std::shared_ptr<const TensorFile> open_npz(const ZipArchive& archive) {
  auto tensors = std::make_shared<StoredTensorFile>(archive.path(), "NumPy npz");
  for (const auto& [name, entry] : archive.entries()) {
    const std::string what = "Array \"" + name + "\" of " + archive.path().string();
    const auto source = archive.source(name);
    std::vector<std::byte> begin(std::min(entry.bytes, kHeaderBytes));
    if (!begin.empty()) source->read(0, begin);
    NpyHeader header = read_npy_header(begin, what);
    tensors->add(name.substr(0, name.size() - kSuffix.size()), std::move(header.entry), {source, header.data_begin});
  }
  return tensors;
}

}  // namespace vit
