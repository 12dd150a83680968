package io.llmproxy.gateway.resilience;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.runtime.Periodic;
import io.llmproxy.runtime.Snapshots;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks every provider for its list of models now and then, which costs no tokens: one that cannot be reached, answers 5xx or does not
 * answer within some seconds, twice in a row, comes after all other targets until it answers again. What a provider says otherwise, a 401 or a
 * 404 among it, shows that it is there.
 */
public final class ActiveChecks implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ActiveChecks.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** A list of models that is longer is not read to its end; the connection is given up. */
    private static final int LARGEST = 4 << 20;

    private final Snapshots snapshots;
    private final HealthBoard board;
    private final InstantSource clock;
    private final Periodic rounds;

    /** @param interval from the end of a round to the next */
    public ActiveChecks(Snapshots snapshots, HealthBoard board, Duration interval, InstantSource clock) {
        this.snapshots = snapshots;
        this.board = board;
        this.clock = clock;
        this.rounds = new Periodic(
                Thread.ofVirtual().name("active-checks"),
                interval,
                this::round,
                "providers are not checked; tried again");
    }

    public void start() {
        rounds.start();
    }

    /** All at a time, each on a thread of its own; returns when all have answered or taken too long. */
    void round() {
        List<Provider> live = snapshots.current().tenants().values().stream()
                .flatMap(t -> t.providers().values().stream())
                .distinct()
                .filter(p -> p.fault() == null)
                .toList();
        CountDownLatch left = new CountDownLatch(live.size());
        for (Provider provider : live) {
            Thread.ofVirtual().name("active-check").start(() -> {
                try {
                    check(provider);
                } finally {
                    left.countDown();
                }
            });
        }
        try {
            // a call that does not heed its cancellation must not end the checks of the others
            left.await(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void check(Provider provider) {
        Instant at = clock.instant();
        String trouble = trouble(provider);
        ProviderHealth health = board.of(provider);
        CheckState before = health.check();
        int inRow = trouble == null ? 0 : (before == null ? 0 : before.failuresInRow()) + 1;
        CheckState now = new CheckState(at, trouble, inRow);
        health.checked(now);
        if (now.failing() != (before != null && before.failing())) {
            tell(provider, now);
        }
    }

    private static void tell(Provider provider, CheckState now) {
        String who = "provider " + Checks.quoted(provider.account().name());
        if (now.failing()) {
            LOG.log(
                    Level.WARNING,
                    () -> "event 6305: " + who + " fails its checks and comes after all others: it " + now.trouble());
        } else {
            LOG.log(Level.INFO, () -> "event 6306: " + who + " passes its checks again");
        }
    }

    /** Null: it is there. */
    private static @Nullable String trouble(Provider provider) {
        HeaderFields headers = HeaderFields.of("Accept", "application/json");
        UpstreamRequest request = new UpstreamRequest("GET", "/models", false, null, headers, RequestBody.NONE);
        try (ProviderCall call = provider.call(request);
                Cancelling _ = new Cancelling(call)) {
            int status = call.execute().status();
            call.body().readNBytes(LARGEST);
            return status >= 500 && status != 501 && status != 505 ? "answered " + status : null;
        } catch (UpstreamException e) {
            return e.kind() == UpstreamException.Kind.CANCELLED
                    ? "did not answer within " + PATIENCE.toSeconds() + " s"
                    : "failed: " + Objects.requireNonNullElse(e.getMessage(), "no connection");
        } catch (IOException e) {
            return "broke off its answer";
        }
    }

    /** Ends a call that takes too long. */
    private static final class Cancelling implements AutoCloseable {
        private final Thread timer;

        Cancelling(ProviderCall call) {
            this.timer = Thread.ofVirtual().name("active-check-timer").start(() -> {
                try {
                    Thread.sleep(PATIENCE);
                    call.cancel();
                } catch (InterruptedException e) {
                    // answered in time
                    return;
                }
            });
        }

        @Override
        public void close() {
            timer.interrupt();
        }
    }

    @Override
    public void close() {
        rounds.close();
    }
}
