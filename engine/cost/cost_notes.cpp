#include "engine/cost/cost_notes.h"

#include <algorithm>

#include <fmt/core.h>

#include "engine/base/quantity.h"

namespace vit {
namespace {

/// Whether its blocks work in windows.
bool windowed(const CostTable& table) {
  return table.find(Op::scores)->macs.contains(Symbol::W);
}

/// Additions, products and exponentials on the scores: all that grows with the head count.
double score_ops(const CostTable& table, Section section, int block) {
  double sum = 0;
  for (const Operator& row : table.operators())
    if (belongs_to(row.op, section) && row.element_ops().contains(Symbol::h))
      sum += table.cost(row.op, block, Convention::elements).operations;
  return sum;
}

double operations(const CostTable& table, Section section, int block) {
  return table.total(section, block, Convention::elements).operations;
}

Finding heads_in_module(const CostTable& table) {
  const int heads = table.settings().heads(0);
  if (table.find(Op::mix_scores) != nullptr) {
    const double mixed =
        (table.cost(Op::mix_scores, 0, Convention::mac).macs + table.cost(Op::mix_attention, 0, Convention::mac).macs) /
        table.total(Section::attention, 0, Convention::mac).macs;
    return {"heads.module",
            fmt::format("Mixing its {} heads before and behind the softmax takes 2·N²·h² multiply-adds, {} of the "
                        "module's; it runs with its trained heads only.",
                        heads, percent_text(mixed)),
            mixed};
  }
  if (const Operator* positions = table.find(Op::relative_bias); positions != nullptr && !positions->macs.is_zero()) {
    const double share = table.cost(Op::relative_bias, 0, Convention::mac).macs /
                         table.total(Section::attention, 0, Convention::mac).macs;
    return {"heads.module",
            "Its relative positions are products of each query with the rows and columns that it sees, N·A·C "
            "multiply-adds, " +
                percent_text(share) + " of the module's in block 0; they fit its trained heads only.",
            share};
  }
  const double share = score_ops(table, Section::attention, 0) / operations(table, Section::attention, 0);
  return {"heads.module",
          "The products of the Attention module take 4·N·C² + 2·N²·C multiply-adds whatever the head count; only scale "
          "and softmax grow with it, and at " +
              std::to_string(heads) + (heads == 1 ? " head" : " heads") + " they are " + percent_text(share) +
              " of the module's operations.",
          share};
}

Finding heads_in_model(const CostTable& table) {
  const double share = score_ops(table, Section::model, -1) / operations(table, Section::model, -1);
  return {"heads.model",
          "Of the whole network " + percent_text(share) +
              " of the operations depend on the head count: halving it saves " + percent_text(share / 2) + ".",
          share};
}

Finding attention_products(const CostTable& table) {
  const Sizes at = table.sizes(0);
  const double products =
      table.cost(Op::scores, 0, Convention::mac).macs + table.cost(Op::attn_v, 0, Convention::mac).macs;
  const double share = products / table.total(Section::attention, 0, Convention::mac).macs;
  return {"tokens",
          "q·kᵀ and attn·v are " + percent_text(share) + " of the module's multiply-adds at " +
              (windowed(table)
                   ? fmt::format(
                         "{:.0f} tokens in block 0, where a query looks at W = {:.0f}; they outweigh the projections "
                         "beyond W = 2C = {:.0f}.",
                         at.N, at.W, 2 * at.C)
                   : fmt::format("{:.0f} tokens; they outweigh the projections beyond N = 2C = {:.0f} tokens.", at.N,
                                 2 * at.C)),
          share};
}

Finding bias(const CostTable& table) {
  const Totals qkv = table.cost(Op::qkv, 0, Convention::elements);
  const double share = qkv.operations > 0 ? qkv.element_ops / qkv.operations : 0;
  const std::string sentence =
      qkv.element_ops > 0
          ? "The qkv bias adds 3·N·C numbers, " + percent_text(share) + " of that projection's operations."
          : std::string("The qkv projection runs without a bias, which saves 3·N·C additions.");
  return {"bias", sentence, share};
}

Finding scores_memory(const CostTable& table) {
  const Sizes at = table.sizes(0);
  const double bytes = 4 * at.N * at.W * at.h;
  const bool stored = table.settings().kernel != Kernel::tiled;
  const double share = stored ? 1 - table.find(Op::softmax)->floats.without_maps().at(at) /
                                        std::max(1.0, table.find(Op::softmax)->floats.at(at))
                              : 0;
  return {"scores",
          fmt::format("The scores of {} numbers, {:.3g} MB at {:.0f} heads; ",
                      windowed(table) ? "block 0 are N·W·h" : "a block are N²·h", bytes * 1e-6, at.h) +
              (stored ? "this kernel writes and reads them at every step." : "the tiled kernel never stores them."),
          share};
}

Finding mlp(const CostTable& table) {
  const double share =
      table.total(Section::mlp, 0, Convention::mac).macs / table.total(Section::block, 0, Convention::mac).macs;
  return {"mlp", "The MLP takes " + percent_text(share) + " of a block's multiply-adds, the Attention module the rest.",
          share};
}

}  // namespace

const char* explanation_of(Op op) {
  switch (op) {
    case Op::patch_norm:
      return "LayerNorm of the pixels of every patch, as vit-pytorch has it.";
    case Op::patch_embed:
      return "Cuts the picture into P×P patches and projects each one, 3P² numbers, to C channels.";
    case Op::embed_norm:
      return "Norm of every patch before its position is added, as AIMv2 has it.";
    case Op::position:
      return "Puts the class token (and its like) in front and adds each token's position.";
    case Op::mid_position:
      return "Adds other positions to the tokens behind every block but the last, as YOLOS does.";
    case Op::norm_pre:
      return "Norm before the first block, as CLIP has it.";
    case Op::norm1:
      return "LayerNorm (or RMSNorm) of every token before attention.";
    case Op::qkv:
      return "Attention module, step 1: one projection makes the queries, keys and values of all heads.";
    case Op::split:
      return "Attention module, step 2: cuts queries, keys and values into h heads of C/h channels. No arithmetic; "
             "copies "
             "where the kernel wants each head in one piece, or each window.";
    case Op::qk_norm:
      return "Norm of every head's queries and keys, as ViT-22B has it: scores cannot grow without bounds.";
    case Op::rope:
      return "Turns queries and keys by the angle of their position.";
    case Op::scores:
      return "Attention module, step 3: every query against every key of its head. Heads share the C channels, so "
             "their "
             "number does not matter to the multiply-adds.";
    case Op::scale:
      return "Attention module, step 4: scores times (C/h)^-½, one product for each of the N²·h scores. Some "
             "implementations scale the queries instead: N·C products, whatever the head count.";
    case Op::relative_bias:
      return "Adds to each score a learned number for where the key lies as seen from the query, as BEiT has it. With "
             "another head count a head takes the mean of those of the trained heads whose channels it has. In SAM and "
             "ViTDet the number is the query's own: its products with a table of rows and one of columns.";
    case Op::mix_scores:
      return "Talking heads: for each query and key, the scores of all h heads are mixed by an h×h product.";
    case Op::mix_attention:
      return "Talking heads: the same of the probabilities, before they weigh the values. Their rows need not sum to "
             "1.";
    case Op::softmax:
      return "Attention module, step 5: makes each row of scores a distribution over the tokens. With scale the only "
             "step "
             "whose operations grow with the head count.";
    case Op::attn_drop:
      return "Attention module, step 6: drops probabilities at random in training; free otherwise.";
    case Op::attn_v:
      return "Attention module, step 7: the mean of the values, weighted by the probabilities. As many multiply-adds "
             "as "
             "q·kᵀ.";
    case Op::merge:
      return "Attention module, step 8: puts the heads side by side again. No arithmetic.";
    case Op::attn_norm:
      return "LayerNorm of the heads' results inside attention, as EVA-02's CLIP towers have it.";
    case Op::proj:
      return "Attention module, step 9: mixes the heads' results by one more projection.";
    case Op::proj_drop:
      return "Attention module, step 10: drops channels at random in training; free otherwise.";
    case Op::layer_scale1:
    case Op::layer_scale2:
      return "A learned factor for every channel of the branch.";
    case Op::residual1:
      return "Adds the attention's result to what entered the block.";
    case Op::norm2:
      return "LayerNorm (or RMSNorm) of every token before the MLP.";
    case Op::fc1:
      return "MLP: widens every token from C to M channels.";
    case Op::gelu:
      return "MLP: the activation, on every hidden number.";
    case Op::mlp_norm:
      return "LayerNorm of the hidden numbers inside the MLP, as EVA-02 has it.";
    case Op::fc2:
      return "MLP: back from M to C channels.";
    case Op::residual2:
      return "Adds the MLP's result.";
    case Op::norm:
      return "LayerNorm (or RMSNorm) after the last block.";
    case Op::pool:
      return "Pools the tokens by attention: one learned query looks at all of them, and an MLP follows. "
             "CaiT's class token does so in L′ blocks of its own, the only ones that it is in.";
    case Op::head:
      return "Pools the tokens and projects the result to the K classes.";
  }
  return "";
}

std::vector<Finding> note_findings(const CostTable& table) {
  if (table.depth() == 0) return {};
  return {heads_in_module(table), heads_in_model(table), attention_products(table),
          scores_memory(table),   bias(table),           mlp(table)};
}

}  // namespace vit
