package io.llmproxy.gateway.idempotency;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.idempotency.Fingerprint;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.IdempotencyStore.Request;
import io.llmproxy.port.IdempotencyStore.State;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The requests with an Idempotency-Key that run in this process, one for each key, and the way of their answers into the store.
 * A run stays here until the store knows its end, so that it is followed here without a gap. Thread-safe.
 */
public final class IdempotentRuns implements AutoCloseable {
    private final Map<Fingerprint, Run> runs = new ConcurrentHashMap<>();
    private final IdempotencyStore store;
    private final IdempotencySettings settings;
    private final InstantSource clock;
    private final AnswerMemory memory;
    private final AnswerWriter writer;
    private final IdempotencyUpkeep upkeep;

    public IdempotentRuns(IdempotencyStore store, IdempotencySettings settings, InstantSource clock) {
        this.store = store;
        this.settings = settings;
        this.clock = clock;
        this.memory = new AnswerMemory(settings.memory());
        this.writer = new AnswerWriter(store, settings.retention(), clock, this::forget);
        this.upkeep = new IdempotencyUpkeep(store, this::all, settings.maxStored(), clock);
    }

    /** Begins to store answers, to hold claims, and to delete what is old. */
    public void start() {
        writer.start();
        upkeep.start();
    }

    public IdempotencySettings settings() {
        return settings;
    }

    /** The run of this identity, whose content may differ; {@code mine} where there was none and the caller is to lead it. */
    public Run enter(Run mine) {
        Run known = runs.putIfAbsent(mine.request().identity(), mine);
        return known == null ? mine : known;
    }

    /** A run that has not begun. */
    public Run candidate(Request request) {
        return new Run(request, settings.maxAnswer(), memory);
    }

    /**
     * Asks the store whether the run may begin; blocks. Where it may not, the run is over.
     *
     * @return null where another process is running it: the caller asks again in a moment
     * @throws ProxyException where the same key was used with another content, or the store is away
     */
    public @Nullable Answered claim(Run run) {
        State state = asked(run);
        return switch (state) {
            case State.Granted granted -> {
                run.granted(granted.claim());
                yield new Answered(null);
            }
            case State.Running running -> null;
            case State.Recorded recorded -> {
                run.recorded(recorded.answer());
                forget(run);
                yield new Answered(recorded.answer());
            }
            case State.Conflict conflict -> throw over(run, ProxyError.Conflict.otherBody());
        };
    }

    /** The store's word on a run: the answer that it has; null: none, the run is to begin. */
    public record Answered(@Nullable RecordedAnswer answer) {}

    private State asked(Run run) {
        try {
            State state = store.claim(run.request(), clock.instant());
            writer.storeWorks();
            return state;
        } catch (RuntimeException e) {
            writer.storeFailed(e);
            throw over(
                    run,
                    ProxyError.Upstream.unavailable(
                            "The gateway cannot look up the Idempotency-Key at the moment, and does not run the request"
                                    + " at the risk of running it twice; send it again later, with the same key."));
        }
    }

    private ProxyException over(Run run, ProxyError error) {
        run.fail(error);
        forget(run);
        return new ProxyException(error);
    }

    /** The leader left before the store had given it the claim. */
    public void withdraw(Run run) {
        run.abandon();
        forget(run);
    }

    /** The run has ended, however: the store is told, later, on another thread. */
    public void ended(Run run) {
        writer.add(run);
    }

    private void forget(Run run) {
        runs.remove(run.request().identity(), run);
        run.close();
    }

    private Collection<Run> all() {
        return runs.values();
    }

    /** Why answers are not stored; null: they are. */
    public @Nullable String failing() {
        return writer.failing();
    }

    /** How many runs the store does not know the end of. */
    int running() {
        return runs.size();
    }

    long memoryLeft() {
        return memory.left();
    }

    /** Stores what has ended, within seconds; blocks. */
    @Override
    public void close() {
        upkeep.close();
        writer.close();
    }
}
