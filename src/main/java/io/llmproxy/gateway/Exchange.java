package io.llmproxy.gateway;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.identity.Principal;
import io.llmproxy.domain.privacy.Redaction;
import io.llmproxy.domain.usage.Price;
import io.llmproxy.gateway.privacy.RequestRedaction;
import io.llmproxy.gateway.scan.Splice;
import io.llmproxy.port.CurrentRequest;
import io.llmproxy.port.Tracing.RequestSpan;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import io.llmproxy.runtime.TenantView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through the pipeline. What a stage finds out it writes once, and who reads it too early is told who
 * should have come first. One thread, but for {@link #cut}.
 */
public final class Exchange implements CurrentRequest {
    private ClientRequest request;
    private final Tally tally = new Tally();
    private final Claims claims = new Claims();
    private final Slot<Arrival> arrival = new Slot<>("arrival", "Account");
    private final Slot<KeyEntry> key = new Slot<>("principal", "Authenticate");
    private final Slot<Endpoint> endpoint = new Slot<>("endpoint", "Locate");
    private final Slot<Body> body = new Slot<>("body", "Inspect");
    private final Slot<Ask> ask = new Slot<>("ask", "Inspect");
    private final Slot<List<Target>> plan = new Slot<>("plan", "Route");
    private final AtomicReference<@Nullable ProxyError> cut = new AtomicReference<>();
    private volatile @Nullable Runnable canceller;
    private ResponseSink sink;
    private @Nullable ClientPath clientPath;
    private boolean usageWanted;
    private int firstTarget;
    private Persistence persistence = Persistence.FAILOVER;
    private @Nullable List<Target> narrowed;
    private boolean plainWanted;
    private @Nullable String query;
    private boolean queryChanged;
    private HeaderFields trailers = HeaderFields.NONE;
    private @Nullable RouteTrace trace;
    private Redaction redaction = Redaction.OFF;
    private RequestRedaction redacted = RequestRedaction.NONE;
    private @Nullable RequestSpan span;
    private @Nullable Target priced;
    private @Nullable Price price;

    /** A collector of traces is told what becomes of it. */
    public void followed(@Nullable RequestSpan by) {
        span = by;
    }

    /** What tells a collector of traces; null: nobody is told, and header fields about traces go through as they came. */
    public @Nullable RequestSpan span() {
        return span;
    }

    /** Nothing is sent: somebody wants to know what would be. */
    public void traceTo(RouteTrace listener) {
        trace = listener;
    }

    /** Who wants to know what would be done; null: it is being done. */
    public @Nullable RouteTrace trace() {
        return trace;
    }

    /** When and under which id a request came. */
    private record Arrival(UUID requestId, Instant at, long nanos) {}

    public Exchange(ClientRequest request, ResponseSink sink) {
        this.request = request;
        this.sink = sink;
    }

    public ClientRequest request() {
        return request;
    }

    /** A stage puts itself between the client and who watches it; the same request all the same. */
    public void request(ClientRequest nearer) {
        request = nearer;
    }

    /** Where the answer goes: what lies nearest to the provider. */
    public ResponseSink sink() {
        return sink;
    }

    /** A stage puts itself between the provider and the client. */
    public void sink(ResponseSink nearer) {
        sink = nearer;
    }

    /** What the account will say. */
    public Tally tally() {
        return tally;
    }

    /** What it holds of its limits. */
    public Claims claims() {
        return claims;
    }

    public void arrived(UUID requestId, Instant at, long nanos) {
        arrival.set(new Arrival(requestId, at, nanos));
    }

    public UUID requestId() {
        return arrival.get().requestId();
    }

    @Override
    public @Nullable UUID requestIdOrNull() {
        Arrival known = arrival.orNull();
        return known == null ? null : known.requestId();
    }

    @Override
    public @Nullable String tenantOrNull() {
        KeyEntry known = key.orNull();
        return known == null ? null : known.principal().tenant().slug();
    }

    public Instant startedAt() {
        return arrival.get().at();
    }

    /** Nanoseconds since the request came. */
    public long elapsed(long now) {
        return now - arrival.get().nanos();
    }

    public void authenticated(KeyEntry entry) {
        key.set(entry);
    }

    /** Whose key it is, whether or not it may be used; null where nobody's. */
    public @Nullable KeyEntry keyOrNull() {
        return key.orNull();
    }

    public Principal principal() {
        return key.get().principal();
    }

    /** The tenant as it was when the request was authenticated. */
    public TenantView tenant() {
        return key.get().view();
    }

    /**
     * What the model costs there, by the snapshot that the request began with, at the moment when it began; null: nobody knows. It is
     * asked for again and again: before the request is sent, and of the one target that answered, when it has ended.
     */
    public @Nullable Price price(Target target) {
        if (!target.same(priced)) {
            price = tenant().prices().find(target.provider().account(), target.model(), startedAt());
            priced = target;
        }
        return price;
    }

    /** The client's path is none of {@code /v1/}: this is what it means. */
    public void means(ClientPath path) {
        clientPath = path;
    }

    /** What the request is about, as a path of {@code /v1/}, whosever API the client speaks. */
    public String path() {
        return clientPath == null ? request.path() : clientPath.path();
    }

    /** Whose API the client speaks. */
    public Api api() {
        return clientPath == null ? Api.V1 : clientPath.api();
    }

    /** What the client's path means; null: what it says, a path of {@code /v1/}. */
    public @Nullable ClientPath clientPath() {
        return clientPath;
    }

    public void located(Endpoint found) {
        endpoint.set(found);
    }

    public Endpoint endpoint() {
        return endpoint.get();
    }

    public @Nullable Endpoint endpointOrNull() {
        return endpoint.orNull();
    }

    public void read(Body whole, Ask asked) {
        body.set(whole);
        ask.set(asked);
    }

    public Body body() {
        return body.get();
    }

    public Ask ask() {
        return ask.get();
    }

    public @Nullable Ask askOrNull() {
        return ask.orNull();
    }

    public void planned(List<Target> targets) {
        plan.set(List.copyOf(targets));
    }

    /** Another one than {@link Persistence#FAILOVER}. */
    public void persistence(Persistence how) {
        persistence = how;
    }

    /** What is done where a target fails. */
    public Persistence persistence() {
        return persistence;
    }

    /** Takes targets out of the plan, which the request must not be sent to; at least one stays. */
    public void narrow(List<Target> left) {
        narrowed = List.copyOf(left);
    }

    /** Where the request may go, best first; at least one. */
    public List<Target> plan() {
        if (narrowed != null) {
            return narrowed;
        }
        List<Target> all = plan.get();
        return firstTarget == 0 ? all : all.subList(firstTarget, all.size());
    }

    /** Passes over so many targets of the plan, which have no room for the request. */
    public void passOver(int targets) {
        firstTarget += targets;
    }

    /** The provider shall tell its usage though the client did not ask: {@link Ask#usageInStream} are to be made. */
    public void wantUsage() {
        usageWanted = true;
    }

    public boolean usageWanted() {
        return usageWanted;
    }

    /** The provider shall answer without a content coding, since the answer is read here. */
    public void wantPlain() {
        plainWanted = true;
    }

    public boolean plainWanted() {
        return plainWanted || usageWanted;
    }

    /** The body goes without this to the providers that the rule concerns. */
    public void redacted(Redaction rule, RequestRedaction found) {
        redaction = rule;
        redacted = found;
    }

    /** The changes that take out of the body what that provider must not see. */
    public List<Splice> redactions(String provider) {
        return redaction.concerns(provider) ? redacted.changes() : List.of();
    }

    /** How often what was taken out for that provider. */
    public Map<String, Integer> redactionCounts(String provider) {
        return redaction.concerns(provider) ? redacted.counts() : Map.of();
    }

    /** From now on the provider is asked with another query than the client's; null: with none. */
    public void query(@Nullable String asked) {
        query = asked;
        queryChanged = true;
    }

    /** What the provider is asked behind the question mark; null: nothing. */
    public @Nullable String query() {
        return queryChanged ? query : request.query();
    }

    /** What the provider sent after the body; known when the body has ended, sent when the account is closed. */
    public void trailers(HeaderFields sent) {
        trailers = HeaderPolicy.trailersToClient(sent);
    }

    /** What comes after the answer's body, as the client may see it. */
    public HeaderFields trailers() {
        return trailers;
    }

    /** Ends the exchange from outside, on any thread: the client is told {@code reason}. The first reason counts. */
    public void cut(ProxyError reason) {
        if (cut.compareAndSet(null, reason)) {
            Runnable action = canceller;
            if (action != null) {
                action.run();
            }
        }
    }

    /** A write on another thread found the client gone: what runs for it is cancelled. */
    public void clientLeft() {
        Runnable action = canceller;
        if (action != null) {
            action.run();
        }
    }

    /** Why the exchange was cut; null: it was not. */
    public @Nullable ProxyError cutReason() {
        return cut.get();
    }

    /** What {@link #cut} runs, at once where it came before. */
    public void onCut(Runnable action) {
        canceller = action;
        if (cut.get() != null) {
            action.run();
        }
    }

    /** There is nothing to cancel any more. */
    public void clearOnCut() {
        canceller = null;
    }
}
