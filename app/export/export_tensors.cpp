#include "app/export/export_tensors.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "app/export/export_captions.h"
#include "engine/base/error.h"
#include "engine/containers/tensor_file.h"
#include "engine/maps/attention.h"
#include "engine/network/settings_words.h"

namespace headlight {
namespace {

/// Elements [first, first + out.size()) of a matrix in row-major order without its padding.
void read_matrix(const vit::Matrix& matrix, std::int64_t first, std::span<float> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const std::int64_t at = first + static_cast<std::int64_t>(done);
    const int row = static_cast<int>(at / matrix.cols()), col = static_cast<int>(at % matrix.cols());
    const std::size_t count = std::min(out.size() - done, static_cast<std::size_t>(matrix.cols() - col));
    std::memcpy(out.data() + done, matrix.row(row) + col, count * sizeof(float));
    done += count;
  }
}

vit::NamedTensor matrix_tensor(std::string name, const vit::Matrix& matrix) {
  return {std::move(name), {matrix.rows(), matrix.cols()}, [&matrix](std::int64_t first, std::span<float> out) {
            read_matrix(matrix, first, out);
          }};
}

vit::NamedTensor vector_tensor(std::string name, std::vector<std::int64_t> shape, const std::vector<float>& values) {
  return {std::move(name), std::move(shape), [&values](std::int64_t first, std::span<float> out) {
            std::memcpy(out.data(), values.data() + first, out.size_bytes());
          }};
}

/// One head at a time is in memory, whatever the size of the pieces that are asked for.
class AttentionReader {
 public:
  AttentionReader(const vit::Trace& trace, int block, vit::Stage stage)
      : trace_(&trace), block_(block), stage_(stage) {}

  void read(std::int64_t first, std::span<float> out) {
    const std::int64_t size = std::int64_t{trace_->grid.tokens()} * trace_->grid.tokens();
    std::size_t done = 0;
    while (done < out.size()) {
      const std::int64_t at = first + static_cast<std::int64_t>(done);
      const int head = static_cast<int>(at / size);
      if (head != head_) {
        matrix_ = vit::attention_head(*trace_, block_, head, stage_);
        head_ = head;
      }
      const std::size_t count = std::min(out.size() - done, static_cast<std::size_t>(size - at % size));
      read_matrix(matrix_, at % size, out.subspan(done, count));
      done += count;
    }
  }

 private:
  const vit::Trace* trace_;
  int block_;
  vit::Stage stage_;
  vit::Matrix matrix_;
  int head_ = -1;
};

}  // namespace

void export_tensors(const ExportSource& source, const std::vector<int>& blocks, vit::Stage stage,
                    const std::filesystem::path& file, const ExportControl& control) {
  const vit::Trace& trace = *source.trace;
  const int depth = static_cast<int>(trace.blocks.size());
  if (depth == 0) throw vit::Error("The pass kept no maps; run it again with queries and keys kept.");
  const std::int64_t tokens = trace.grid.tokens();

  std::vector<vit::NamedTensor> tensors;
  tensors.push_back(vector_tensor("pixels", {3, trace.pixels->height, trace.pixels->width}, trace.pixels->chw));
  for (int block : blocks) {
    const std::int64_t heads = trace.settings.heads(block);
    auto reader = std::make_shared<AttentionReader>(trace, block, stage);
    tensors.push_back({"attention." + std::to_string(block),
                       {heads, tokens, tokens},
                       [reader](std::int64_t first, std::span<float> out) { reader->read(first, out); }});
  }
  for (int block = 0; block < depth; ++block)
    tensors.push_back(matrix_tensor("hidden." + std::to_string(block), trace.hidden(block)));
  tensors.push_back(matrix_tensor("features", trace.features));
  if (!trace.pooled.empty())
    tensors.push_back(vector_tensor("pooled", {static_cast<std::int64_t>(trace.pooled.size())}, trace.pooled));
  if (!trace.logits.empty())
    tensors.push_back(vector_tensor("logits", {static_cast<std::int64_t>(trace.logits.size())}, trace.logits));

  const std::string extent_words = trace.extent.class_token_only ? ", class token only in the last block" : "";
  double total = 0, done = 0;
  for (vit::NamedTensor& tensor : tensors) {
    double elements = 1;
    for (std::int64_t side : tensor.shape) elements *= static_cast<double>(side);
    total += elements;
    tensor.read = [read = std::move(tensor.read), &control, &total, &done](std::int64_t first, std::span<float> out) {
      if (control.stop.stop_requested()) throw vit::Cancelled();
      read(first, out);
      done += static_cast<double>(out.size());
      if (control.progress) control.progress(std::min(1.0, done / total));
    };
  }
  std::map<std::string, std::string> words = {{"software", std::string("Headlight ") + HEADLIGHT_VERSION},
                                              {"model", source.model},
                                              {"image", source.image},
                                              {"preprocessing", vit::describe(trace.pixels->preprocessing)},
                                              {"settings", vit::settings_words(trace) + extent_words},
                                              {"stage", stage == vit::Stage::softmax ? "softmax" : "after dropout"}};
  if (source.photo && source.photo->levels) words.emplace("levels", vit::shown_levels(*source.photo));
  vit::write_safetensors(file, tensors, words);
}

}  // namespace headlight
