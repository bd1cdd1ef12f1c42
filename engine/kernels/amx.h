// Whether the tiles of AMX may be used. They have been tried on an emulated processor only, so they prove themselves
// first.
#pragma once

namespace vit {

/// The processor has AMX with bf16 products, the system lets this process use it (Linux asks for a request), and a
/// small product equals that of AVX-512 BF16, which it must have, too. Asks the system on the first call; the same
/// answer afterwards.
bool amx_works();

}  // namespace vit
