// Side A beside side B: one query's attention in the same heads of two passes, as their difference and as numbers.
// Networks may differ in patches, blocks and heads: side B's maps are brought to side A's patches by area, and to its
// count of tokens, so that what gets the even share in both has no difference.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/base/quantity.h"
#include "engine/maps/alignment.h"
#include "engine/maps/analysis.h"
#include "engine/maps/directed.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

enum Show : std::uint8_t { difference, side_a, side_b };
constexpr std::array kShown = {"difference", "a", "b"};
constexpr std::array kParameters = {
    Parameter{.id = "show",
              .label = "Map",
              .sentence = "What the map is, and what files hold: side A minus side B, or one of the two, both on side "
                          "A's patches.",
              .low = 0,
              .high = 2,
              .initial = difference,
              .names = kShown},
    Parameter{
        .id = "block_b",
        .label = "B's block",
        .sentence = "The block of side B; -1 is the one of side A's number, or side B's last one where it has fewer.",
        .low = -1,
        .high = 0,
        .initial = -1,
        .counts = Counts::other_blocks}};

const Analysis& heads_analysis() {
  return *analysis_by_id("heads");
}

double work(const Trace& trace, const Question& question) {
  return directed_floats(trace, std::min(question.block, static_cast<int>(trace.blocks.size()) - 1),
                         question.direction);
}

std::string refusal_of_pair(const Subject& subject, const Question& question) {
  if (Alignment(subject).token(question.query)) return "";
  const TokenGrid& grid = subject.trace->grid;
  const std::string query = query_phrase(question.query, grid, subject.trace->model->config);
  return question.query < grid.prefix
             ? fmt::format("Side B has nothing that stands for {}; ask a patch, or another token.", query)
             : fmt::format("Side B does not read the place of {}; ask another patch.", query);
}

/// What can be said about two maps of the same patches, where both are seen.
struct Numbers {
  double correlation = 0;  // NaN where one of them is even
  double kl_bits = 0;      // of A's map from B's, both brought to a sum of 1
  double moved = 0;        // likewise: half the sum of the differences
};

Numbers numbers_of(std::span<const float> a, std::span<const float> b, const std::vector<bool>& seen) {
  constexpr double kLeast = 1e-9;  // of B's sum: what it leaves out altogether would make the number infinite
  double n = 0, sum_a = 0, sum_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (seen[i]) {
      ++n;
      sum_a += a[i];
      sum_b += b[i];
    }
  Numbers numbers;
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!seen[i]) continue;
    const double x = a[i] - sum_a / n, y = b[i] - sum_b / n;
    aa += x * x;
    bb += y * y;
    ab += x * y;
    if (sum_a <= 0 || sum_b <= 0) continue;
    const double p = a[i] / sum_a, q = b[i] / sum_b;
    if (p > 0) numbers.kl_bits += p * std::log2(p / std::max(q, kLeast));
    numbers.moved += std::abs(p - q) / 2;
  }
  numbers.correlation = aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : std::numeric_limits<double>::quiet_NaN();
  return numbers;
}

/// -1: none is.
int chosen_block_of_b(const Question& question) {
  return static_cast<int>(analysis_by_id("difference")->value(question, "block_b"));
}

int block_of_b(const Alignment& alignment, const Question& question) {
  const int chosen = chosen_block_of_b(question);
  return chosen >= 0 ? chosen : alignment.block(question.block);
}

int strongest(std::span<const float> map) {
  return static_cast<int>(std::max_element(map.begin(), map.end()) - map.begin());
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  means.step(0);
  const Alignment alignment(subject);
  Question of_heads = question;
  of_heads.analysis = heads_analysis().id;
  of_heads.values.clear();
  const auto a = heads_analysis().answer(Subject(subject.trace), of_heads, {.stop = means.stop});
  means.step(0.4);
  of_heads.block = block_of_b(alignment, question);
  of_heads.query = alignment.token(question.query).value();
  const auto b = heads_analysis().answer(Subject(subject.other), of_heads, {.stop = means.stop});
  means.step(0.8);

  MapSetBuilder set(subject, question);
  set.compare(a, b);
  const auto show = static_cast<Show>(analysis_by_id("difference")->value(question, "show"));
  if (show == difference) set.are_about_zero();
  auto table = std::make_shared<MapTable>();
  table->columns = {{"correlation", "correlation"},    {"kl_bits", "KL of A from B, bit"},
                    {"moved", "attention moved"},      {"row_a", "A's strongest row"},
                    {"column_a", "A's strongest col"}, {"row_b", "B's strongest row"},
                    {"column_b", "B's strongest col"}};
  const TokenGrid& grid = subject.trace->grid;
  const float to_even_of_a = a->even / b->even;
  const int heads =
      std::min(subject.trace->settings.heads(question.block), subject.other->settings.heads(of_heads.block));
  for (int i = 0; i < a->count(); ++i) {
    const int head = a->labels[static_cast<std::size_t>(i)].head;
    if (head >= heads) continue;
    const int there = b->find(of_heads.block, head);
    const std::span<const float> map_a = a->map(i), map_b = b->map(there);
    std::vector<float> on_a = alignment.on_grid_of_a(map_b);
    for (float& value : on_a) value *= to_even_of_a;
    const Numbers numbers = numbers_of(map_a, on_a, alignment.seen());
    const int top_a = strongest(map_a), top_b = strongest(map_b);
    for (const double value : {numbers.correlation, numbers.kl_bits, numbers.moved})
      table->values.push_back(static_cast<float>(value));
    for (const int place : {top_a / a->cols, top_a % a->cols, top_b / b->cols, top_b % b->cols})
      table->values.push_back(static_cast<float>(place));
    std::vector<float> row(static_cast<std::size_t>(grid.tokens()), 0.f);
    for (int token = 0; token < grid.prefix; ++token)
      if (const auto other = alignment.token(token)) {
        const float of_a = a->prefix_of(i)[static_cast<std::size_t>(token)];
        const float of_b = b->prefix_of(there)[static_cast<std::size_t>(*other)] * to_even_of_a;
        row[static_cast<std::size_t>(token)] = show == side_a ? of_a : show == side_b ? of_b : of_a - of_b;
      }
    for (std::size_t p = 0; p < on_a.size(); ++p) {
      float& value = row[static_cast<std::size_t>(grid.prefix) + p];
      if (show == side_a)
        value = map_a[p];
      else if (show == side_b)
        value = on_a[p];
      else
        value = alignment.seen()[p] ? map_a[p] - on_a[p] : 0.f;
    }
    MapLabel label = a->labels[static_cast<std::size_t>(i)];
    const char* const shown = show == difference ? "difference_" : show == side_a ? "a_" : "b_";
    label.id = shown + label.id;
    set.add(std::move(label), row.data(), head >= 0);
  }
  set.have_table(std::move(table));
  set.have_facts({static_cast<double>(alignment.same_grid()), static_cast<double>(alignment.unseen()),
                  static_cast<double>(subject.same_photo)});
  return set.finish();
}

/// What is not alike on both sides: empty where all is.
std::string remarks(const MapSet& set) {
  const MapSet &a = *set.side_a, &b = *set.side_b;
  const int block = set.question.block, blocks = static_cast<int>(set.other->blocks.size());
  const int heads = a.trace->settings.heads(block), other_heads = b.trace->settings.heads(b.question.block);
  std::string text;
  if (b.question.block != block && chosen_block_of_b(set.question) >= 0)
    text += fmt::format(" Block {} of side B stands beside block {}.", b.question.block, block);
  else if (b.question.block != block)
    text += fmt::format(" Side B has {} blocks: its last one, {}, stands beside block {}.", blocks, b.question.block,
                        block);
  if (heads != other_heads)
    text += fmt::format(" Side {} has only {} of the {} heads here.", other_heads < heads ? "B" : "A",
                        std::min(heads, other_heads), std::max(heads, other_heads));
  if (set.facts[0] == 0)
    text +=
        fmt::format(" Side B's {}×{} patches are brought to side A's {}×{} by area.", b.rows, b.cols, a.rows, a.cols);
  if (set.facts[1] > 0)
    text +=
        fmt::format(" {:.0f} of side A's patches lie beyond what side B reads and count for nothing.", set.facts[1]);
  if (set.facts[2] == 0) text += " The photos differ: patches are compared by their place in the input.";
  return text;
}

std::string about(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const MapTable& table = *set.table;
  const auto place = [&](int column) {
    return fmt::format("({:.0f}, {:.0f})", table.at(index, column), table.at(index, column + 1));
  };
  const float correlation = table.at(index, 0);
  const std::string alike =
      std::isnan(correlation)
          ? "one of the two is even"
          : fmt::format("correlation {}{:.2f}", correlation <= -0.005f ? "−" : "", std::abs(correlation));
  const std::string head = head_title(label.head, set.side_a->trace->settings.heads(label.block));
  return fmt::format(
             "{} of block {}, from {}: {}, {} of the attention on patches is elsewhere (KL of A from B {:.2g} "
             "bit). Side A is strongest at {}, side B at {}.",
             label.head >= 0 ? "H" + head.substr(1) : "The " + head, label.block,
             query_phrase(set.question.query, set.trace->grid, set.trace->model->config), alike,
             percent_text(table.at(index, 2)), table.at(index, 1), place(3), place(5)) +
         remarks(set);
}

std::string caption(const MapSet& set, int) {
  constexpr std::array kOf = {"attention of A − B ", "attention of A ", "attention of B on A's patches "};
  return kOf[static_cast<std::size_t>(analysis_by_id("difference")->value(set.question, "show"))] +
         directed_phrase(set);
}

std::string quantity(const MapSet& set) {
  return directed_quantity(set) + (set.scale == Scale::about_zero ? ", A − B" : "");
}

}  // namespace

extern const Analysis kDifference;
const Analysis kDifference = {.id = "difference",
                              .name = "Compare",
                              .group = "compare",
                              .sentence =
                                  "Side A and side B: the same head of two networks, two photos or two settings, and "
                                  "their difference.",
                              .reference = "",
                              .asks_block = true,
                              .asks_direction = true,
                              .has_table = true,
                              .compares = true,
                              .parameters = kParameters,
                              .refusal = refused_without_attention,
                              .work = work,
                              .answer = answer,
                              .about = about,
                              .caption = caption,
                              .quantity = quantity,
                              .refusal_of_pair = refusal_of_pair};

}  // namespace vit
