package io.llmproxy.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The reads about limits. A tenant sees its own limits and those of the installation that it is under, but of the latter only what
 * it has used itself.
 */
final class LimitReads {
    private final AdminStores stores;
    private final TenantAccess access;

    LimitReads(AdminStores stores, TenantAccess access) {
        this.stores = stores;
        this.access = access;
    }

    /** Who was asked about. */
    private record View(@Nullable Tenant tenant) {
        boolean shows(Limit limit) {
            return limit.tenantId() == null
                    || tenant != null && limit.tenantId().equals(tenant.id());
        }

        LimitView of(Limit limit, LiveLimits live) {
            return new LimitView(limit, limit.tenantId() == null ? null : tenant, live.subject(limit));
        }
    }

    List<LimitView> list(Actor actor, @Nullable String slug) {
        View view = view(actor, slug);
        return stores.live().inForce().get().values().stream()
                .filter(view::shows)
                .filter(limit -> actor.admin() || reached(view.tenant(), limit))
                .sorted(Comparator.comparing(Limit::scope)
                        .reversed()
                        .thenComparing(l -> l.subject() == null ? "" : l.subject())
                        .thenComparing(Limit::id))
                .map(limit -> view.of(limit, stores.live()))
                .toList();
    }

    /** What an installation's limit names of another tenant, its users, keys and providers, is not told to this one. */
    private boolean reached(@Nullable Tenant tenant, Limit limit) {
        String subject = limit.subject();
        if (subject == null || limit.tenantId() != null) {
            return true;
        }
        if (tenant == null) {
            return false;
        }
        return switch (limit.scope()) {
            case USER -> stores.users().find(tenant.id(), subject).isPresent();
            case KEY -> stores.keys().find(tenant.id(), subject).isPresent();
            case PROVIDER ->
                stores.providers().find(tenant.id(), subject).isPresent()
                        || stores.providers().find(null, subject).isPresent();
            case GLOBAL, TENANT, MODEL, ENDPOINT, IP -> true;
        };
    }

    LimitView find(Actor actor, @Nullable String slug, String id) {
        return list(actor, slug).stream()
                .filter(v -> v.limit().id().equals(id))
                .findFirst()
                .orElseThrow(() -> AdminException.notFound("limit", id));
    }

    List<LimitView.Usage> usage(Actor actor, @Nullable String slug) {
        List<LimitView.Usage> out = new ArrayList<>();
        Tenant tenant = view(actor, slug).tenant;
        List<LimitView> views = list(actor, slug);
        Map<String, Map<CounterKey, Long>> all = counted(views);
        Map<UUID, String> addresses = tenant == null ? stores.live().addresses().get() : Map.of();
        for (LimitView view : views) {
            int before = out.size();
            boolean shared = view.limit().tenantId() == null && tenant != null;
            all.getOrDefault(view.limit().id(), Map.of()).forEach((key, used) -> {
                Subject subject = subject(tenant, key);
                boolean own = tenant != null && tenant.id().equals(subject.tenantId);
                if (!shared || own) {
                    out.add(new LimitView.Usage(
                            view,
                            subject.name,
                            name(key, addresses),
                            used,
                            stores.live().passed().applyAsLong(key)));
                }
            });
            if (out.size() == before && !shared) {
                out.add(new LimitView.Usage(view, null, null, 0, 0));
            }
        }
        return out;
    }

    /** The counters of each limit by its id; of limits with the days of each tenant, in all zones that tenants have. */
    private Map<String, Map<CounterKey, Long>> counted(List<LimitView> views) {
        List<Limit> limits = views.stream().map(LimitView::limit).toList();
        Map<String, Map<CounterKey, Long>> counted = new HashMap<>();
        count(limits, counted);
        for (ZoneId zone : stores.live().zones().get()) {
            List<Limit> there = limits.stream()
                    .filter(l -> l.zoned() && l.byDays() && !l.zone().equals(zone))
                    .map(l -> l.in(zone))
                    .toList();
            if (!there.isEmpty()) {
                count(there, counted);
            }
        }
        return counted;
    }

    private void count(List<Limit> limits, Map<String, Map<CounterKey, Long>> counted) {
        stores.live()
                .counters()
                .used(limits)
                .forEach((key, used) -> counted.computeIfAbsent(key.limitId(), id -> new HashMap<>())
                        .merge(key, used, Math::max));
    }

    private record Subject(
            @Nullable UUID tenantId, @Nullable String name) {}

    private Subject subject(@Nullable Tenant tenant, CounterKey key) {
        if (!(key.subject() instanceof UUID id)) {
            String text = key.subject().toString();
            return new Subject(null, text.equals(CounterKey.ONE) ? null : text);
        }
        LiveLimits.Named named = stores.live().owners().apply(id);
        if (named != null) {
            return new Subject(named.tenantId(), named.name());
        }
        User user = tenant == null
                ? null
                : stores.users().find(tenant.id(), id.toString()).orElse(null);
        return user == null ? new Subject(null, id.toString()) : new Subject(user.tenantId(), user.email());
    }

    private static @Nullable String name(CounterKey key, Map<UUID, String> addresses) {
        return key.subject() instanceof UUID id ? addresses.get(id) : null;
    }

    private View view(Actor actor, @Nullable String slug) {
        Permissions.checkTenantReader(actor);
        if (slug == null) {
            access.checkInstallation(actor, "limits of the installation");
            return new View(null);
        }
        return new View(access.read(actor, slug));
    }
}
