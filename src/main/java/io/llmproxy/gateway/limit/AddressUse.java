package io.llmproxy.gateway.limit;

import io.llmproxy.domain.identity.IpAddress;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Due;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.LimitTable;
import io.llmproxy.runtime.RuntimeSnapshot;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tells what the ledger knows of the use of limits of addresses. No table has their sums, so it reads the records of the time one by
 * one: several times where there are so many addresses that their sums would fill the memory. Blocks.
 */
final class AddressUse {
    /** How many counters are summed up at one time: some 20 MB. */
    private static final int AT_ONCE = 131_072;

    private static final int MOST_PARTS = 64;

    private final UsageStore ledger;
    private final int atOnce;

    AddressUse(UsageStore ledger) {
        this(ledger, AT_ONCE);
    }

    AddressUse(UsageStore ledger, int atOnce) {
        this.ledger = ledger;
        this.atOnce = atOnce;
    }

    /** When what counts now of a limit began; null: ever. */
    private record Begin(@Nullable Instant at) {
        boolean covers(UsageRecord record) {
            return at == null || !record.startedAt().isBefore(at);
        }
    }

    /**
     * Tells what each counter of the limits has counted; of a counter more than once where they are many.
     *
     * @param begin when what counts now of a limit began, or its look back begins; null: ever
     */
    void of(
            RuntimeSnapshot snapshot,
            Collection<Limit> limits,
            Function<Limit, @Nullable Instant> begin,
            LookBack back,
            Consumer<PastUse> sink) {
        if (limits.isEmpty()) {
            return;
        }
        Map<String, Begin> begins = new HashMap<>();
        limits.forEach(l -> begins.put(l.id(), new Begin(begin.apply(l))));
        int parts = 1;
        while (!told(snapshot, begins, back, parts, sink) && parts < MOST_PARTS) {
            parts *= 2;
        }
    }

    /** @return false: so many parts are too few, and not all was told */
    private boolean told(
            RuntimeSnapshot snapshot, Map<String, Begin> begins, LookBack back, int parts, Consumer<PastUse> sink) {
        for (int part = 0; part < parts; part++) {
            Sums sums = new Sums(begins, back, part, parts);
            ledger.each(new UsageQuery(null, null, earliest(begins), null), r -> add(snapshot, r, sums));
            if (sums.tooMany() && parts < MOST_PARTS) {
                return false;
            }
            sums.tell(sink);
        }
        return true;
    }

    private static @Nullable Instant earliest(Map<String, Begin> begins) {
        Instant earliest = Instant.MAX;
        for (Begin begin : begins.values()) {
            Instant at = begin.at();
            if (at == null) {
                return null;
            }
            earliest = at.isBefore(earliest) ? at : earliest;
        }
        return earliest;
    }

    private static void add(RuntimeSnapshot snapshot, UsageRecord record, Sums sums) {
        String text = record.caller().address();
        byte[] address = text == null || !record.charged() ? null : IpAddress.parse(text);
        if (address == null || sums.tooMany()) {
            return;
        }
        LimitTable.Place place = new LimitTable.Place(address);
        sums.record = record;
        snapshot.limits().early().places(place, sums);
        snapshot.limits().of(record.tenantId()).places(place, sums);
    }

    /** The sums of a part of all counters. */
    private final class Sums implements LimitTable.Collector {
        private final Map<String, Begin> begins;
        private final LookBack back;
        private final int part;
        private final int parts;
        private final Map<CounterKey, Charge> used = new HashMap<>();
        private final Map<CounterKey, SlicedUse> sliced = new HashMap<>();
        private int slices;
        private @Nullable UsageRecord record;

        Sums(Map<String, Begin> begins, LookBack back, int part, int parts) {
            this.begins = begins;
            this.back = back;
            this.part = part;
            this.parts = parts;
        }

        boolean tooMany() {
            return used.size() + slices > atOnce && parts < MOST_PARTS;
        }

        @Override
        public void add(Due due) {
            UsageRecord counted = record;
            Limit limit = due.limit();
            CounterKey key = due.key();
            Begin begin = begins.get(limit.id());
            if (counted != null && begin != null && begin.covers(counted) && mine(key)) {
                Charge charge = new Charge(limit, key, LedgerUse.amount(limit, UsageQuery.Sum.of(counted)));
                if (LookBack.needs(limit)) {
                    long until = back.until(LookBack.slice(counted.startedAt(), limit.period()), limit.period());
                    SlicedUse one = sliced.computeIfAbsent(key, k -> new SlicedUse(limit, k));
                    slices += one.add(until, charge.amount()) ? 1 : 0;
                } else {
                    used.merge(key, charge, (a, b) -> new Charge(a.limit(), a.key(), a.amount() + b.amount()));
                }
            }
        }

        void tell(Consumer<PastUse> sink) {
            used.values().forEach(charge -> sink.accept(PastUse.now(charge)));
            sliced.values().forEach(one -> {
                Begin begin = begins.get(one.limit().id());
                if (begin != null && begin.at != null) {
                    sink.accept(one.past(back, begin.at));
                }
            });
        }

        private boolean mine(CounterKey key) {
            return Math.floorMod((key.hashCode() * 0x9E3779B9) >>> 16, parts) == part;
        }
    }
}
