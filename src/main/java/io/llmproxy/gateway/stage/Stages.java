package io.llmproxy.gateway.stage;

import io.llmproxy.gateway.Audience;
import io.llmproxy.gateway.BodyMemory;
import io.llmproxy.gateway.Gateway;
import io.llmproxy.gateway.GatewaySettings;
import io.llmproxy.gateway.InFlight;
import io.llmproxy.gateway.KeyRing;
import io.llmproxy.gateway.LastUse;
import io.llmproxy.gateway.Ledger;
import io.llmproxy.gateway.PassedLimits;
import io.llmproxy.gateway.Pipeline;
import io.llmproxy.gateway.audit.Transcripts;
import io.llmproxy.gateway.estimate.UsageEstimator;
import io.llmproxy.gateway.idempotency.IdempotentRuns;
import io.llmproxy.gateway.limit.Limiter;
import io.llmproxy.gateway.object.Ownership;
import io.llmproxy.gateway.privacy.Redactors;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.ObjectStore;
import io.llmproxy.port.Telemetry;
import io.llmproxy.port.Tokenizer;
import io.llmproxy.port.Tracing;
import io.llmproxy.runtime.Snapshots;
import java.time.InstantSource;
import java.util.List;

/** The stages of the gateway in their order: read the list down for the request, up for the answer. */
public final class Stages {
    private Stages() {}

    /**
     * A gateway of all stages; it follows the snapshots from now on, so one is made per process.
     *
     * @param ledger takes the account of every request
     * @param objects whose the objects are that providers store
     * @param tokenizer counts where a provider does not
     * @param runs of requests with an Idempotency-Key; started by its owner
     * @param clock of the ledger and of keys' expiry; durations are measured by the machine's own counter
     */
    public static Gateway gateway(
            GatewaySettings settings,
            Snapshots snapshots,
            Ledger ledger,
            ObjectStore objects,
            Telemetry telemetry,
            CounterStore counters,
            Tokenizer tokenizer,
            IdempotentRuns runs,
            InstantSource clock) {
        BodyMemory memory = new BodyMemory(settings.bodyMemory());
        return gateway(
                settings,
                memory,
                snapshots,
                ledger,
                objects,
                telemetry,
                Tracing.OFF,
                counters,
                tokenizer,
                runs,
                Transcripts.none(),
                clock);
    }

    /**
     * The same with a memory that others take of as well, and with traces.
     *
     * @param transcripts of requests of tenants that keep them; started by its owner
     */
    public static Gateway gateway(
            GatewaySettings settings,
            BodyMemory bodyMemory,
            Snapshots snapshots,
            Ledger ledger,
            ObjectStore objects,
            Telemetry telemetry,
            Tracing tracing,
            CounterStore counters,
            Tokenizer tokenizer,
            IdempotentRuns runs,
            Transcripts transcripts,
            InstantSource clock) {
        InFlight inFlight = new InFlight();
        Audience audience = new Audience();
        LastUse lastUse = new LastUse();
        KeyRing keys = new KeyRing(settings.queryKey());
        Ownership ownership = new Ownership(objects, clock);
        ModelListing listing = new ModelListing(ownership, clock);
        PassedLimits passed = new PassedLimits();
        Limiter limiter = new Limiter(counters, telemetry, passed, settings.pricing());
        Limit limit = new Limit(limiter, snapshots);
        HealthBoard health = new HealthBoard(settings.resilience());
        snapshots.onPublish(inFlight::judge);
        snapshots.onPublish(health::retain);
        snapshots.onPublish(listing::retain);
        Route route = new Route(
                listing, ownership, limit, health, settings.resilience().timeout());
        snapshots.onPublish(route::retain);
        Redactors redactors = new Redactors();
        snapshots.onPublish(_ -> redactors.forget());
        Locate locate = new Locate();
        Inspect inspect = new Inspect(settings, bodyMemory);
        Explainer explainer =
                new Explainer(snapshots, locate, inspect, route, settings.pricing(), counters, health, clock);
        Pipeline pipeline = new Pipeline(List.of(
                new Account(
                        ledger,
                        telemetry,
                        tracing,
                        audience,
                        inFlight,
                        limiter,
                        keys,
                        snapshots,
                        settings.pricing(),
                        clock),
                new Admit(inFlight, ledger, limiter, snapshots),
                new Authenticate(keys, snapshots, lastUse),
                locate,
                new Foresee(limiter, snapshots),
                inspect,
                new Transcribe(transcripts, redactors),
                route,
                new Idempotency(runs),
                new Pricing(settings.pricing()),
                limit,
                new Estimate(new UsageEstimator(tokenizer)),
                new Own(ownership),
                new BatchLinks(),
                new KeepAlive(settings.sseKeepAlive()),
                new Redact(redactors, telemetry),
                new Meter(),
                new Forward(settings.queryKey(), limit, health)));
        return new Gateway(pipeline, inFlight, lastUse, passed, bodyMemory, health, telemetry, audience, explainer);
    }
}
