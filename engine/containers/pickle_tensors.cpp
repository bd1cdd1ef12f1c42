// The walk from a pickle's root to its tensors.
#include <set>

#include "engine/base/error.h"
#include "engine/containers/pickle.h"
#include "engine/containers/pickle_machine.h"

namespace vit {
namespace {

using Value = PickleValue;
using Kind = PickleValue::Kind;

constexpr std::size_t kMaxVisits = 2'000'000;

/// Walks the containers. A value may be shared; what is visited is counted, so that lists of lists of the same list
/// cannot make it run for ever.
class Collector {
 public:
  explicit Collector(const std::string& what) : what_(what) {}

  void visit(const Value& value, const std::string& name, int depth) {
    if (depth > 64 || ++visited_ > kMaxVisits)
      throw Error(what_ + " nests its containers absurdly: it is damaged, or made to do harm.");
    switch (value.kind) {
      case Kind::tensor:
      case Kind::array:
        found.push_back({name.empty() ? "tensor" : name, &value});
        return;
      case Kind::dict:
        // Objects may refer to each other in circles; plain containers that do are an attack.
        if (!value.text.empty() && !objects_.insert(&value).second) return;
        for (const auto& [key, field] : value.fields) {
          const std::string text = key_text(*key);
          visit(*field, is_of_module(value, text) ? name : joined(name, text), depth + 1);
        }
        return;
      case Kind::sequence:
        for (std::size_t i = 0; i < value.items.size(); ++i) {
          visit(*value.items[i], joined(name, std::to_string(i)), depth + 1);
        }
        return;
      default:
        return;
    }
  }

  std::vector<PickledTensor> found;

 private:
  /// A whole network that was pickled keeps its parts in dictionaries of its own.
  static bool is_of_module(const Value& object, const std::string& key) {
    return !object.text.empty() && (key == "_modules" || key == "_parameters" || key == "_buffers");
  }
  static std::string key_text(const Value& key) {
    if (key.is(Kind::text)) return std::string(text_of(key).substr(0, 1000));
    if (key.is(Kind::integer)) return std::to_string(key.integer);
    return "?";
  }
  static std::string joined(const std::string& name, const std::string& key) {
    return name.empty() ? key : name + "." + key;
  }

  const std::string& what_;
  std::size_t visited_ = 0;
  std::set<const Value*> objects_;
};

}  // namespace

std::vector<PickledTensor> tensors_in(const PickleValue& root, const std::string& what) {
  Collector collector(what);
  collector.visit(root, "", 0);
  return std::move(collector.found);
}

}  // namespace vit
