// A labelled stack of maps: the answer to one question about a pass, which every page draws and every export writes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/maps/attention.h"
#include "engine/maps/heatmap.h"
#include "engine/network/trace.h"
#include "engine/network/way_back.h"

namespace vit {

/// From the query's row of attention, from its column, or from what a token has in one times what it has in the other.
enum class Direction : std::uint8_t { looks_at, looked_at_by, product };
std::span<const Choice<Direction>> choices(Direction);

/// What is asked of a pass. Two equal questions about one trace have the same answer.
struct Question {
  std::string analysis = {};  // an Analysis's id
  int block = 0;
  int query = 0;  // token
  Direction direction = Direction::looks_at;
  Stage stage = Stage::softmax;
  std::map<std::string, double> values = {};  // of the analysis's parameters; absent ones have their initial value
  bool operator==(const Question&) const = default;
};

/// What a question is about: the pass of side A, and the one of side B beside it.
struct Subject {
  std::shared_ptr<const Trace> trace;
  std::shared_ptr<const Trace> other;  // null: there is no side B
  bool same_photo = false;             // both read one photo: patches stand for each other by their place on it
  Subject(std::shared_ptr<const Trace> trace_, std::shared_ptr<const Trace> other_ = nullptr, bool same_photo_ = false)
      : trace(std::move(trace_)), other(std::move(other_)), same_photo(same_photo_) {}
};

/// Which map of a set it is. `block` and `head` are what a click on it chooses; -1 and kNoHead where it is of none.
inline constexpr int kNoHead = -100;
struct MapLabel {
  std::string id;     // in file names: "block05_head02", "block05_mean"
  std::string title;  // for people: "head 2", "mean"
  int block = -1;
  int head = kNoHead;  // kMeanOfHeads, kMaxOfHeads or an index
  /// Where maps of one block are told apart by a parameter of the analysis: its id, and the value that means this map.
  const char* parameter = nullptr;
  double value = 0;
  std::string brief = {};             // in its place where there is little room; empty: the title's last word
  std::string note = {};              // beside the title, where there is room: "41 %"
  std::vector<int> marked = {};       // patches that stand out, ascending: pictures frame them
  std::optional<Window> window = {};  // outside of which there can be nothing: pictures frame it
  std::optional<float> limit = {};    // the value beyond which they do: a line in the histogram
  std::vector<int> parts = {};        // the maps whose numbers its colours mix: files of numbers hold those
  int paint = -1;                     // of a set on Scale::rgb: its planes, see MapSet::paint
};

enum class Scale : std::uint8_t {
  from_zero,   // larger is more: sequential colours
  about_zero,  // diverging colours, zero in the middle
  rgb,         // maps have colours of their own
};

/// Numbers over the blocks that go with the maps of a set.
struct BlockCurves {
  struct Curve {
    std::string name;
    std::vector<float> values;  // (L)
    bool chosen = false;        // the one that the maps are about
    bool dots = false;          // no line through its values, which may be NaN: there is none
  };
  std::string title;                  // of the upright axis: "probability"
  float low = 0, high = 1;            // its ends
  bool percent = false;               // values are parts of one
  const char* along = "after block";  // what the other axis counts
  std::vector<Curve> curves = {};
  int mark = -1;                // a block that is pointed out, or -1
  std::string mark_words = {};  // "settles in block 9"
};

/// Numbers that go with the maps of a set: a row for each map.
struct MapTable {
  struct Column {
    const char* id;     // "distance_px", in files
    const char* title;  // for people: "mean distance, px"
  };
  std::vector<Column> columns;
  std::vector<float> values;  // (maps, columns); NaN where a map has no such number
  float at(int map, int column) const { return values[static_cast<std::size_t>(map) * columns.size() + column]; }
};

/// Immutable once made; share it.
struct MapSet {
  std::uint64_t serial = 0;            // unique in this process: the key of caches and textures
  std::shared_ptr<const Trace> trace;  // that was asked
  std::shared_ptr<const Trace> other;  // side B's, where the answer draws on it, too; else null
  Question question;
  Scale scale = Scale::from_zero;
  bool on_other = false;   // the maps lie on side B's photo
  int rows = 0, cols = 0;  // of patches, on the part of the photo that the network reads; of a matrix: N and N
  std::vector<MapLabel> labels;
  std::vector<float> values;    // (count, rows, cols)
  std::vector<float> prefix;    // (count, T) what each map has on the prefix tokens
  std::vector<Range> own;       // (count) smallest to largest value of each map
  std::vector<Range> of_block;  // (count) of the maps of the same block together, see shared_range
  Range all;                    // of all maps together, likewise
  float even = 0;               // what every token would get if each got the same; 0: values are no shares
  std::shared_ptr<const BackwardRun> backward;  // that the maps needed; none: they needed none
  const char* unit = "%";     // of values that are no shares: "%" for parts of one, "px", "" for bare numbers
  int chosen = -1;            // the map that the question's parameters choose; -1: block and head do, see find
  std::vector<float> paint;   // (planes, 4, rows, cols) red, green, blue and cover, 0 … 1 and beyond: see PatchMap
  std::vector<double> facts;  // for the sentences of the analysis: its own affair
  std::shared_ptr<const BlockCurves> curves = {};  // null: there are none
  bool is_mask = false;                            // values are 0 and 1: drawn half transparent, with an outline
  std::shared_ptr<const MapTable> table = {};      // null: there is none
  std::vector<float> row_sums, column_sums;        // (N) of a matrix, else empty
  /// Of a comparison: what each side answers by itself, on its own photo. Else null.
  std::shared_ptr<const MapSet> side_a = {}, side_b = {};
  /// Of maps on one photo whose colours go on on the other: those there. Else null.
  std::shared_ptr<const MapSet> beside = {};

  /// The pass on whose photo the maps lie.
  const Trace& ground() const { return on_other ? *other : *trace; }

  int count() const { return static_cast<int>(labels.size()); }
  int patches() const { return rows * cols; }
  std::span<const float> map(int index) const {
    return {values.data() + static_cast<std::size_t>(index) * patches(), static_cast<std::size_t>(patches())};
  }
  std::span<const float> prefix_of(int index) const {
    const auto tokens = static_cast<std::size_t>(ground().grid.prefix);
    return {prefix.data() + static_cast<std::size_t>(index) * tokens, tokens};
  }
  float value(int index, int row, int col) const { return map(index)[static_cast<std::size_t>(row) * cols + col]; }
  PatchMap patch_map(int index) const;
  /// Where the four planes of a map begin in `paint`, or -1.
  std::ptrdiff_t paint_of(int index) const {
    const int planes = labels[static_cast<std::size_t>(index)].paint;
    return planes < 0 ? -1 : std::ptrdiff_t{4} * planes * patches();
  }
  /// The map that the question chooses, else that of a block and head: of a block with fewer heads its last one, of one
  /// with a single map that one, and of a block without any the first map of the set. -1 for an empty set.
  int find(int block, int head) const;
  /// What the ends of the colours mean for a map.
  Range range(int index, const Look& look) const;
  /// Whose colours the maps have.
  Colormap colormap(const Look& look) const;
};

/// Fills a set map by map.
class MapSetBuilder {
 public:
  /// `on_other`: the maps are of side B's tokens.
  MapSetBuilder(const Subject& subject, Question question, bool on_other = false);
  /// `row`: (N) a value for each token, prefix tokens first. `counts`: its patches are among those that the shared
  /// ranges are made from (a mean or a maximum of others is not).
  void add(MapLabel label, const float* row, bool counts = true);
  /// In place of all others: the one map of a set whose map is a matrix, row = query. What each map has on the prefix
  /// tokens stands in it, and `prefix` is 0. The sums are of the shares themselves, whatever their values here.
  void add_matrix(MapLabel label, const Matrix& values, std::vector<float> row_sums, std::vector<float> column_sums);
  /// Values are shares of a sum of 1 over all tokens.
  void are_shares() { set_->even = 1.f / static_cast<float>(set_->trace->grid.tokens()); }
  void took_backward(const BackwardRun& run) { set_->backward = std::make_shared<const BackwardRun>(run); }
  void have_unit(const char* unit) { set_->unit = unit; }
  void have_facts(std::vector<double> facts) { set_->facts = std::move(facts); }
  void have_curves(BlockCurves curves) { set_->curves = std::make_shared<const BlockCurves>(std::move(curves)); }
  /// The question's parameters choose this map.
  void choose(int index) { set_->chosen = index; }
  /// Colours of a map: (rows · cols) each of red, green, blue and cover. Returns what its label's `paint` is.
  int paint(std::span<const std::vector<float>, 4> planes);
  /// Values are shares by the question's direction: of both at once, the even share is that of one squared.
  void are_directed_shares();
  void are_masks() { set_->is_mask = true; }
  /// Values are differences: the ranges are as wide below zero as above it.
  void are_about_zero() { set_->scale = Scale::about_zero; }
  void compare(std::shared_ptr<const MapSet> side_a, std::shared_ptr<const MapSet> side_b);
  void have_beside(std::shared_ptr<const MapSet> beside) { set_->beside = std::move(beside); }
  void have_table(std::shared_ptr<const MapTable> table) { set_->table = std::move(table); }
  /// Ends it: ranges and the serial number.
  std::shared_ptr<const MapSet> finish();

 private:
  std::shared_ptr<MapSet> set_;
  std::map<int, std::vector<float>> counted_;  // values by block
};

}  // namespace vit
