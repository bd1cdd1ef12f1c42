// Attention as a view of queries and keys: rows, columns and whole heads of a trace, computed when asked for.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/base/choices.h"
#include "engine/base/matrix.h"
#include "engine/network/trace.h"
#include "engine/network/windows.h"

namespace vit {

/// Which probabilities: the softmax's output, or the same after attn_drop (differs in training mode only).
enum class Stage : std::uint8_t { softmax, after_dropout };
std::span<const Choice<Stage>> choices(Stage);

/// Row `query` of a head: where that token looks. (N), sums to 1 at Stage::softmax. In a windowed block what lies
/// outside the query's window has 0, and the sum lacks what goes to the window's padding, see Windows.
std::vector<float> attention_row(const Trace& trace, int block, int head, int query, Stage stage = Stage::softmax);

/// The same row of every head of a block: (h, N).
Matrix attention_rows(const Trace& trace, int block, int query, Stage stage = Stage::softmax);

/// The patches that a query sees in a block that works in windows, and that see it; none: they all do.
std::optional<Window> window_around(const Trace& trace, int block, int query);

/// Floats that attention_rows reads of a block: what asking costs. A million take about a millisecond.
double floats_read(const Trace& trace, int block);

/// Column `key` of a head: who looks at that token. (N).
std::vector<float> attention_column(const Trace& trace, int block, int head, int key, Stage stage = Stage::softmax);

/// The same column of every head of a block: (h, N). It needs all rows: N times what attention_rows reads.
Matrix attention_columns(const Trace& trace, int block, int key, Stage stage = Stage::softmax);

/// A whole head: (N, N), row = query.
Matrix attention_head(const Trace& trace, int block, int head, Stage stage = Stage::softmax);

/// Some rows of a head: (count, N), those of the queries from `first` on.
Matrix attention_part(const Trace& trace, int block, int head, int first, int count, Stage stage = Stage::softmax);

/// Over the heads of a block, for one query: (N).
std::vector<float> attention_mean(const Trace& trace, int block, int query, Stage stage = Stage::softmax);
std::vector<float> attention_max(const Trace& trace, int block, int query, Stage stage = Stage::softmax);

}  // namespace vit
