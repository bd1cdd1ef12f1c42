#include "app/export/export_maps.h"

#include <algorithm>

#include "app/export/export.h"
#include "engine/base/error.h"
#include "engine/maps/analysis.h"

namespace headlight {

bool HeadSelection::picks(int head) const {
  if (head == vit::kMeanOfHeads) return mean;
  if (head == vit::kMaxOfHeads) return max;
  return head < 0 || all_heads || std::find(heads.begin(), heads.end(), head) != heads.end();
}

bool asks_other(const ExportRequest& request) {
  return vit::asks_other(*request.analysis, {.values = request.values});
}

std::vector<vit::Question> questions_of(const ExportRequest& request) {
  const auto question = [&](int block) {
    return vit::Question{.analysis = request.analysis->id,
                         .block = block,
                         .query = request.query,
                         .direction = request.direction,
                         .stage = request.stage,
                         .values = request.values};
  };
  std::vector<vit::Question> questions;
  if (request.analysis->asks_block)
    for (const int block : request.blocks) questions.push_back(question(block));
  else
    questions.push_back(question(0));
  return questions;
}

PickedMaps pick_maps(const ExportSource& source, const ExportRequest& request, const vit::Question& question,
                     const vit::Means& means) {
  const vit::Analysis& analysis = *request.analysis;
  PickedMaps picked;
  picked.set = analysis.answer(vit::asked_of(analysis, source.subject(), question), question, means);
  for (int i = 0; i < picked.set->count(); ++i) {
    if (picked.set->chosen >= 0 && picked.set->chosen != i) continue;
    const vit::MapLabel& label = picked.set->labels[static_cast<std::size_t>(i)];
    const bool block =
        label.block < 0 || std::find(request.blocks.begin(), request.blocks.end(), label.block) != request.blocks.end();
    if (block && (analysis.is_matrix || request.heads.picks(label.head))) picked.maps.push_back(i);
  }
  if (picked.maps.empty() && !request.heads.all_heads && (request.heads.mean || request.heads.max))
    for (const int block :
         request.blocks) {  // an answer without a mean shows its first head in place of it, as a page does
      const int first = picked.set->find(block, vit::kMeanOfHeads);
      if (first >= 0 && picked.set->labels[static_cast<std::size_t>(first)].head >= 0) picked.maps.push_back(first);
    }
  if (picked.maps.empty())
    throw vit::Error(std::string(analysis.name) +
                     " has none of the maps that are asked for; choose other blocks or heads.");
  return picked;
}

vit::Range common_range(const std::vector<PickedMaps>& answers, const std::vector<int>& blocks) {
  std::vector<float> patches;
  for (const PickedMaps& answer : answers)
    for (int i = 0; i < answer.set->count(); ++i) {
      const vit::MapLabel& label = answer.set->labels[static_cast<std::size_t>(i)];
      const bool block = label.block < 0 || std::find(blocks.begin(), blocks.end(), label.block) != blocks.end();
      const bool summary = label.head == vit::kMeanOfHeads || label.head == vit::kMaxOfHeads;
      const auto map = answer.set->map(i);
      if (block && !summary) patches.insert(patches.end(), map.begin(), map.end());
    }
  return vit::shared_range(patches);
}

}  // namespace headlight
