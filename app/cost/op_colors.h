// One colour for each kind of work, the same in the bar, the table and all plots.
#pragma once

#include "engine/network/operators.h"

namespace headlight {

/// 0xRRGGBB, on a dark or a light ground.
unsigned op_color(vit::Op op, bool dark);

/// Operators of one colour have marks of different shape.
enum class PlotMark : unsigned char { circle, square, diamond };
PlotMark op_mark(vit::Op op);

}  // namespace headlight
