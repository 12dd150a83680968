package io.llmproxy.gateway.proof;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.port.StateSource;
import io.llmproxy.runtime.KeySecrets;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A tenant that nobody else knows, with a key, simulated providers, and limits that the load of the proof uses up. */
final class Sandbox implements StateSource {
    static final String MODEL = "simulated-small";
    static final String FAILING = "failing/simulated-small";

    private final String secret = KeySecrets.generate();
    private final Instant now;
    private final Tenant tenant;
    private final List<Limit> limits;
    private volatile boolean empty;

    /** @param requests how many will be sent */
    Sandbox(Instant now, int requests, int parallel) {
        this.now = now;
        this.tenant = new Tenant(
                Ids.next(now), "proof", "Proof of limits", Tenant.Status.ACTIVE, TenantSettings.DEFAULT, now, now);
        this.limits = List.of(
                limit(LimitScope.TENANT, LimitMetric.TOKENS, requests * 20L, LimitPeriod.DAY),
                limit(LimitScope.USER, LimitMetric.OUTPUT_TOKENS, requests * 8L, LimitPeriod.MONTH),
                limit(LimitScope.KEY, LimitMetric.REQUESTS, Math.max(1, requests / 2), LimitPeriod.HOUR),
                limit(LimitScope.MODEL, LimitMetric.REQUESTS, Math.max(1, requests / 2), LimitPeriod.TOTAL),
                limit(LimitScope.TENANT, LimitMetric.CONCURRENCY, Math.max(1, parallel / 2), LimitPeriod.NONE));
    }

    private Limit limit(LimitScope scope, LimitMetric metric, long amount, LimitPeriod period) {
        String id = Ids.next(now).toString();
        return Limit.of(id, scope, metric, amount, period, LimitAlgorithm.of(period), LimitOrigin.ADMIN)
                .of(tenant.id());
    }

    String secret() {
        return secret;
    }

    List<Limit> limits() {
        return limits;
    }

    /** It is over: nobody and nothing is in it any more. */
    void empty() {
        empty = true;
    }

    @Override
    public long revision() {
        return empty ? 2 : 1;
    }

    @Override
    public void changed() {}

    @Override
    public ManagedState load(@Nullable String tenantSlug) {
        if (empty) {
            return new ManagedState(2, List.of(), List.of(), List.of(), List.of());
        }
        ApiKey key = new ApiKey(
                Ids.next(now),
                tenant.id(),
                null,
                "proof",
                KeySecrets.hash(secret),
                KeySecrets.displayed(secret),
                null,
                null,
                KeyScope.ANY,
                null,
                null,
                false,
                null,
                now,
                now);
        return new ManagedState(
                1,
                List.of(tenant),
                List.of(),
                List.of(key),
                List.of(provider("simulated", 0), provider("failing", 0.5)),
                List.of(),
                limits);
    }

    private ProviderAccount provider(String name, double fail) {
        return new ProviderAccount(
                Ids.next(now),
                tenant.id(),
                name,
                ProviderKind.SIMULATED,
                URI.create("simulated:?first-byte=2ms&tokens-per-second=20000&tokens=12&fail=" + fail),
                new Credential.None(),
                List.of(),
                0,
                1,
                Map.of(),
                null,
                ProviderTimeouts.DEFAULT,
                ProviderEgress.DEFAULT,
                StreamUsage.AUTO,
                true,
                true,
                now,
                now);
    }
}
