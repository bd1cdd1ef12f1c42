// The Python names that checkpoints use to build tensors and containers, and what each stands for as plain data.
#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/base/error.h"
#include "engine/containers/npy.h"
#include "engine/containers/pickle_machine.h"

namespace vit {
namespace {

using Value = PickleValue;
using Kind = PickleValue::Kind;

/// What a known name makes when it is called.
enum class Maker : std::uint8_t {
  storage_type,    // never called: part of a persistent id
  dict,            // OrderedDict() and friends, perhaps with pairs
  attributes,      // an object of attributes only: Namespace
  typed_tensor,    // (storage, offset, size, stride, …, …, dtype)
  tensor,          // (storage, offset, size, stride, …)
  parameter,       // (tensor, …)
  tensor_of_type,  // (function, type, arguments, state)
  sequence,        // tuple(x), set(x), torch.Size(x)
  array,           // an empty array, which BUILD fills
  numpy_class,     // ndarray itself, an argument of the above
  numpy_dtype,     // dtype("f4")
  numpy_scalar,    // a number
  encoded,         // _codecs.encode(text, "latin1"): bytes in protocol 2
  number_type,     // torch.float32
  ignored,         // harmless and of no use
};

struct Known {
  const char* name;
  Maker maker;
  DType type = DType::f32;
};

constexpr Known kKnown[] = {
    {"torch.DoubleStorage", Maker::storage_type, DType::f64},
    {"torch.FloatStorage", Maker::storage_type, DType::f32},
    {"torch.HalfStorage", Maker::storage_type, DType::f16},
    {"torch.BFloat16Storage", Maker::storage_type, DType::bf16},
    {"torch.LongStorage", Maker::storage_type, DType::i64},
    {"torch.IntStorage", Maker::storage_type, DType::i32},
    {"torch.ShortStorage", Maker::storage_type, DType::i16},
    {"torch.CharStorage", Maker::storage_type, DType::i8},
    {"torch.ByteStorage", Maker::storage_type, DType::u8},
    {"torch.BoolStorage", Maker::storage_type, DType::boolean},
    {"torch.QInt8Storage", Maker::storage_type, DType::i8},
    {"torch.QUInt8Storage", Maker::storage_type, DType::u8},
    {"torch.storage.UntypedStorage", Maker::storage_type, DType::u8},
    {"torch.storage._UntypedStorage", Maker::storage_type, DType::u8},
    {"torch.cuda.FloatStorage", Maker::storage_type, DType::f32},
    {"torch.cuda.HalfStorage", Maker::storage_type, DType::f16},
    {"torch.cuda.LongStorage", Maker::storage_type, DType::i64},
    {"torch._utils._rebuild_tensor", Maker::tensor},
    {"torch._utils._rebuild_tensor_v2", Maker::tensor},
    {"torch._utils._rebuild_tensor_v3", Maker::typed_tensor},
    {"torch._utils._rebuild_qtensor", Maker::tensor},
    {"torch._utils._rebuild_parameter", Maker::parameter},
    {"torch._utils._rebuild_parameter_with_state", Maker::parameter},
    {"torch._tensor._rebuild_from_type_v2", Maker::tensor_of_type},
    {"torch.nn.parameter.Parameter", Maker::ignored},
    {"torch.Tensor", Maker::ignored},
    {"torch.Size", Maker::sequence},
    {"torch.device", Maker::ignored},
    {"torch.float64", Maker::number_type, DType::f64},
    {"torch.float32", Maker::number_type, DType::f32},
    {"torch.float16", Maker::number_type, DType::f16},
    {"torch.bfloat16", Maker::number_type, DType::bf16},
    {"torch.float8_e4m3fn", Maker::number_type, DType::f8_e4m3},
    {"torch.float8_e5m2", Maker::number_type, DType::f8_e5m2},
    {"torch.int64", Maker::number_type, DType::i64},
    {"torch.int32", Maker::number_type, DType::i32},
    {"torch.int16", Maker::number_type, DType::i16},
    {"torch.int8", Maker::number_type, DType::i8},
    {"torch.uint8", Maker::number_type, DType::u8},
    {"torch.bool", Maker::number_type, DType::boolean},
    {"torch.uint16", Maker::number_type, DType::i16},
    {"collections.OrderedDict", Maker::dict},
    {"collections.defaultdict", Maker::dict},
    {"collections.Counter", Maker::dict},
    {"builtins.dict", Maker::dict},
    {"__builtin__.dict", Maker::dict},
    {"builtins.tuple", Maker::sequence},
    {"__builtin__.tuple", Maker::sequence},
    {"builtins.list", Maker::sequence},
    {"builtins.set", Maker::sequence},
    {"__builtin__.set", Maker::sequence},
    {"argparse.Namespace", Maker::attributes},
    {"types.SimpleNamespace", Maker::attributes},
    {"numpy.core.multiarray._reconstruct", Maker::array},
    {"numpy._core.multiarray._reconstruct", Maker::array},
    {"numpy.ndarray", Maker::numpy_class},
    {"numpy.dtype", Maker::numpy_dtype},
    {"numpy.core.multiarray.scalar", Maker::numpy_scalar},
    {"numpy._core.multiarray.scalar", Maker::numpy_scalar},
    {"_codecs.encode", Maker::encoded},
    {"pathlib.PosixPath", Maker::ignored},
    {"pathlib.PurePosixPath", Maker::ignored},
    {"pathlib.WindowsPath", Maker::ignored},
};

/// Nobody's weights need these; a file that names one is an attack.
bool is_hostile(std::string_view name) {
  constexpr std::string_view kModules[] = {"os.",     "posix.",     "nt.",    "subprocess.", "sys.",    "shutil.",
                                           "socket.", "importlib.", "runpy.", "pty.",        "ctypes.", "webbrowser."};
  constexpr std::string_view kFunctions[] = {"eval",       "exec",  "execfile", "compile",   "open",
                                             "__import__", "input", "print",    "breakpoint"};
  for (const std::string_view module : kModules) {
    if (name.starts_with(module)) return true;
  }
  for (const std::string_view module : {std::string_view("builtins."), std::string_view("__builtin__.")}) {
    if (!name.starts_with(module)) continue;
    const std::string_view function = name.substr(module.size());
    return std::find(std::begin(kFunctions), std::end(kFunctions), function) != std::end(kFunctions);
  }
  return false;
}

const Known* find_known(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kKnown), std::end(kKnown), [&](const Known& known) { return name == known.name; });
  return found == std::end(kKnown) ? nullptr : found;
}

std::vector<std::int64_t> integers(PickleMachine& machine, const Value& value) {
  std::vector<std::int64_t> numbers;
  if (!value.is(Kind::sequence) || value.items.size() > 16) machine.damaged("a tensor without proper sizes");
  for (const Value* item : value.items) {
    if (!item->is(Kind::integer) || item->integer < 0) machine.damaged("a tensor with an impossible size");
    numbers.push_back(item->integer);
  }
  return numbers;
}

Value* make_tensor(PickleMachine& machine, const std::vector<Value*>& arguments) {
  if (arguments.size() < 4 || !arguments[0]->is(Kind::storage) || !arguments[1]->is(Kind::integer) ||
      arguments[1]->integer < 0) {
    machine.damaged("a tensor without a storage");
  }
  Value* tensor = machine.make(Kind::tensor);
  tensor->items = {arguments[0]};
  tensor->integer = arguments[1]->integer;
  tensor->dtype = arguments[0]->dtype;
  tensor->shape = integers(machine, *arguments[2]);
  tensor->stride = integers(machine, *arguments[3]);
  if (tensor->shape.size() != tensor->stride.size()) machine.damaged("a tensor whose strides do not fit its sizes");
  return tensor;
}

/// Bytes written as text, each byte one character (Latin-1), here in UTF-8.
Value* make_encoded(PickleMachine& machine, const std::vector<Value*>& arguments) {
  if (arguments.empty() || !arguments[0]->is(Kind::text)) machine.damaged("bytes without text");
  std::vector<std::byte> bytes;
  const std::string_view text = text_of(*arguments[0]);
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      bytes.push_back(std::byte{first});
    } else if ((first == 0xc2 || first == 0xc3) && i + 1 < text.size()) {
      const auto second = static_cast<unsigned char>(text[++i]);
      bytes.push_back(static_cast<std::byte>((first & 3) << 6 | (second & 0x3f)));
    } else {
      machine.damaged("bytes beyond Latin-1");
    }
  }
  Value* value = machine.make(Kind::bytes);
  value->view = machine.keep(std::move(bytes));
  return value;
}

Value* make_dtype(PickleMachine& machine, const std::vector<Value*>& arguments) {
  if (arguments.empty() || !arguments[0]->is(Kind::text)) machine.damaged("an element type without a name");
  const std::string name(text_of(*arguments[0]));
  const auto type = numpy_type(name);
  if (!type) return machine.make(Kind::opaque);
  Value* value = machine.make(Kind::dtype);
  value->dtype = *type;
  return value;
}

/// Items of an array that BUILD gives a state (version, shape, dtype, is Fortran's order, bytes).
void fill_array(PickleMachine& machine, Value& array, const Value& state) {
  if (!state.is(Kind::sequence) || state.items.size() < 4) machine.damaged("an array without a state");
  const std::size_t first = state.items.size() - 4;
  const Value& type = *state.items[first + 1];
  const Value& data = *state.items[first + 3];
  if (!type.is(Kind::dtype) || type.big_endian || !data.is(Kind::bytes)) {
    array.kind = Kind::opaque;  // texts, objects, big-endian numbers: no weights
    return;
  }
  array.dtype = type.dtype;
  array.shape = integers(machine, *state.items[first]);
  array.view = data.view;
  array.stride.clear();
  if (state.items[first + 2]->integer != 0) array.stride = fortran_strides(array.shape);
}

}  // namespace

Value* pickle_global(PickleMachine& machine, const std::string& name) {
  const Known* known = find_known(name);
  if (is_hostile(name)) machine.refuse("the Python name \"" + name.substr(0, 200) + "\"");
  if (known == nullptr) machine.note_foreign(name.substr(0, 200));
  Value* value = machine.make(known != nullptr && known->maker == Maker::number_type ? Kind::dtype : Kind::global);
  value->text = name;
  if (known != nullptr) value->dtype = known->type;
  return value;
}

Value* pickle_reduce(PickleMachine& machine, const Value& callable, const Value& arguments) {
  const std::vector<Value*>& args = arguments.items;
  const Known* known = find_known(callable.text);
  if (known == nullptr) {  // a foreign class: its attributes come with BUILD
    Value* object = machine.make(Kind::dict);
    object->text = callable.text;
    return object;
  }
  switch (known->maker) {
    case Maker::dict: {
      Value* dict = machine.make(Kind::dict);
      const Value* pairs = args.empty() ? nullptr : args.back();
      if (pairs != nullptr && pairs->is(Kind::dict)) dict->fields = pairs->fields;
      if (pairs == nullptr || !pairs->is(Kind::sequence)) return dict;
      for (const Value* pair : pairs->items) {
        if (!pair->is(Kind::sequence) || pair->items.size() != 2) machine.damaged("a dictionary without pairs");
        dict->fields.emplace_back(pair->items[0], pair->items[1]);
      }
      return dict;
    }
    case Maker::attributes:
      return machine.make(Kind::dict);
    case Maker::tensor:
      return make_tensor(machine, args);
    case Maker::typed_tensor: {
      Value* tensor = make_tensor(machine, args);
      if (args.size() < 7 || !args[6]->is(Kind::dtype)) machine.refuse("a tensor of an unknown element type");
      tensor->dtype = args[6]->dtype;
      return tensor;
    }
    case Maker::parameter:
      if (args.empty() || !args[0]->is(Kind::tensor)) machine.damaged("a parameter without a tensor");
      return args[0];
    case Maker::tensor_of_type:
      if (args.size() < 3 || !args[0]->is(Kind::global) || !args[2]->is(Kind::sequence) ||
          find_known(args[0]->text) == nullptr || find_known(args[0]->text)->maker != Maker::tensor) {
        machine.refuse("a tensor of an unknown class");
      }
      return make_tensor(machine, args[2]->items);
    case Maker::sequence: {
      Value* sequence = machine.make(Kind::sequence);
      if (!args.empty() && args[0]->is(Kind::sequence)) sequence->items = args[0]->items;
      return sequence;
    }
    case Maker::array:
      return machine.make(Kind::array);
    case Maker::numpy_dtype:
      return make_dtype(machine, args);
    case Maker::encoded:
      return make_encoded(machine, args);
    case Maker::numpy_scalar:
    case Maker::ignored:
      return machine.make(Kind::opaque);
    case Maker::storage_type:
    case Maker::numpy_class:
    case Maker::number_type:
      break;
  }
  machine.refuse("a call of \"" + callable.text + "\"");
}

void pickle_build(PickleMachine& machine, Value& object, Value& state) {
  switch (object.kind) {
    case Kind::array:
      return fill_array(machine, object, state);
    case Kind::dtype:
      // (version, byte order, …): only the order matters.
      if (state.is(Kind::sequence) && state.items.size() > 1 && state.items[1]->is(Kind::text)) {
        object.big_endian = text_of(*state.items[1]) == ">";
      }
      return;
    case Kind::dict:
      if (state.is(Kind::dict)) {
        object.fields.insert(object.fields.end(), state.fields.begin(), state.fields.end());
      } else {
        object.fields.emplace_back(machine.make(Kind::text), &state);
      }
      return;
    case Kind::tensor:
    case Kind::opaque:
    case Kind::sequence:
      return;  // attributes of a tensor's or an ignored object's own
    default:
      machine.damaged("a state for something that has none");
  }
}

Value* pickle_persistent(PickleMachine& machine, const Value& id) {
  const std::vector<Value*>& items = id.items;
  if (!id.is(Kind::sequence) || items.size() < 5 || !items[0]->is(Kind::text) || text_of(*items[0]) != "storage" ||
      !items[1]->is(Kind::global) || !items[2]->is(Kind::text) || !items[4]->is(Kind::integer)) {
    machine.refuse("a persistent id that is no storage of PyTorch");
  }
  const Known* known = find_known(items[1]->text);
  if (known == nullptr || known->maker != Maker::storage_type) {
    machine.refuse("a storage of the type \"" + items[1]->text + "\"");
  }
  // Old files may cut a view out of a storage: (root key, offset, size).
  if (items.size() > 5 && !items[5]->is(Kind::none)) machine.refuse("a storage that is a view of another one");
  Value* storage = machine.make(Kind::storage);
  storage->text = text_of(*items[2]);
  storage->dtype = known->type;
  storage->integer = items[4]->integer;
  return storage;
}

}  // namespace vit
