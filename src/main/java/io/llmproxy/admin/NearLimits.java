package io.llmproxy.admin;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.port.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The limits that are nearest to their end; looked up once a second at most and for a tenth of the time, as there may be many counters.
 * Thread-safe; blocks.
 */
public final class NearLimits {
    /** How many are told. */
    public static final int MOST = 10;

    private static final int SHARE = 9;
    private static final Duration KEPT = Duration.ofSeconds(1);

    private final LiveLimits live;
    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock, as are the next ones
    private List<Near> last = List.of();
    private long at;
    private long pause;
    private boolean known;

    /** @param nanos a counter of nanoseconds, as {@link System#nanoTime} */
    public NearLimits(LiveLimits live, LongSupplier nanos) {
        this.live = live;
        this.nanos = nanos;
    }

    /**
     * A limit and who has used how much of it.
     *
     * @param subject whose use it is; null where the limit has one counter
     * @param tenantId the tenant of that subject; null: nobody knows, or it is of none
     */
    public record Near(
            Limit limit, @Nullable String subject, @Nullable UUID tenantId, long used) {
        /** 0: nothing is used; 1: all of it. */
        public double share() {
            return limit.amount() <= 0 ? 0 : (double) used / limit.amount();
        }
    }

    /** The one with the greatest share first; those of which nothing is used are left out. */
    public List<Near> nearest() {
        lock.lock();
        try {
            long now = nanos.getAsLong();
            if (!known || now - at > pause) {
                last = looked();
                at = nanos.getAsLong();
                pause = Math.max(KEPT.toNanos(), (at - now) * SHARE);
                known = true;
            }
            return last;
        } finally {
            lock.unlock();
        }
    }

    /** Counters that are away tell nothing, and whoever shows the state of the server says that they are away. */
    private List<Near> looked() {
        try {
            return all();
        } catch (StoreException away) {
            return List.of();
        }
    }

    private List<Near> all() {
        Map<String, Limit> limits = live.inForce().get();
        List<Near> all = new ArrayList<>();
        live.counters().used(limits.values()).forEach((key, used) -> {
            Limit limit = limits.get(key.limitId());
            if (limit != null && used > 0) {
                Near near = near(limit, key, used);
                if (near != null) {
                    all.add(near);
                }
            }
            if (all.size() > 50 * MOST) {
                cut(all);
            }
        });
        cut(all);
        return List.copyOf(all);
    }

    private static void cut(List<Near> all) {
        all.sort(Comparator.comparingDouble(Near::share)
                .reversed()
                .thenComparing(n -> n.limit().id()));
        if (all.size() > MOST) {
            all.subList(MOST, all.size()).clear();
        }
    }

    /** Null where nobody uses anything of it any more. */
    private @Nullable Near near(Limit limit, CounterKey key, long used) {
        if (key.subject() instanceof UUID id) {
            LiveLimits.Named named = live.owners().apply(id);
            if (named == null) {
                return new Near(limit, id.toString(), limit.tenantId(), used);
            }
            return named.over() ? null : new Near(limit, named.name(), named.tenantId(), used);
        }
        if (live.over(limit)) {
            return null;
        }
        String text = key.subject().toString();
        return new Near(limit, text.equals(CounterKey.ONE) ? live.subject(limit) : text, limit.tenantId(), used);
    }

    /** The slug of a tenant among some. */
    public static @Nullable String slug(@Nullable UUID id, List<Tenant> tenants) {
        return tenants.stream()
                .filter(t -> t.id().equals(id))
                .map(Tenant::slug)
                .findFirst()
                .orElse(null);
    }
}
