#include "engine/network/backward_start.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "engine/kernels/backward_kernels.h"
#include "engine/network/pass.h"
#include "engine/network/transposed.h"

namespace vit {
namespace {

/// (1, 1·C or 2·C) the gradient of a head's logit with respect to the means that it pools.
Matrix through_head(const Trace& trace, int head, int logit) {
  const Model& model = *trace.model;
  const BackwardKernels& slopes = backward_kernels(model.patch_embed.table());
  const Linear& layer = head == 1 ? *model.head_distilled : *model.head;
  Matrix gradient(1, layer.inputs());
  for (int i = 0; i < layer.inputs(); ++i) gradient(0, i) = layer.weight(logit, i);
  if (model.head_hidden && head == 0) {
    const Linear& first = *model.head_hidden;
    Matrix hidden(1, first.outputs());
    linear(pool_tokens(trace, 0).view(), first, {}, {hidden.span()}, {0, 1, 0, -1});
    if (model.config.head_tanh) {
      for (int i = 0; i < gradient.cols(); ++i) {
        const float y = std::tanh(hidden(0, i));
        gradient(0, i) *= 1 - y * y;
      }
    } else {
      slopes.activation(model.config.head_activation, hidden.row(0), gradient.row(0), gradient.cols());
    }
    Matrix before(1, first.inputs());
    const AlignedFloats room = allocate_floats(transposed_room(first));
    linear_transposed(first, {.dy = gradient.view(), .dx = before.span(), .panels = {0, transposed_panels(first)}},
                      room.get());
    gradient = std::move(before);
  }
  if (model.fc_norm) {
    const Matrix means = pooled_means(trace, head);
    slopes.layer_norm({.x = means.row(0),
                       .x_stride = means.stride(),
                       .dy = gradient.row(0),
                       .dy_stride = gradient.stride(),
                       .dx = gradient.row(0),
                       .dx_stride = gradient.stride(),
                       .row_begin = 0,
                       .row_end = 1,
                       .columns = means.cols(),
                       .weight = model.fc_norm->weight.data(),
                       .eps = eps_of(*model.fc_norm, model.config),
                       .centred = model.fc_norm->centred});
  }
  return gradient;
}

/// The tokens whose mean the target's features are.
PoolPart tokens_of(const Target& target, const TokenGrid& grid) {
  if (target.token == kMeanOfPatches) return {grid.prefix, grid.tokens(), 0};
  return {target.token, target.token + 1, 0};
}

std::vector<double> mean_features(const Target& target, const Trace& trace) {
  const PoolPart part = tokens_of(target, trace.grid);
  std::vector<double> mean(static_cast<std::size_t>(trace.features.cols()), 0);
  for (int t = part.first; t < part.last; ++t)
    for (std::size_t c = 0; c < mean.size(); ++c)
      mean[c] += trace.features.row(t)[c] / static_cast<double>(part.last - part.first);
  return mean;
}

struct Similarity {
  double dot = 0, length = 0, other_length = 0;  // of the features and of the target's direction
  double cosine() const { return length > 0 && other_length > 0 ? dot / (length * other_length) : 0; }
};
Similarity similarity(const std::vector<double>& features, const std::vector<float>& direction) {
  Similarity s;
  for (std::size_t c = 0; c < features.size(); ++c) {
    s.dot += features[c] * direction[c];
    s.length += features[c] * features[c];
    s.other_length += static_cast<double>(direction[c]) * direction[c];
  }
  s.length = std::sqrt(s.length);
  s.other_length = std::sqrt(s.other_length);
  return s;
}

int head_count(const Model& model) {
  return model.head_distilled ? 2 : 1;
}

}  // namespace

Start start_of(const Target& target, const Trace& trace) {
  const Model& model = *trace.model;
  Start start{.gradient = Matrix(trace.grid.tokens(), model.config.channels), .behind_norm = model.norm.has_value()};
  const auto add = [&](const PoolPart& part, const float* gradient, float factor) {
    for (int t = part.first; t < part.last; ++t) {
      float* row = start.gradient.row(t);
      for (int c = 0; c < model.config.channels; ++c)
        row[c] += factor / static_cast<float>(part.last - part.first) * gradient[c];
    }
  };
  if (target.logit >= 0) {
    if (model.config.pool_before_norm) start.behind_norm = false;
    for (int head = 0; head < head_count(model); ++head) {
      const Matrix gradient = through_head(trace, head, target.logit);
      for (const PoolPart& part : pool_parts(model, trace.grid, head))
        add(part, gradient.row(0) + part.column, 1.f / static_cast<float>(head_count(model)));
    }
    return start;
  }
  std::vector<float> gradient = target.direction;
  if (target.cosine) {
    const std::vector<double> features = mean_features(target, trace);
    const Similarity s = similarity(features, target.direction);
    for (std::size_t c = 0; c < gradient.size(); ++c) {
      const double straight = gradient[c] / s.other_length - s.cosine() * features[c] / s.length;
      gradient[c] = s.length > 0 && s.other_length > 0 ? static_cast<float>(straight / s.length) : 0.f;
    }
  }
  add(tokens_of(target, trace.grid), gradient.data(), 1.f);
  return start;
}

std::string refused_backward(const Trace& trace) {
  if (trace.blocks.empty()) return "The pass kept no maps; run it again with queries and keys kept.";
  if (!trace.extent.whole())
    return "The pass ended before the network did, so that there is no way back; run all of it.";
  if (trace.settings.precision != Precision::exact)
    return "The pass rounded its products to bf16, through which there is no way back; set the precision to exact.";
  const ModelConfig& config = trace.model->config;
  if (config.talking_heads)
    return "The heads of this network are mixed before and behind the softmax (talking heads), through which there is "
           "no way back here.";
  if (!config.windows.empty() || config.axis_positions)
    return "Blocks of this network work in windows, or multiply their relative positions with the queries, through "
           "which "
           "there is no way back here.";
  if (config.order == ModelConfig::Order::post_norm)
    return "The norms of this network stand behind its branches, through which there is no way back here.";
  if (config.qk_norm)
    return "This network normalises the queries and keys of each head, through which there is no way back here.";
  if (config.classes > 0 && config.pool == ModelConfig::Pool::attention)
    return "The classes of this network are read from a pool with an attention of its own, through which there is no "
           "way "
           "back here.";
  return "";
}

void validate(const Target& target, const Trace& trace) {
  const Model& model = *trace.model;
  if (target.logit >= 0) {
    const int classes = model.config.classes;
    if (classes == 0) throw Error("This network has no classes: ask for the similarity of features.");
    if (target.logit >= classes)
      throw Error("There is no class " + std::to_string(target.logit) + "; the network has classes 0 to " +
                  std::to_string(classes - 1) + ".");
    return;
  }
  if (target.token != kMeanOfPatches && (target.token < 0 || target.token >= trace.grid.tokens()))
    throw Error("There is no token " + std::to_string(target.token) + "; the network has tokens 0 to " +
                std::to_string(trace.grid.tokens() - 1) + ".");
  if (static_cast<int>(target.direction.size()) != model.config.channels)
    throw Error("A vector of " + std::to_string(target.direction.size()) +
                " numbers cannot be compared with features of " + std::to_string(model.config.channels) + " channels.");
}

double value_of(const Target& target, const Trace& trace) {
  if (target.logit >= 0) return trace.logits.at(static_cast<std::size_t>(target.logit));
  const Similarity s = similarity(mean_features(target, trace), target.direction);
  return target.cosine ? s.cosine() : s.dot;
}

std::vector<float> tokens_read(const Target& target, const Trace& trace) {
  const Model& model = *trace.model;
  std::vector<float> weights(static_cast<std::size_t>(trace.grid.tokens()), 0.f);
  const auto add = [&](const PoolPart& part, float share) {
    for (int t = part.first; t < part.last; ++t)
      weights[static_cast<std::size_t>(t)] += share / static_cast<float>(part.last - part.first);
  };
  if (target.logit < 0) {
    add(tokens_of(target, trace.grid), 1.f);
    return weights;
  }
  for (int head = 0; head < head_count(model); ++head) {
    const std::vector<PoolPart> parts = pool_parts(model, trace.grid, head);
    for (const PoolPart& part : parts)
      add(part, 1.f / static_cast<float>(head_count(model)) / static_cast<float>(parts.size()));
  }
  return weights;
}

}  // namespace vit
