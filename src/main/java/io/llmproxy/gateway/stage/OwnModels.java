package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.scan.MalformedException;
import io.llmproxy.gateway.scan.ModelList;
import io.llmproxy.gateway.scan.ModelList.Model;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The list of models that one provider gives, asked for at most once in five minutes and kept while the provider is down. Thread-safe. */
final class OwnModels {
    private static final Duration FRESH = Duration.ofMinutes(5);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(10);
    private static final long PATIENCE_SECONDS = 5;
    private static final int MAX_BYTES = 4 * 1024 * 1024;

    private final Provider provider;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile List<Model> known = List.of();
    private Instant staleAt = Instant.MIN;
    private @Nullable CompletableFuture<Void> running;

    OwnModels(Provider provider, InstantSource clock) {
        this.provider = provider;
        this.clock = clock;
    }

    Provider provider() {
        return provider;
    }

    /** Begins to ask the provider where that is due and nobody is at it. */
    void refresh() {
        lock.lock();
        try {
            if (running == null && !clock.instant().isBefore(staleAt)) {
                CompletableFuture<Void> done = new CompletableFuture<>();
                running = done;
                Thread.ofVirtual().name("models-" + provider.account().name()).start(() -> ask(done));
            }
        } finally {
            lock.unlock();
        }
    }

    /** The list as it is when the provider has answered, or at the deadline. */
    List<Model> await(long deadlineNanos) {
        CompletableFuture<Void> pending;
        lock.lock();
        try {
            pending = running;
        } finally {
            lock.unlock();
        }
        if (pending != null) {
            await(pending, deadlineNanos - System.nanoTime());
        }
        return known;
    }

    private static void await(CompletableFuture<Void> pending, long nanos) {
        try {
            pending.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void ask(CompletableFuture<Void> done) {
        Duration wait = AFTER_FAILURE;
        try {
            known = fetch();
            wait = FRESH;
        } catch (IOException | MalformedException e) {
            // what was known stays; the provider's health is told elsewhere
            wait = AFTER_FAILURE;
        } finally {
            lock.lock();
            try {
                staleAt = clock.instant().plus(wait);
                running = null;
            } finally {
                lock.unlock();
            }
            done.complete(null);
        }
    }

    private List<Model> fetch() throws IOException {
        Provider.UpstreamRequest request = new Provider.UpstreamRequest(
                "GET",
                "/models",
                false,
                provider.account().kind().modelsQuery(),
                HeaderFields.of("Accept", "application/json"),
                RequestBody.NONE);
        try (ProviderCall call = provider.call(request)) {
            CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .execute(call::cancel);
            ProviderCall.Head head = call.execute();
            if (head.status() != 200) {
                throw new IOException("the provider answered " + head.status());
            }
            byte[] json = call.body().readNBytes(MAX_BYTES + 1);
            if (json.length > MAX_BYTES) {
                throw new IOException("the provider's list is larger than " + MAX_BYTES + " bytes");
            }
            return ModelList.read(json);
        }
    }
}
