#include "engine/network/score_term.h"

#include "engine/network/axis_positions.h"
#include "engine/network/relative_bias.h"

namespace vit {

std::shared_ptr<const ScoreTerm> score_term(const Model& model, const TokenGrid& grid, int block, int heads) {
  const ModelConfig& config = model.config;
  if (config.relative_bias != ModelConfig::RelativeBias::none)
    return std::make_shared<const RelativeBias>(model, grid, block, heads);
  if (config.axis_positions) return std::make_shared<const AxisPositions>(model, grid, block);
  return nullptr;
}

}  // namespace vit
