package io.llmproxy.gateway.resilience;

import io.llmproxy.port.Provider;
import io.llmproxy.runtime.RuntimeSnapshot;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** How all providers do, as the traffic of this process shows it. Survives a change of their accounts. Thread-safe. */
public final class HealthBoard {
    private final ResilienceRules rules;
    private final long origin = System.nanoTime();
    private final Map<UUID, ProviderHealth> providers = new ConcurrentHashMap<>();

    public HealthBoard(ResilienceRules rules) {
        this.rules = rules;
    }

    /** Nanoseconds of the counter that health is judged by, above 0. */
    public long now() {
        return at(System.nanoTime());
    }

    /** The same of a moment of the machine's own counter. */
    public long at(long nanos) {
        return nanos - origin + 1;
    }

    public ProviderHealth of(Provider provider) {
        UUID id = provider.account().id();
        ProviderHealth known = providers.get(id);
        return known != null ? known : providers.computeIfAbsent(id, i -> new ProviderHealth(rules));
    }

    /** Whose failures are told apart there: the tenant's where several share the provider; else null. */
    public static @Nullable UUID blamed(Provider provider, UUID tenant) {
        return provider.account().shared() ? tenant : null;
    }

    /** Null: nothing was sent there yet. */
    public @Nullable ProviderHealth find(UUID provider) {
        return providers.get(provider);
    }

    /** Forgets providers that are no more. */
    public void retain(RuntimeSnapshot state) {
        Set<UUID> alive = new HashSet<>();
        state.tenants()
                .values()
                .forEach(t -> t.providers()
                        .values()
                        .forEach(p -> alive.add(p.account().id())));
        providers.keySet().retainAll(alive);
    }

    /** Targets whose breaker is not closed. */
    public int open() {
        long now = now();
        int open = 0;
        for (ProviderHealth provider : providers.values()) {
            for (TargetHealth target : provider.models()) {
                open += target.open(now);
            }
        }
        return open;
    }
}
