// The model's blocks and heads in the left column. A head count that no file tells stands there in amber, with the
// other likely ones a press away.
#pragma once

namespace headlight {

struct Bench;

/// Needs an open model.
void draw_heads_line(Bench& bench);

}  // namespace headlight
