// What a head does, in a few numbers for every token as the query: how far it looks, how wide, and at what.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/choices.h"
#include "engine/maps/analysis.h"
#include "engine/maps/attention.h"

namespace vit {

/// Of a query's row of attention a (N). P patches.
///   spread      2^H tokens, H = -Σ a log2 a over all tokens, the row brought to a sum of 1
///   distance    Σ a·|place - query's place| over the patches, their shares brought to a sum of 1, in pixels of the
///               input between patch centres: the attention distance of Dosovitskiy et al. 2020, figures 7 and 11.
///               Prefix tokens have no place: they count neither as queries nor in the weights
///   on_class    the share of the class token
///   on_others   the share of the other prefix tokens: registers, a distillation token, detection tokens
///   on_itself   the share of the query itself
///   on_top      the shares of the ten patches (or as many as there are) that get most
///   similarity  Pearson's correlation over the patches with the same query's row in each other head of the block,
///   their
///               mean; a row that is the same for all patches has a correlation of 0 with any
enum class Statistic : std::uint8_t { spread, distance, on_class, on_others, on_itself, on_top, similarity };
inline constexpr int kStatistics = 7;
std::span<const Choice<Statistic>> choices(Statistic);
/// "tokens", "px", "%", or "" for a bare number.
const char* unit_of(Statistic statistic);

/// One head. NaN stands where a number does not exist: the distance from a prefix token, the share of a class token
/// that the network does not have, the similarity in a block of one head.
struct HeadStatistics {
  int block = 0, head = 0;
  std::array<std::vector<float>, kStatistics> of_query;  // (N) each
  /// Over all queries that have one. Of the spread it is 2 to the mean entropy.
  std::array<float, kStatistics> mean{};

  const std::vector<float>& of(Statistic statistic) const { return of_query[static_cast<std::size_t>(statistic)]; }
};

/// Every head of every block, block by block. Works on some queries of a block's heads at a time, so that 64 MB do for
/// any number of heads. The result for the last pass and stage that was asked for stays, so that another question about
/// it costs nothing. Any thread. Throws Cancelled.
std::shared_ptr<const std::vector<HeadStatistics>> head_statistics(const Trace& trace, Stage stage, const Means& means);

}  // namespace vit
