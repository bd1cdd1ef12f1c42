// load_model: opens a checkpoint, refuses what its name tells to be no plain ViT, and loads it.
#include "engine/checkpoint/load_model.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/checkpoint/architectures.h"
#include "engine/checkpoint/changed_networks.h"
#include "engine/checkpoint/loader.h"
#include "engine/checkpoint/model_types.h"
#include "engine/checkpoint/random_model.h"
#include "engine/checkpoint/stored_weights.h"
#include "engine/containers/tensor_file_sharded.h"

namespace vit {
namespace {

/// Networks that their names tell from a plain ViT and their tensors may not.
void refuse_architecture(const ModelHints& hints, const std::string& source) {
  for (const std::string& name : {hints.architecture, hints.file_name}) {
    const Architecture* named = architecture_named(name);
    if (named == nullptr || *named->refusal == '\0') continue;
    throw Error(source + " is called " + named->name + " after timm's architecture, which is not supported, because " +
                named->refusal + ".");
  }
}

void refuse_model_type(const ModelHints& hints, const std::string& source) {
  const ModelType* type = refused_model_type(hints.model_type);
  if (type == nullptr) return;
  throw Error(source + " is " + type->what + " (its configuration's model_type is \"" + type->type +
              "\"), which is not supported, because " + type->because + ".");
}

/// Where a source's tensors are, and what its surroundings say.
std::pair<std::shared_ptr<const TensorFile>, ModelHints> open_source(const std::string& source) {
  if (!is_random_source(source)) {
    std::filesystem::path file = source;
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) file = checkpoint_in(file);
    if (const auto index = index_of_part(file)) file = *index;
    auto tensors = file.string().ends_with(".index.json") ? open_sharded(file) : open_tensor_file(file);
    return {std::move(tensors), read_hints(file)};
  }
  const RandomSpec spec = parse_random_spec(source);
  ModelHints hints;
  hints.num_heads = {spec.num_heads, "h in " + source};
  hints.eps = {1e-6f, "as random weights are run"};
  hints.activation = {Activation::gelu, hints.eps->reason};
  hints.has_config = true;  // its words say all that there is to know
  return {random_tensor_file(spec), std::move(hints)};
}

}  // namespace

std::shared_ptr<const Model> load_model(const std::string& source, const LoadOptions& options,
                                        const std::function<void(double)>& progress) {
  try {
    auto [stored, hints] = open_source(source);
    if (!options.family) {
      refuse_architecture(hints, source);
      refuse_model_type(hints, source);
    }
    const PlainWeights plain = plain_weights(stored);
    refuse_changed_networks(*plain.file);
    for (const std::string& note : plain.notes) hints.warnings.push_back(note);
    if (stored->format() == "ONNX") read_graph_hints(stored->metadata(), hints);
    return Loader(*plain.file, std::move(hints), options, progress).load();
  } catch (const std::bad_alloc&) {
    throw Error("There is not enough memory to load " + source + ": use a smaller network.");
  }
}

std::vector<Fact> doubts_of(const LoadReport& report) {
  std::vector<Fact> doubts;
  std::copy_if(report.facts.begin(), report.facts.end(), std::back_inserter(doubts), [](const Fact& fact) {
    const bool counts =
        fact.name == "heads" || fact.name == "activation" || fact.name == "network" || fact.name == "weights";
    return fact.name == "warning" || (counts && fact.source == Source::guessed);
  });
  return doubts;
}

std::string doubt_text(const Fact& doubt) {
  return doubt.name == "warning" ? doubt.reason : doubt.name + " " + doubt.value + " is a guess: " + doubt.reason;
}

}  // namespace vit
