// Python pickles read without Python: an interpreter that builds tensors and plain containers and nothing else.
//
// A pickle is a program for a stack machine. This one knows the opcodes that make values, and a short list of globals
// (see pickle_globals.cpp) that it rebuilds itself as plain data. An object of any other class becomes its attributes,
// and what calling a foreign name would do is never done; names that only an attack uses are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/containers/tensor_file.h"

namespace vit {

struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    bytes,
    sequence,  // tuple, list or set
    dict,      // and objects as their attributes: `text` is the class, "omegaconf.dictconfig.DictConfig"
    global,    // a name that was looked up but not yet used: `text` is "module.name"
    storage,   // of PyTorch: `text` is its key, `dtype` its type, `integer` its elements
    dtype,     // of NumPy or PyTorch
    tensor,    // of PyTorch: `items[0]` is the storage, `integer` the offset in elements
    array,     // of NumPy: `view` holds its elements
    opaque,    // known, harmless and of no use: dropped
  };
  Kind kind = Kind::none;
  DType dtype = DType::f32;
  bool big_endian = false;
  double real = 0;
  std::int64_t integer = 0;
  std::string text;
  std::span<const std::byte> view;  // of text that lies in the pickle, of bytes and arrays
  std::vector<PickleValue*> items;
  std::vector<std::pair<PickleValue*, PickleValue*>> fields;  // of a dict
  std::vector<std::int64_t> shape, stride;                    // of tensors and arrays

  bool is(Kind wanted) const { return kind == wanted; }
};

/// One pickle, kept with all its values. `bytes` must outlive it.
class Pickle {
 public:
  /// Runs until STOP. Throws Error naming `what` and the opcode or global that it refuses, or where it ends too early.
  /// At most two million values, so that a small file cannot ask for much memory.
  Pickle(std::span<const std::byte> bytes, std::string what);

  const PickleValue& root() const { return *root_; }
  std::size_t consumed() const { return position_; }  // bytes up to and with STOP
  /// The first foreign class or function that was met, or empty.
  const std::string& foreign() const { return foreign_; }

 private:
  friend class PickleMachine;
  std::string what_;
  std::deque<PickleValue> values_;
  std::deque<std::vector<std::byte>> buffers_;  // bytes that had to be decoded
  PickleValue* root_ = nullptr;
  std::size_t position_ = 0;
  std::string foreign_;
};

/// A tensor or array found in a pickle, under the names of the dictionaries that lead to it: "model.blocks.0.…".
struct PickledTensor {
  std::string name;
  const PickleValue* value = nullptr;
};
/// All of them, in the file's order. Throws Error if containers nest deeper than 64 or are shared absurdly often.
std::vector<PickledTensor> tensors_in(const PickleValue& root, const std::string& what);

}  // namespace vit
