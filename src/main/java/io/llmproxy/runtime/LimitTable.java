package io.llmproxy.runtime;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.IpAddress;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Due;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The limits that requests of one kind are under, so laid out that a request meets those alone that are about it: by scope, and
 * those of one certain subject by that subject. Immutable.
 */
public final class LimitTable {
    public static final LimitTable EMPTY = new LimitTable(List.of(), Named.NONE);

    private final List<Due> each;
    private final Map<Object, List<Due>> bySubject = new HashMap<>();
    private final List<Patterned> models = new ArrayList<>();
    private final List<Patterned> endpoints = new ArrayList<>();
    private final List<Ranged> ranges = new ArrayList<>();
    private final boolean budgets;
    private final boolean costs;
    private final boolean foreseen;
    private final boolean lasting;
    private final boolean precise;
    private final boolean placed;

    /** Who is meant by the subject of a limit of users or keys, which may be an id, an e-mail address or a name. */
    public interface Named {
        List<UUID> users(String subject);

        List<UUID> keys(String subject);

        Named NONE = new Named() {
            @Override
            public List<UUID> users(String subject) {
                return List.of();
            }

            @Override
            public List<UUID> keys(String subject) {
                return List.of();
            }
        };
    }

    private record Patterned(Due due, Glob glob) {}

    private record Ranged(Due due, Cidr range) {}

    /** Takes the limits that a request is under. */
    public interface Collector {
        void add(Due due);
    }

    /**
     * What limits ask of a request; null is what it does not have.
     *
     * @param user the user, or the key where it has none
     * @param place null: exempt from limits of addresses
     * @param model as the provider knows it
     * @param path what the client asked for, without query and a slash at the end; null: no limit is about it, or it is not known
     */
    public record Facts(
            UUID tenant,
            UUID user,
            UUID key,
            @Nullable Place place,
            @Nullable String asked,
            @Nullable String model,
            String endpoint,
            @Nullable String path,
            @Nullable UUID providerId,
            @Nullable String provider) {

        /** Written out, since every request compares one, and what the compiler writes for records is slow until a process has run long. */
        @Override
        public boolean equals(@Nullable Object o) {
            return o instanceof Facts other
                    && key.equals(other.key)
                    && user.equals(other.user)
                    && tenant.equals(other.tenant)
                    && endpoint.equals(other.endpoint)
                    && Objects.equals(path, other.path)
                    && Objects.equals(asked, other.asked)
                    && Objects.equals(model, other.model)
                    && Objects.equals(providerId, other.providerId)
                    && Objects.equals(provider, other.provider)
                    && Objects.equals(place, other.place);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * key.hashCode() + Objects.hashCode(asked)) + Objects.hashCode(model);
        }
    }

    /** An address that a request comes from. */
    public static final class Place {
        /** So many bytes of an IPv6 address tell customers apart. */
        private static final int NETWORK = 8;

        private final byte[] address;

        /** @param address 4 or 16 bytes, given away */
        public Place(byte[] address) {
            this.address = address;
        }

        private CounterKey.Address subject() {
            return CounterKey.Address.of(address);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(address);
        }

        @Override
        public boolean equals(@Nullable Object o) {
            return o instanceof Place other && Arrays.equals(address, other.address);
        }

        private boolean in(Cidr range) {
            return range.contains(address);
        }

        /** @param whole false: of an IPv6 address the /64 network, which belongs to one customer */
        String text(boolean whole) {
            byte[] kept = address.clone();
            if (!whole && kept.length > NETWORK) {
                Arrays.fill(kept, NETWORK, kept.length, (byte) 0);
            }
            return IpAddress.format(kept);
        }
    }

    public LimitTable(List<Limit> limits, Named named) {
        List<Limit> ordered = limits.stream()
                .sorted(Comparator.comparing(Limit::scope).thenComparing(Limit::id))
                .toList();
        each = ordered.stream().filter(l -> l.subject() == null).map(Due::ofAll).toList();
        ordered.stream().filter(l -> l.subject() != null).forEach(l -> index(l, named));
        budgets = limits.stream().anyMatch(l -> l.metric().budget());
        foreseen = limits.stream().anyMatch(Limit::foreseen);
        costs = limits.stream().anyMatch(l -> l.metric() == LimitMetric.COST);
        lasting = limits.stream().anyMatch(LimitTable::lasts);
        placed = limits.stream().anyMatch(l -> l.scope() == LimitScope.IP);
        precise = ranges.stream().anyMatch(r -> lasts(r.due.limit()) && r.range.bits() > Byte.SIZE * Place.NETWORK);
    }

    /** Whether addresses have to be kept for it, so that their use is found again after a restart. */
    private static boolean lasts(Limit limit) {
        return limit.scope() == LimitScope.IP && limit.period().durable();
    }

    private void index(Limit limit, Named named) {
        String subject = String.valueOf(limit.subject());
        switch (limit.scope()) {
            case KEY -> named.keys(subject).forEach(id -> of(id).add(Due.ofAll(limit)));
            case USER -> named.users(subject).forEach(id -> of(id).add(Due.ofAll(limit)));
            case PROVIDER -> of(subject).add(Due.ofAll(limit));
            case MODEL -> models.add(new Patterned(Due.ofAll(limit), limit.pattern()));
            case ENDPOINT -> endpoints.add(new Patterned(Due.ofAll(limit), limit.pattern()));
            case IP -> ranges.add(new Ranged(Due.ofAll(limit), Cidr.parse("scope", subject)));
            case TENANT, GLOBAL -> throw new IllegalStateException(limit + " has a subject");
        }
    }

    private List<Due> of(Object subject) {
        return bySubject.computeIfAbsent(subject, s -> new ArrayList<>());
    }

    /** Whether any of them is about addresses, and counts for longer than a process may live. */
    boolean lasting() {
        return lasting;
    }

    /** Whether one of these is about less than a /64 network. */
    boolean precise() {
        return precise;
    }

    /** Whether one of these counts that address. */
    boolean lasting(Place place) {
        return lasting
                && (each.stream().anyMatch(d -> lasts(d.limit()))
                        || ranges.stream().anyMatch(r -> lasts(r.due.limit()) && place.in(r.range)));
    }

    /** Whether any of them can be judged by a request's head. */
    public boolean foreseen() {
        return foreseen;
    }

    /** Whether any of them counts tokens or money. */
    public boolean budgets() {
        return budgets;
    }

    /** Whether any of them counts money. */
    public boolean costs() {
        return costs;
    }

    /** Whether any of them is about certain endpoints, which may be named by paths. */
    public boolean pathed() {
        return !endpoints.isEmpty();
    }

    /** Whether any of them is about addresses. */
    public boolean placed() {
        return placed;
    }

    public boolean isEmpty() {
        return each.isEmpty() && bySubject.isEmpty() && models.isEmpty() && endpoints.isEmpty() && ranges.isEmpty();
    }

    /** The limits of global and address scope that need nothing but an address. */
    public void early(@Nullable Place place, Collector out) {
        CounterKey.Address subject = place == null || each.isEmpty() ? null : place.subject();
        for (Due due : each) {
            if (due.limit().scope() == LimitScope.GLOBAL) {
                out.add(due);
            } else if (subject != null) {
                out.add(due.of(subject));
            }
        }
        addRanges(place, out);
    }

    /** The limits of addresses alone. */
    public void places(Place place, Collector out) {
        CounterKey.Address subject = place.subject();
        for (Due due : each) {
            if (due.limit().scope() == LimitScope.IP) {
                out.add(due.of(subject));
            }
        }
        addRanges(place, out);
    }

    /** All that the request is under, the narrowest scope first but for those of certain subjects, which come before all. */
    public void collect(Facts facts, Collector out) {
        if (!bySubject.isEmpty()) {
            add(bySubject.get(facts.key()), LimitScope.KEY, out);
            add(bySubject.get(facts.user()), LimitScope.USER, out);
            if (facts.provider() != null) {
                add(bySubject.get(facts.provider()), LimitScope.PROVIDER, out);
            }
        }
        addRanges(facts.place(), out);
        for (Patterned p : models) {
            if (matches(p.glob, facts.asked()) || matches(p.glob, facts.model())) {
                out.add(p.due);
            }
        }
        for (Patterned p : endpoints) {
            if (p.glob.matches(facts.endpoint()) || matches(p.glob, facts.path())) {
                out.add(p.due);
            }
        }
        for (Due due : each) {
            Object subject = subject(due.limit(), facts);
            if (subject != null) {
                out.add(due.of(subject));
            }
        }
    }

    private static boolean matches(Glob glob, @Nullable String name) {
        return name != null && glob.matches(name);
    }

    private static void add(@Nullable List<Due> dues, LimitScope scope, Collector out) {
        if (dues != null) {
            for (Due due : dues) {
                // a key without a user is its own user, and so is found twice
                if (due.limit().scope() == scope) {
                    out.add(due);
                }
            }
        }
    }

    private void addRanges(@Nullable Place place, Collector out) {
        if (place != null) {
            for (Ranged ranged : ranges) {
                if (place.in(ranged.range)) {
                    out.add(ranged.due);
                }
            }
        }
    }

    /** Null where the request has nothing that the limit is about. */
    private static @Nullable Object subject(Limit limit, Facts facts) {
        return switch (limit.scope()) {
            case KEY -> facts.key();
            case USER -> facts.user();
            case IP -> facts.place() == null ? null : facts.place().subject();
            case MODEL -> model(facts);
            case ENDPOINT -> facts.endpoint();
            case PROVIDER -> facts.providerId();
            case TENANT -> facts.tenant();
            case GLOBAL -> CounterKey.ONE;
        };
    }

    private static CounterKey.@Nullable Model model(Facts facts) {
        String name = facts.model() == null ? facts.asked() : facts.model();
        return name == null ? null : new CounterKey.Model(name);
    }
}
