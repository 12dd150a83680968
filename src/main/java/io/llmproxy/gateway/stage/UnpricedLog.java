package io.llmproxy.gateway.stage;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.UsageRecord;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Warns of models whose price nobody knows: of each once an hour, and of {@value #MAX} at most, since clients choose their names.
 * The counter {@code llmproxy_requests_unpriced} has them all. Thread-safe.
 */
final class UnpricedLog {
    static final int MAX = 256;
    private static final Logger LOG = System.getLogger(UnpricedLog.class.getName());
    private static final Duration PAUSE = Duration.ofHours(1);

    private final ConcurrentMap<Of, Instant> told = new ConcurrentHashMap<>();

    private record Of(String tenant, String provider, String model) {}

    /** Returns whether it warned. */
    boolean note(UsageRecord record) {
        boolean warned = record.cost().state() != Cost.State.PRICED && due(record);
        if (warned) {
            LOG.log(Level.WARNING, warning(record));
        }
        return warned;
    }

    private boolean due(UsageRecord record) {
        Of of = new Of(record.tenantSlug(), or(record.provider()), or(record.upstreamModel()));
        Instant now = record.startedAt();
        Instant last = told.get(of);
        if (last == null) {
            return told.size() < MAX && told.putIfAbsent(of, now) == null;
        }
        return now.isAfter(last.plus(PAUSE)) && told.replace(of, last, now);
    }

    private static String warning(UsageRecord record) {
        String provider = or(record.provider());
        String model = or(record.upstreamModel());
        String what = record.cost().state() == Cost.State.PARTIAL ? "no price of a part is known" : "no price is known";
        return what + " for the model " + Checks.quoted(model) + " of the provider `" + provider + "` (tenant "
                + record.tenantSlug()
                + "): its requests are marked, and their cost is not all there. See llmproxyctl -t "
                + record.tenantSlug() + " price show, and set one with price set --provider " + provider
                + ". This is said once an hour";
    }

    private static String or(@Nullable String text) {
        return text == null ? "" : text;
    }
}
