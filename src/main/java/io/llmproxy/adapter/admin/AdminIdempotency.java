package io.llmproxy.adapter.admin;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.idempotency.Fingerprint;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.IdempotencyStore.Claim;
import io.llmproxy.port.IdempotencyStore.Recording;
import io.llmproxy.port.IdempotencyStore.Request;
import io.llmproxy.port.IdempotencyStore.State;
import io.llmproxy.port.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers a POST or PATCH with an Idempotency-Key once, and repeats the answer to whoever sends it again. The answer is stored
 * before it goes out, so that who has it can rely on it. Thread-safe.
 *
 * <p>Answers that show a key's secret are kept in memory alone: the database holds its hash and nothing else of it.
 */
final class AdminIdempotency {
    private static final Logger LOG = System.getLogger(AdminIdempotency.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final int STEP = 1000;

    /** What answers with secrets may take of the heap: one that applied a large declaration has a megabyte. */
    private static final long SECRET_BYTES = 16 << 20;

    private final AdminServer.Replays replays;
    private final InstantSource clock;

    AdminIdempotency(AdminServer.Replays replays, InstantSource clock) {
        this.replays = replays;
        this.clock = clock;
    }

    /**
     * A change that is asked for.
     *
     * @param address path and query as they were sent
     * @param key the header's value, a UUID; null: there is none
     * @param required whether it had to be there; else it comes with most changes, and is not worth a line of the log
     */
    record Change(
            Actor actor,
            String method,
            String address,
            Fingerprint content,
            @Nullable String key,
            boolean required) {
        /** Upper and lower case are the same UUID. */
        Change {
            key = key == null ? null : UUID.fromString(key).toString();
        }
    }

    /** Whether requests of the method change something that a second one would change again. */
    static boolean concerns(String method) {
        return method.equals("POST") || method.equals("PATCH");
    }

    /** @throws Problem where a key must be there and is not, or is no UUID */
    static void check(@Nullable String key, boolean required) {
        if (key == null && required) {
            LOG.log(Level.INFO, "event 6001: a change over TCP was refused, since it had no Idempotency-Key");
            throw missing("send a new UUID as Idempotency-Key with each change, and the same one with its retries");
        }
        if (key != null && !Ids.isUuid(key)) {
            LOG.log(Level.INFO, "event 6001: a change was refused, since its Idempotency-Key is no UUID");
            throw missing("the Idempotency-Key must be one UUID, such as 0198c0de-0000-7000-8000-000000000000");
        }
    }

    private static Problem missing(String detail) {
        return new Problem(400, "idempotency_key_required", detail);
    }

    /**
     * The answer to the change: of {@code run}, or of an earlier one with the same key.
     *
     * @param secret whether the answer shows a key's secret
     */
    Answer answer(Change change, boolean secret, Supplier<Answer> run) {
        if (change.key == null) {
            return run.get();
        }
        IdempotencyStore store = secret ? replays.secrets() : replays.stored();
        if (secret) {
            store.purge(clock.instant(), STEP);
            store.trim(SECRET_BYTES, STEP);
        }
        Request request = request(change);
        return switch (settled(store, request)) {
            case State.Granted granted -> ran(store, granted.claim(), change, run);
            case State.Recorded recorded -> {
                LOG.log(Level.INFO, "event 6002: the answer to " + named(change) + " was given again");
                yield replayed(recorded.answer());
            }
            case State.Conflict conflict ->
                throw new Problem(
                        409,
                        "idempotency_conflict",
                        "the Idempotency-Key was used before with another body; take a new key for a new change");
            case State.Running running ->
                throw new Problem(
                        409,
                        "idempotency_in_progress",
                        "the change with this Idempotency-Key is still being made; send it again later");
        };
    }

    private State settled(IdempotencyStore store, Request request) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        State state = claim(store, request);
        while (state instanceof State.Running && System.nanoTime() - deadline < 0) {
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return state;
            }
            state = claim(store, request);
        }
        return state;
    }

    private State claim(IdempotencyStore store, Request request) {
        try {
            return store.claim(request, clock.instant());
        } catch (StoreException e) {
            throw new AdminException(
                    AdminException.Reason.UNAVAILABLE,
                    "the Idempotency-Key cannot be looked up, so nothing was changed: " + e.getMessage());
        }
    }

    private Answer ran(IdempotencyStore store, Claim claim, Change change, Supplier<Answer> run) {
        Answer answer = null;
        try {
            answer = run.get();
            return answer;
        } catch (RuntimeException e) {
            answer = Problem.of(e);
            throw e;
        } finally {
            settle(store, claim, change, answer);
        }
    }

    private void settle(IdempotencyStore store, Claim claim, Change change, @Nullable Answer answer) {
        try {
            if (answer == null || !RecordedAnswer.isFinal(answer.status())) {
                store.release(List.of(claim));
                return;
            }
            HeaderFields type = HeaderFields.of("Content-Type", answer.contentType());
            RecordedAnswer kept =
                    new RecordedAnswer(answer.status(), type, answer.body().length, answer.body(), HeaderFields.NONE);
            store.record(List.of(new Recording(claim, kept, clock.instant().plus(replays.retention()))));
            LOG.log(
                    change.required ? Level.INFO : Level.DEBUG,
                    "event 6003: the answer to " + named(change) + " was stored");
        } catch (RuntimeException e) {
            // what was changed stays changed: the answer is true, it can only not be repeated
            LOG.log(
                    Level.WARNING,
                    "the answer to " + named(change) + " could not be stored for its Idempotency-Key",
                    e);
        }
    }

    /** Not the key: whoever reads the log could take it for the caller's. */
    private static String named(Change change) {
        return change.method + " " + change.address;
    }

    private static Answer replayed(RecordedAnswer recorded) {
        return new Answer(
                        recorded.status(),
                        recorded.headers().first("content-type").orElse(Answer.JSON),
                        recorded.body())
                .again();
    }

    private static Request request(Change change) {
        Actor actor = change.actor;
        String identity = "admin\n" + actor.name() + "\n" + actor.uid() + "\n" + actor.role() + "\n" + actor.tenantId()
                + "\n" + actor.userId() + "\n" + change.method + "\n" + change.address + "\n" + change.key;
        return new Request(fingerprint(identity.getBytes(StandardCharsets.UTF_8)), change.content, null);
    }

    static Fingerprint fingerprint(byte[] bytes) {
        try {
            return Fingerprint.of(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
