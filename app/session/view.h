// What changes only the picture: block, head, query, colours. None of it runs the network again.
#pragma once

#include <map>
#include <string>

#include "engine/cost/cost.h"
#include "engine/maps/attention.h"
#include "engine/maps/heatmap.h"
#include "engine/maps/map_set.h"
#include "engine/maps/token_names.h"
#include "engine/network/trace.h"

namespace headlight {

using vit::kMaxOfHeads;
using vit::kMeanOfHeads;

struct View {
  std::string page = "heads";  // id of the page in the centre
  int block = 0;
  int head = kMeanOfHeads;  // kMeanOfHeads, kMaxOfHeads or 0 … h-1
  int query = 0;            // token: 0 is the class token where there is one
  vit::Direction direction = vit::Direction::looks_at;
  vit::Stage stage = vit::Stage::softmax;
  vit::Look look;
  std::map<std::string, double> parameters = {};  // of the analyses: "rollout.discard"
  bool whole_photo = false;                       // the large picture shows all of it, not the network's part alone
  bool curtain = false;                           // a comparison: both sides on one photo, parted by a curtain
  bool cost_of_model = false;                     // the cost of the whole model, not of the chosen block
  vit::Convention convention = vit::Convention::mac;
  bool operator==(const View&) const = default;
};

/// The query that is at the same place of the photo in a trace of another input size; a place that is no longer part of
/// the input gives the nearest patch that is. `box` is the part of the photo that the grid covers.
int same_place(int query, const vit::TokenGrid& grid, const vit::Box& box, const vit::TokenGrid& other,
               const vit::Box& other_box);

}  // namespace headlight
