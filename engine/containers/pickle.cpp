#include "engine/containers/pickle.h"

#include <charconv>
#include <cstring>

#include "engine/base/error.h"
#include "engine/containers/pickle_machine.h"
#include "engine/containers/pickle_opcodes.h"

namespace vit {
namespace {

using Value = PickleValue;
using Kind = PickleValue::Kind;

using namespace pickle_op;

constexpr std::size_t kMaxValues = 2'000'000;

/// Names of the opcodes that are refused, for the message.
std::string opcode_name(int opcode) {
  switch (opcode) {
    case 'i':
      return "INST";
    case 'o':
      return "OBJ";
    case 0x82:
    case 0x83:
    case 0x84:
      return "EXT";
    case 0x97:
      return "NEXT_BUFFER";
    case 0x98:
      return "READONLY_BUFFER";
    default:
      break;
  }
  static constexpr char kHex[] = "0123456789abcdef";
  return std::string("0x") + kHex[opcode >> 4] + kHex[opcode & 15];
}

}  // namespace

std::string_view text_of(const Value& value) {
  if (value.view.empty()) return value.text;
  return {reinterpret_cast<const char*>(value.view.data()), value.view.size()};
}

void PickleMachine::damaged(const std::string& why) const {
  throw Error(pickle_.what_ + " is a damaged pickle (" + why + " at byte " + std::to_string(position_) +
              "): copy or download it again.");
}

void PickleMachine::refuse(const std::string& what) const {
  throw Error(pickle_.what_ + " contains " + what +
              ", which is neither a tensor nor a plain container and is not executed: save a state_dict or a "
              "safetensors file instead.");
}

Value* PickleMachine::make(Kind kind) {
  if (pickle_.values_.size() == kMaxValues) damaged("more than two million values");
  Value& value = pickle_.values_.emplace_back();
  value.kind = kind;
  return &value;
}

std::span<const std::byte> PickleMachine::keep(std::vector<std::byte> bytes) {
  return pickle_.buffers_.emplace_back(std::move(bytes));
}

void PickleMachine::note_foreign(const std::string& name) {
  if (pickle_.foreign_.empty()) pickle_.foreign_ = name;
}

std::span<const std::byte> PickleMachine::take(std::uint64_t count) {
  if (count > bytes_.size() - position_) damaged("it ends too early");
  const auto taken = bytes_.subspan(position_, static_cast<std::size_t>(count));
  position_ += static_cast<std::size_t>(count);
  return taken;
}

std::uint64_t PickleMachine::take_unsigned(int bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, take(static_cast<std::uint64_t>(bytes)).data(), static_cast<std::size_t>(bytes));
  return value;
}

std::string_view PickleMachine::take_line() {
  const auto* begin = reinterpret_cast<const char*>(bytes_.data()) + position_;
  const auto* end = static_cast<const char*>(std::memchr(begin, '\n', bytes_.size() - position_));
  if (end == nullptr) damaged("a line that does not end");
  position_ += static_cast<std::size_t>(end - begin) + 1;
  return {begin, static_cast<std::size_t>(end - begin)};
}

void PickleMachine::push(Value* value) {
  if (stack_.size() >= kMaxValues) damaged("too deep a stack");
  stack_.push_back(value);
}

Value* PickleMachine::top() {
  if (stack_.empty() || (!marks_.empty() && marks_.back() == stack_.size())) damaged("an empty stack");
  return stack_.back();
}

Value* PickleMachine::pop() {
  Value* value = top();
  stack_.pop_back();
  return value;
}

std::vector<Value*> PickleMachine::pop_to_mark() {
  if (marks_.empty()) damaged("no mark");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<Value*> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void PickleMachine::push_sequence(std::vector<Value*> items) {
  Value* value = make(Kind::sequence);
  value->items = std::move(items);
  push(value);
}

void PickleMachine::set_items(const std::vector<Value*>& items) {
  Value* dict = top();
  if (items.size() % 2 != 0) damaged("a key without a value");
  if (dict->is(Kind::opaque)) return;
  if (!dict->is(Kind::dict)) damaged("items for something that is no dictionary");
  for (std::size_t i = 0; i < items.size(); i += 2) dict->fields.emplace_back(items[i], items[i + 1]);
}

void PickleMachine::append_items(const std::vector<Value*>& items) {
  Value* list = top();
  if (list->is(Kind::opaque) || !list->text.empty()) return;
  if (!list->is(Kind::sequence)) damaged("items for something that is no list");
  list->items.insert(list->items.end(), items.begin(), items.end());
}

void PickleMachine::remember(std::uint64_t index) {
  if (memo_.size() >= kMaxValues) damaged("too large a memo");
  memo_[index] = top();
}

void PickleMachine::recall(std::uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) damaged("an unknown memo entry");
  push(found->second);
}

bool PickleMachine::step_container(int opcode) {
  switch (opcode) {
    case kEmptyDict:
      push(make(Kind::dict));
      return true;
    case kDict: {
      const std::vector<Value*> items = pop_to_mark();
      push(make(Kind::dict));
      set_items(items);
      return true;
    }
    case kEmptyList:
    case kEmptyTuple:
    case kEmptySet:
      push_sequence({});
      return true;
    case kList:
    case kTuple:
    case kFrozenSet:
      push_sequence(pop_to_mark());
      return true;
    case kTuple1:
    case kTuple2:
    case kTuple3: {
      std::vector<Value*> items(static_cast<std::size_t>(opcode - kTuple1 + 1));
      for (std::size_t i = items.size(); i-- > 0;) items[i] = pop();
      push_sequence(std::move(items));
      return true;
    }
    case kAppend: {
      Value* item = pop();
      append_items({item});
      return true;
    }
    case kAppends:
    case kAddItems:
      append_items(pop_to_mark());
      return true;
    case kSetItem: {
      Value* value = pop();
      Value* key = pop();
      set_items({key, value});
      return true;
    }
    case kSetItems:
      set_items(pop_to_mark());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::step_memo(int opcode) {
  const auto line_number = [this] {
    const std::string_view line = take_line();
    std::uint64_t index = 0;
    std::from_chars(line.data(), line.data() + line.size(), index);
    return index;
  };
  switch (opcode) {
    case kPut:
      remember(line_number());
      return true;
    case kBinPut:
      remember(take_unsigned(1));
      return true;
    case kLongBinPut:
      remember(take_unsigned(4));
      return true;
    case kMemoize:
      remember(memo_.size());
      return true;
    case kGet:
      recall(line_number());
      return true;
    case kBinGet:
      recall(take_unsigned(1));
      return true;
    case kLongBinGet:
      recall(take_unsigned(4));
      return true;
    default:
      return false;
  }
}

PickleValue* PickleMachine::called(const Value& callable, const Value& arguments, const char* how) {
  const bool foreign = callable.is(Kind::opaque) || (callable.is(Kind::dict) && !callable.text.empty());
  if (foreign) return make(Kind::opaque);  // a method of a foreign object
  if (!callable.is(Kind::global) || !arguments.is(Kind::sequence)) {
    damaged(std::string(how) + " of something that is no global");
  }
  return pickle_reduce(*this, callable, arguments);
}

bool PickleMachine::step_object(int opcode) {
  switch (opcode) {
    case kGlobal: {
      const std::string module(take_line());
      push(pickle_global(*this, module + "." + std::string(take_line())));
      return true;
    }
    case kStackGlobal: {
      const Value* name = pop();
      const Value* module = pop();
      if (!name->is(Kind::text) || !module->is(Kind::text)) damaged("a global without a name");
      push(pickle_global(*this, std::string(text_of(*module)) + "." + std::string(text_of(*name))));
      return true;
    }
    case kReduce:
    case kNewObj: {
      const Value* arguments = pop();
      const Value* callable = pop();
      push(called(*callable, *arguments, "a call"));
      return true;
    }
    case kNewObjEx: {
      pop();  // named arguments
      const Value* arguments = pop();
      const Value* callable = pop();
      push(called(*callable, *arguments, "NEWOBJ_EX"));
      return true;
    }
    case kBuild: {
      Value* state = pop();
      pickle_build(*this, *top(), *state);
      return true;
    }
    case kBinPersId: {
      const Value* id = pop();
      push(pickle_persistent(*this, *id));
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::step(int opcode) {
  switch (opcode) {
    case kStop:
      return false;
    case kProto:
      if (take_unsigned(1) > 5) damaged("an unknown protocol");
      return true;
    case kFrame:
      take_unsigned(8);
      return true;
    case kMark:
      if (marks_.size() >= kMaxValues) damaged("too many marks");
      marks_.push_back(stack_.size());
      return true;
    case kPop:
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
      } else {
        pop();
      }
      return true;
    case kPopMark:
      pop_to_mark();
      return true;
    case kDup:
      push(top());
      return true;
    default:
      break;
  }
  if (step_number(opcode) || step_text(opcode) || step_container(opcode) || step_memo(opcode) || step_object(opcode)) {
    return true;
  }
  refuse("the pickle opcode " + opcode_name(opcode));
}

void PickleMachine::run() {
  while (step(static_cast<int>(take_unsigned(1)))) {
  }
  pickle_.root_ = pop();
  pickle_.position_ = position_;
}

Pickle::Pickle(std::span<const std::byte> bytes, std::string what) : what_(std::move(what)) {
  PickleMachine(*this, bytes).run();
}

}  // namespace vit
