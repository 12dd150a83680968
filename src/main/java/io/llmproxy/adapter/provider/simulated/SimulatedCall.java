package io.llmproxy.adapter.provider.simulated;

import io.llmproxy.domain.Durations;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One exchange that never leaves the process; waits as a network would, with the account's timeouts. */
final class SimulatedCall implements ProviderCall {
    private final ProviderAccount account;
    private final SimulatedSettings settings;
    private final @Nullable String fault;
    private final Callable<SimulatedAnswer> work;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final long startNanos = System.nanoTime();
    private @Nullable InputStream body;

    SimulatedCall(
            ProviderAccount account,
            SimulatedSettings settings,
            @Nullable String fault,
            Callable<SimulatedAnswer> work) {
        this.account = account;
        this.settings = settings;
        this.fault = fault;
        this.work = work;
    }

    @Override
    public Head execute() throws UpstreamException {
        if (fault != null) {
            throw failure(Kind.CONNECT, "cannot be called: " + fault);
        }
        SimulatedAnswer answer = answer();
        if (settings.hang() == 0) {
            await(Duration.ofDays(1), account.timeouts().firstByte(), Kind.FIRST_BYTE_TIMEOUT);
        }
        await(settings.firstByte(), account.timeouts().firstByte(), Kind.FIRST_BYTE_TIMEOUT);
        body = answer.streamed() ? stream(answer) : whole(answer);
        return new Head(answer.status(), answer.headers(), answer.streamed() ? -1 : answer.length());
    }

    private SimulatedAnswer answer() throws UpstreamException {
        try {
            return work.call();
        } catch (Exception e) {
            throw new UpstreamException(
                    Kind.NO_ANSWER, "provider `" + account.name() + "` could not read the request", e);
        }
    }

    private InputStream stream(SimulatedAnswer answer) {
        double speed = settings.tokensPerSecond();
        Duration pause = speed <= 0 ? Duration.ZERO : Duration.ofNanos((long) (1e9 / speed));
        return new SimulatedBody(this, answer.pieces(), pause, settings.cutAfter(), settings.hang());
    }

    /** A byte count is no piece count: the one piece is sent as two where it is to break off. */
    private InputStream whole(SimulatedAnswer answer) {
        byte[] bytes = answer.pieces().getFirst();
        int cut = settings.cutAfter();
        if (cut == 0 || cut >= bytes.length) {
            return new SimulatedBody(this, answer.pieces(), Duration.ZERO, 0, -1);
        }
        byte[] begin = java.util.Arrays.copyOf(bytes, cut);
        return new SimulatedBody(this, java.util.List.of(begin, bytes), Duration.ZERO, 1, -1);
    }

    /** Waits, but no longer than a timeout permits, and ends at once when cancelled. */
    void await(Duration wait, Duration timeout, Kind onTimeout) throws UpstreamException {
        Duration total = account.timeouts().total();
        long left = total == null ? Long.MAX_VALUE : total.toNanos() - (System.nanoTime() - startNanos);
        long patience = Math.min(timeout.toNanos(), left);
        pause(Math.min(wait.toNanos(), Math.max(0, patience)));
        if (wait.toNanos() > patience) {
            boolean over = left < timeout.toNanos();
            throw failure(
                    over ? Kind.TOTAL_TIMEOUT : onTimeout,
                    over ? "did not finish in time" : "sent nothing for " + Durations.format(timeout));
        }
    }

    private void pause(long nanos) throws UpstreamException {
        try {
            if (cancelled.await(nanos, TimeUnit.NANOSECONDS)) {
                throw failure(Kind.CANCELLED, "was cancelled");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure(Kind.CANCELLED, "was interrupted");
        }
    }

    Duration idleTimeout() {
        return account.timeouts().idle();
    }

    UpstreamException failure(Kind kind, String what) {
        return new UpstreamException(kind, "provider `" + account.name() + "` " + what, null);
    }

    @Override
    public InputStream body() {
        if (body == null) {
            throw new IllegalStateException("no body before the head");
        }
        return body;
    }

    @Override
    public void cancel() {
        cancelled.countDown();
    }

    @Override
    public void close() {
        cancel();
    }
}
