package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.port.LimitLeases;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** A book that one process alone writes in, and that answers at once: what is left is what a share costs the requests themselves. */
final class BookOfOne implements LimitLeases {
    @Override
    public Duration lease() {
        return Duration.ofMinutes(1);
    }

    @Override
    public Start join() {
        return new Start(Instant.now(), Map.of());
    }

    @Override
    public Round exchange(List<Ask> asks) {
        return new Round(Instant.now(), 1, asks.stream().map(BookOfOne::given).toList(), List.of(), Map.of());
    }

    private static Given given(Ask ask) {
        long free = ask.limit().amount() - ask.keep();
        long share = ask.keep() + (ask.more() > 0 ? free - free / 4 : 0);
        long sure = LimitLeases.sparing(ask.limit())
                ? Math.min(share, Math.max(ask.sure(), ask.used() + Math.max(ask.soon(), (share - ask.used()) / 8)))
                : share;
        return new Given(share, sure, 0, 0, ask.limit().amount() - share);
    }

    @Override
    public Map<Place, Long> used(Collection<Limit> limits) {
        return Map.of();
    }

    @Override
    public long reset(Limit limit) {
        return 0;
    }

    @Override
    public void leave(List<Ask> last) {
        // nobody else is there
    }
}
