// A checkpoint file as names and tensors, whatever its format; the bytes stay on disk until somebody reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vit {

enum class DType : std::uint8_t { f64, f32, f16, bf16, f8_e4m3, f8_e5m2, i64, i32, i16, i8, u8, boolean };
bool is_float(DType type);        // integers and booleans are codes or counters, never weights
std::size_t size_of(DType type);  // bytes an element
const char* name_of(DType type);  // "F32", as safetensors spells it

/// One tensor of a file. Opening a file checks that `bytes` lies inside it and fits shape and type.
struct TensorEntry {
  DType type = DType::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> stride;  // elements; empty: row-major without gaps
  std::int64_t elements() const;
};

/// Names to tensors. Immutable, may be shared between threads. Opening a file never executes anything in it.
class TensorFile {
 public:
  virtual ~TensorFile() = default;

  const std::map<std::string, TensorEntry>& entries() const { return entries_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::filesystem::path& path() const { return path_; }
  const std::string& format() const { return format_; }  // "safetensors", "PyTorch zip", …

  /// Elements [first, first+out.size()) in row-major order, converted to F32.
  /// Throws Error if the name is missing, the type is no number, or the file can no longer be read.
  virtual void read(const std::string& name, std::int64_t first, std::span<float> out) const = 0;
  /// Hint that a tensor has been read for good: its mapped pages may be let go.
  virtual void release(const std::string& name) const { (void)name; }

  std::vector<float> read_all(const std::string& name) const;

 protected:
  std::map<std::string, TensorEntry> entries_;
  std::map<std::string, std::string> metadata_;
  std::filesystem::path path_;
  std::string format_;
};

/// Opens a checkpoint by its content, not its extension. Throws Error with one sentence for a file that is missing,
/// truncated, hostile (offsets beyond the end, overlapping or overflowing sizes, absurd headers) or of another kind.
std::shared_ptr<const TensorFile> open_tensor_file(const std::filesystem::path& file);

/// Tensors in memory: generated networks and tests.
std::shared_ptr<const TensorFile> tensor_file_from_memory(
    const std::map<std::string, std::pair<std::vector<std::int64_t>, std::vector<float>>>& tensors);

/// Writes F32 tensors as safetensors, whole or not at all. Throws Error when the disk refuses.
struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::function<void(std::int64_t first, std::span<float> out)> read;  // row-major elements from `first` on
};
void write_safetensors(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace vit
