#include "app/analysis/inside_watch.h"

#include <tuple>

namespace headlight {

std::shared_ptr<const vit::HeadNumbers> InsideWatch::update(const std::shared_ptr<const vit::Trace>& trace, int block,
                                                            int head, int query) {
  if (std::tie(run_, block_, head_, query_) != std::tie(trace->run, block, head, query)) {
    std::tie(run_, block_, head_, query_) = std::tie(trace->run, block, head, query);
    desk_->ask(kPlace, [trace, block, head, query](const std::stop_token& stop) {
      return std::make_shared<const Answer>(Answer{trace->run, vit::head_numbers(*trace, block, head, query, stop)});
    });
  }
  const auto answer = std::static_pointer_cast<const Answer>(desk_->answer(kPlace));
  const bool fits = answer && answer->run == run_ && answer->numbers.block == block && answer->numbers.head == head &&
                    answer->numbers.query == query;
  return fits ? std::shared_ptr<const vit::HeadNumbers>(answer, &answer->numbers) : nullptr;
}

}  // namespace headlight
