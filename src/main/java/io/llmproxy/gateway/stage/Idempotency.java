package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.idempotency.Follower;
import io.llmproxy.gateway.idempotency.IdempotentRuns;
import io.llmproxy.gateway.idempotency.IdempotentRuns.Answered;
import io.llmproxy.gateway.idempotency.Run;
import io.llmproxy.port.IdempotencyStore.Request;
import java.io.ByteArrayInputStream;
import java.time.Duration;

/**
 * Runs a POST with an Idempotency-Key once: whoever sends it again follows it while it runs, and later gets the recorded answer.
 * A request without the field goes through untouched.
 */
public final class Idempotency implements Stage {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(400);

    private final IdempotentRuns runs;

    public Idempotency(IdempotentRuns runs) {
        this.runs = runs;
    }

    @Override
    public void handle(Exchange x, Next next) {
        ClientRequest request = x.request();
        if (!request.method().equals("POST") || !request.headers().contains(IdempotencyKey.FIELD)) {
            next.handle(x);
            return;
        }
        Request asked = IdempotencyKey.of(x);
        long deadline = System.nanoTime() + runs.settings().patience().toNanos();
        while (!served(x, asked, deadline, next)) {
            // the run that was to be followed came to nothing
        }
    }

    private boolean served(Exchange x, Request asked, long deadline, Next next) {
        Run mine = runs.candidate(asked);
        Run run = runs.enter(mine);
        if (run != mine) {
            return followed(x, run, asked, deadline);
        }
        Answered answered = claimed(x, run, deadline);
        RecordedAnswer recorded = answered.answer();
        if (recorded == null) {
            lead(x, run, next);
        } else {
            Run.Head head = new Run.Head(recorded.status(), recorded.headers(), recorded.contentLength());
            Replay.of(x, head).send(x, new ByteArrayInputStream(recorded.body()));
            x.trailers(recorded.trailers());
        }
        return true;
    }

    private static boolean followed(Exchange x, Run run, Request asked, long deadline) {
        try (Follower follower = new Follower(x, run, deadline)) {
            if (!run.request().content().equals(asked.content())) {
                if (follower.conflicts()) {
                    throw new ProxyException(ProxyError.Conflict.otherBody());
                }
                return false;
            }
            Run.Head head = follower.head();
            if (head == null) {
                return false;
            }
            Replay.of(x, head).send(x, follower.body());
            x.trailers(follower.trailers());
            return true;
        }
    }

    /** The store's word, when no other process runs the request any more. */
    private Answered claimed(Exchange x, Run run, long deadline) {
        Answered answered = runs.claim(run);
        return answered == null ? claimedLater(x, run, deadline) : answered;
    }

    private Answered claimedLater(Exchange x, Run run, long deadline) {
        try (Follower elsewhere = new Follower(x, run, deadline)) {
            Duration pause = FIRST_PAUSE;
            while (true) {
                pause(elsewhere, pause, run);
                Answered answered = runs.claim(run);
                if (answered != null) {
                    return answered;
                }
                pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        }
    }

    private void pause(Follower elsewhere, Duration pause, Run run) {
        try {
            elsewhere.pause(pause);
        } catch (RuntimeException e) {
            runs.withdraw(run);
            throw e;
        }
    }

    private void lead(Exchange x, Run run, Next next) {
        ClientRequest request = x.request();
        ResponseSink client = x.sink();
        LeadingSink sink = new LeadingSink(run, client, x.requestId());
        x.request(new LeadingRequest(request, run));
        x.sink(sink);
        try {
            next.handle(x);
            run.complete(x.trailers());
        } catch (ProxyException e) {
            run.fail(e.error());
            throw e;
        } catch (ClientGoneException e) {
            left(x, run, sink);
            throw e;
        } catch (RuntimeException | Error e) {
            run.fail(new ProxyError.Internal("The request that this one repeats failed by a fault of the gateway."));
            throw e;
        } finally {
            x.sink(client);
            x.request(request);
            runs.ended(run);
        }
        if (sink.clientLost()) {
            throw new ClientGoneException();
        }
    }

    /** A client that closes when it has read the last event leaves with the whole answer, and it is whole here too. */
    private static void left(Exchange x, Run run, LeadingSink sink) {
        if (x.tally().wholeAnswerSeen() && sink.plainEvents() && run.endsWithBlankLine()) {
            run.complete(x.trailers());
        } else {
            run.abandon();
        }
    }
}
