// Opcodes that push numbers, texts and bytes.
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "engine/containers/pickle_machine.h"
#include "engine/containers/pickle_opcodes.h"

namespace vit {

using Value = PickleValue;
using Kind = PickleValue::Kind;
using namespace pickle_op;

void PickleMachine::push_text(std::uint64_t bytes) {
  const auto view = take(bytes);
  Value* value = make(Kind::text);
  value->view = view;
  push(value);
}

void PickleMachine::push_bytes(std::uint64_t bytes) {
  const auto view = take(bytes);
  Value* value = make(Kind::bytes);
  value->view = view;
  push(value);
}

/// A little-endian two's complement number; what does not fit 64 bits keeps its lowest ones.
void PickleMachine::push_long(std::uint64_t bytes) {
  const auto digits = take(bytes);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(digits.size(), 8); ++i) {
    number |= std::to_integer<std::uint64_t>(digits[i]) << (8 * i);
  }
  const bool negative = !digits.empty() && std::to_integer<int>(digits.back()) >= 0x80;
  if (negative && digits.size() < 8) number |= ~std::uint64_t{0} << (8 * digits.size());
  Value* value = make(Kind::integer);
  value->integer = static_cast<std::int64_t>(number);
  if (digits.size() > 8) value->view = digits;
  push(value);
}

bool PickleMachine::step_number(int opcode) {
  const auto push_integer = [this](std::int64_t number) {
    Value* value = make(Kind::integer);
    value->integer = number;
    push(value);
  };
  const auto push_boolean = [this](bool truth) {
    Value* value = make(Kind::boolean);
    value->integer = truth ? 1 : 0;
    push(value);
  };
  const auto push_real = [this](double number) {
    Value* value = make(Kind::real);
    value->real = number;
    push(value);
  };
  switch (opcode) {
    case kNone:
      push(make(Kind::none));
      return true;
    case kNewTrue:
    case kNewFalse:
      push_boolean(opcode == kNewTrue);
      return true;
    case kBinInt:
      push_integer(static_cast<std::int32_t>(take_unsigned(4)));
      return true;
    case kBinInt1:
      push_integer(static_cast<std::int64_t>(take_unsigned(1)));
      return true;
    case kBinInt2:
      push_integer(static_cast<std::int64_t>(take_unsigned(2)));
      return true;
    case kLong1:
      push_long(take_unsigned(1));
      return true;
    case kLong4:
      push_long(take_unsigned(4));
      return true;
    case kInt:
    case kLong: {
      std::string_view line = take_line();
      if (opcode == kInt && (line == "00" || line == "01")) {
        push_boolean(line == "01");
        return true;
      }
      if (line.ends_with('L')) line.remove_suffix(1);
      std::int64_t number = 0;
      std::from_chars(line.data(), line.data() + line.size(), number);
      push_integer(number);
      return true;
    }
    case kFloat: {
      const std::string line(take_line());
      push_real(std::strtod(line.c_str(), nullptr));
      return true;
    }
    case kBinFloat: {
      const auto bytes = take(8);
      std::uint64_t bits = 0;
      for (const std::byte byte : bytes) bits = bits << 8 | std::to_integer<std::uint64_t>(byte);
      double number = 0;
      std::memcpy(&number, &bits, sizeof(number));
      push_real(number);
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::step_text(int opcode) {
  switch (opcode) {
    case kBinUnicode:
    case kBinString:
      push_text(take_unsigned(4));
      return true;
    case kShortBinUnicode:
    case kShortBinString:
      push_text(take_unsigned(1));
      return true;
    case kBinUnicode8:
      push_text(take_unsigned(8));
      return true;
    case kBinBytes:
      push_bytes(take_unsigned(4));
      return true;
    case kShortBinBytes:
      push_bytes(take_unsigned(1));
      return true;
    case kBinBytes8:
    case kByteArray8:
      push_bytes(take_unsigned(8));
      return true;
    case kString:
    case kUnicode: {
      std::string_view line = take_line();
      if (opcode == kString && line.size() >= 2) line = line.substr(1, line.size() - 2);
      Value* value = make(Kind::text);
      value->text = line;
      push(value);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace vit
