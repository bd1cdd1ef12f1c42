// The table of one instruction set. This file is compiled several times: HEADLIGHT_ISA names the set.
#include "engine/kernels/kernels.h"

#include "engine/kernels/isa/backward.h"
#include "engine/kernels/isa/gemm.h"
#include "engine/kernels/isa/pack.h"
#include "engine/kernels/isa/peak.h"
#include "engine/kernels/isa/rows.h"
#include "engine/kernels/tables.h"

#define HEADLIGHT_JOIN(a, b) a##b
#define HEADLIGHT_TABLE_OF(isa) HEADLIGHT_JOIN(isa, _kernels)
#define HEADLIGHT_BACKWARD_OF(isa) HEADLIGHT_JOIN(isa, _backward_kernels)
#define HEADLIGHT_TEXT_OF(x) #x
#define HEADLIGHT_NAME_OF(isa) HEADLIGHT_TEXT_OF(isa)

namespace vit {
namespace {

constexpr KernelTable kTable = {
    .name = HEADLIGHT_NAME_OF(HEADLIGHT_ISA),
    .panel = kPanel,
    .row_block = kTileRows,
    .pack = pack,
    .gemm = gemm,
    .layer_norm = layer_norm,
    .softmax = softmax,
    .softmax_part = softmax_part,
    .scale = scale,
    .activate = activate,
    .swiglu = swiglu,
    .peak = peak,
};

constexpr BackwardKernels kBackward = {
    .layer_norm = layer_norm_backward,
    .softmax = softmax_backward,
    .activation = activation_backward,
    .swiglu = swiglu_backward,
};

}  // namespace

const KernelTable& HEADLIGHT_TABLE_OF(HEADLIGHT_ISA)() {
  return kTable;
}

const BackwardKernels& HEADLIGHT_BACKWARD_OF(HEADLIGHT_ISA)() {
  return kBackward;
}

}  // namespace vit
