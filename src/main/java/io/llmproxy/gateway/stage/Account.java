package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.Audience;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.InFlight;
import io.llmproxy.gateway.KeyRing;
import io.llmproxy.gateway.Ledger;
import io.llmproxy.gateway.PricingRules;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.TraceParent;
import io.llmproxy.gateway.limit.KeptAddress;
import io.llmproxy.gateway.limit.Limiter;
import io.llmproxy.gateway.scan.AnswerEnds;
import io.llmproxy.port.EndedRequest;
import io.llmproxy.port.RequestListener;
import io.llmproxy.port.Telemetry;
import io.llmproxy.port.Tracing;
import io.llmproxy.port.Tracing.RequestSpan;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import io.llmproxy.runtime.Snapshots;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Gives a request its id and closes its account: one usage record for each request of a known key, however it ends, in the
 * journal before the answer is complete. Of strangers there are only numbers, so that they cannot fill the journal.
 *
 * <p>The order at the end is the point: the record is made when all of the body but what the sink keeps back was written; it
 * goes to the journal; then the sink ends or fails the answer. What the request held of its limits is settled before all that, so
 * that a client that has its answer finds its slot free.
 */
public final class Account implements Stage {
    private static final Logger LOG = System.getLogger(Account.class.getName());
    private static final int CLIENT_GONE = 499;

    private final Ledger ledger;
    private final Telemetry telemetry;
    private final Tracing tracing;
    private final Audience audience;
    private final InFlight inFlight;
    private final Limiter limiter;
    private final KeyRing keys;
    private final Snapshots snapshots;
    private final InstantSource clock;
    private final boolean costHeader;
    private final UnpricedLog unpriced = new UnpricedLog();

    public Account(
            Ledger ledger,
            Telemetry telemetry,
            Tracing tracing,
            Audience audience,
            InFlight inFlight,
            Limiter limiter,
            KeyRing keys,
            Snapshots snapshots,
            PricingRules pricing,
            InstantSource clock) {
        this.ledger = ledger;
        this.telemetry = telemetry;
        this.tracing = tracing;
        this.audience = audience;
        this.inFlight = inFlight;
        this.limiter = limiter;
        this.keys = keys;
        this.snapshots = snapshots;
        this.clock = clock;
        this.costHeader = pricing.costHeader();
    }

    /** How the pipeline ended; the error is null where nothing has to be told. */
    private record Ending(Outcome outcome, @Nullable ProxyError error) {}

    @Override
    public void handle(Exchange x, Next next) {
        Instant now = clock.instant();
        x.arrived(Ids.next(now), now, System.nanoTime());
        x.followed(tracing.begin(x.request().headers()));
        CostSink costs = costHeader ? new CostSink(x.sink()) : null;
        LastPieceSink client = new LastPieceSink(costs == null ? x.sink() : costs);
        x.sink(client);
        inFlight.enter(x);
        telemetry.inFlight(1);
        try {
            Ending ending = run(x, next);
            Cost cost = Records.cost(x);
            limiter.settle(x, ending.outcome(), cost);
            UsageRecord record = close(x, ending, cost);
            if (costs != null && record != null) {
                costs.settled(record.cost());
            }
            answer(x, client, ending);
        } finally {
            // whatever way it ended; where it was settled above, this does nothing
            limiter.settle(x, Outcome.FAILED, Cost.UNKNOWN);
            telemetry.inFlight(-1);
            inFlight.leave(x);
        }
    }

    private static Ending run(Exchange x, Next next) {
        try {
            next.handle(x);
            return new Ending(Outcome.COMPLETED, null);
        } catch (ProxyException e) {
            return failed(x, e.error());
        } catch (ClientGoneException e) {
            // one that leaves with the whole answer, as soon as it read [DONE], has not gone too early
            return new Ending(x.tally().wholeAnswerSeen() ? Outcome.COMPLETED : Outcome.CLIENT_GONE, null);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "event 6203: request " + x.requestId() + " failed by a fault of the gateway", e);
            return failed(
                    x, new ProxyError.Internal("The gateway failed; its log tells more of " + x.requestId() + "."));
        }
    }

    private static Ending failed(Exchange x, ProxyError error) {
        if (answered(x)) {
            return new Ending(Outcome.CUT, error);
        }
        boolean internal = error instanceof ProxyError.Internal;
        return new Ending(x.tally().attempts() > 0 || internal ? Outcome.FAILED : Outcome.REFUSED, error);
    }

    /** Whether the client has a head: one that still waits to be written with its body gives way to an error. */
    private static boolean answered(Exchange x) {
        return x.tally().status() != 0 && x.sink().started();
    }

    /** Null where it is a stranger's, of whom there is no record. */
    private @Nullable UsageRecord close(Exchange x, Ending ending, Cost cost) {
        KeyEntry owner = x.keyOrNull();
        if (owner == null) {
            owner = keys.owner(x.request(), snapshots.current(), clock.instant());
        }
        int status = status(x, ending);
        RequestSpan span = x.span();
        if (owner == null) {
            telemetry.refusedUnknown(status);
            if (span != null) {
                span.end(status);
            }
            tellOfStranger(x, status);
            return null;
        }
        UsageRecord record =
                located(x, Records.of(x, owner, status, ending.outcome(), ending.error(), cost, System.nanoTime()));
        ledger.append(record);
        Target target = x.tally().target();
        telemetry.served(
                record, target == null ? null : target.provider().account().kind());
        if (span != null) {
            AnswerEnds answer = x.tally().answer();
            span.end(record, answer == null ? null : answer.facts());
        }
        unpriced.note(record);
        RequestListener listener = audience.now();
        if (listener.listening()) {
            listener.ended(EndedRequest.of(record, x.request().clientAddress(), traceId(x)));
        }
        return record;
    }

    private void tellOfStranger(Exchange x, int status) {
        RequestListener listener = audience.now();
        if (listener.listening()) {
            listener.ended(EndedRequest.ofStranger(
                    x.requestId(),
                    x.startedAt(),
                    x.request().method(),
                    x.request().path(),
                    status,
                    x.elapsed(System.nanoTime()) / 1000,
                    x.request().clientAddress(),
                    traceId(x)));
        }
    }

    private static @Nullable String traceId(Exchange x) {
        RequestSpan span = x.span();
        return span == null ? TraceParent.traceId(x.request().headers()) : span.traceId();
    }

    /** With the client's address, where limits count the record by it. */
    private UsageRecord located(Exchange x, UsageRecord record) {
        String address = record.charged()
                ? KeptAddress.of(
                        x.request(), record.tenantId(), snapshots.current().limits())
                : null;
        return address == null ? record : record.from(address);
    }

    private static int status(Exchange x, Ending ending) {
        if (ending.outcome() == Outcome.COMPLETED || answered(x)) {
            return x.tally().status();
        }
        return ending.error() == null ? CLIENT_GONE : ending.error().status();
    }

    private static void answer(Exchange x, ResponseSink client, Ending ending) {
        if (ending.error() != null) {
            client.fail(ending.error(), AnswerHeaders.own(x, new HeaderFields()));
        } else if (ending.outcome() == Outcome.COMPLETED) {
            try {
                client.end(x.trailers());
            } catch (IOException e) {
                // the account is closed: the provider's answer was whole, the client left at its very end
                return;
            }
        }
    }
}
