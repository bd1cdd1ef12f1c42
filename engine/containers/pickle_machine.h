// The stack machine behind Pickle: shared by the opcodes and the globals, included by nobody else.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/containers/pickle.h"

namespace vit {

class PickleMachine {
 public:
  using Value = PickleValue;
  using Kind = PickleValue::Kind;

  PickleMachine(Pickle& pickle, std::span<const std::byte> bytes) : pickle_(pickle), bytes_(bytes) {}
  void run();

  // For the globals.
  Value* make(Kind kind);
  std::span<const std::byte> keep(std::vector<std::byte> bytes);
  void note_foreign(const std::string& name);
  [[noreturn]] void damaged(const std::string& why) const;
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  // Reading.
  std::span<const std::byte> take(std::uint64_t count);
  std::uint64_t take_unsigned(int bytes);
  std::string_view take_line();

  // The stack.
  void push(Value* value);
  Value* pop();
  Value* top();
  std::vector<Value*> pop_to_mark();

  // Opcodes.
  bool step(int opcode);  // false at STOP
  bool step_number(int opcode);
  bool step_text(int opcode);
  bool step_container(int opcode);
  bool step_memo(int opcode);
  bool step_object(int opcode);
  Value* called(const Value& callable, const Value& arguments, const char* how);
  void push_long(std::uint64_t bytes);
  void push_text(std::uint64_t bytes);
  void push_bytes(std::uint64_t bytes);
  void push_sequence(std::vector<Value*> items);
  void set_items(const std::vector<Value*>& items);
  void append_items(const std::vector<Value*>& items);
  void remember(std::uint64_t index);
  void recall(std::uint64_t index);

  Pickle& pickle_;
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Value*> memo_;
};

/// A global that is known, or a refusal by name.
PickleValue* pickle_global(PickleMachine& machine, const std::string& name);
/// REDUCE and NEWOBJ: what calling the global with these arguments would make, as plain data.
PickleValue* pickle_reduce(PickleMachine& machine, const PickleValue& callable, const PickleValue& arguments);
/// BUILD: what handing a state to the object would make.
void pickle_build(PickleMachine& machine, PickleValue& object, PickleValue& state);
/// A persistent id: a storage of PyTorch.
PickleValue* pickle_persistent(PickleMachine& machine, const PickleValue& id);

/// Text of a value, wherever it lies.
std::string_view text_of(const PickleValue& value);

}  // namespace vit
