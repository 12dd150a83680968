package io.llmproxy.adapter.admin.auth;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.jose4j.http.Get;
import org.jose4j.http.SimpleGet;
import org.jose4j.http.SimpleResponse;
import org.jose4j.jwk.HttpsJwks;
import org.jspecify.annotations.Nullable;

/**
 * The keys that an issuer publishes: kept for five minutes, and asked for anew when a token names one that is not among them, but not
 * more often than every fifteen seconds, however many such tokens come. Where the issuer does not answer, or answers with what cannot be
 * used, the keys that it published last stay in force until it does. Thread-safe; blocks.
 */
final class RemoteKeys implements SimpleGet {
    private static final Duration KEPT = Duration.ofMinutes(5);
    private static final Duration PAUSE = Duration.ofSeconds(15);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int LARGEST = 1 << 20;

    private final URI url;
    private final Supplier<SSLSocketFactory> tls;
    private final LongSupplier nanos;
    private final HttpsJwks cache;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private boolean asked;
    private long askedAt;
    private volatile @Nullable String last;
    private volatile @Nullable String fault;

    /** @param nanos as of {@link System#nanoTime} */
    RemoteKeys(URI url, Supplier<SSLSocketFactory> tls, LongSupplier nanos) {
        this.url = url;
        this.tls = tls;
        this.nanos = nanos;
        this.cache = new HttpsJwks(url.toString());
        cache.setSimpleHttpGet(this);
        cache.setDefaultCacheDuration(KEPT.toSeconds());
        cache.setRefreshReprieveThreshold(0);
    }

    HttpsJwks cache() {
        return cache;
    }

    /** Why the keys could not be had last; null: they could, or were not asked for yet. */
    @Nullable
    String fault() {
        return fault;
    }

    /** @throws IOException where there are no keys, not even older ones */
    @Override
    public SimpleResponse get(String location) throws IOException {
        if (turn()) {
            fault = fetch(location);
        }
        String keys = last;
        if (keys == null) {
            throw new IOException(String.valueOf(fault));
        }
        return new Published(keys, fault == null ? KEPT : PAUSE);
    }

    /** What is wrong; null: nothing, and the keys are those that were published just now. */
    private @Nullable String fetch(String location) {
        String named = "admin.auth.jwt.keys-url " + url;
        try {
            String body = fetched(location);
            JwtKeys.parse(named, body);
            last = body;
            return null;
        } catch (IOException | RuntimeException e) {
            return named + ": the issuer's keys cannot be had: " + e.getMessage();
        } catch (AuthFault e) {
            return e.getMessage();
        }
    }

    private boolean turn() {
        lock.lock();
        try {
            long now = nanos.getAsLong();
            if (asked && now - askedAt < PAUSE.toNanos()) {
                return false;
            }
            asked = true;
            askedAt = now;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private String fetched(String location) throws IOException {
        Get get = new Get();
        get.setSslSocketFactory(tls.get());
        get.setConnectTimeout((int) PATIENCE.toMillis());
        get.setReadTimeout((int) PATIENCE.toMillis());
        get.setRetries(0);
        get.setResponseBodySizeLimit(LARGEST);
        return get.get(location).getBody();
    }

    /** Kept for as long as we say: how long a withdrawn key still counts is not for the issuer's cache settings to decide. */
    private record Published(String body, Duration kept) implements SimpleResponse {
        @Override
        public int getStatusCode() {
            return 200;
        }

        @Override
        public String getStatusMessage() {
            return "OK";
        }

        @Override
        public Collection<String> getHeaderNames() {
            return List.of("cache-control");
        }

        @Override
        public List<String> getHeaderValues(String name) {
            return name.equalsIgnoreCase("cache-control") ? List.of("max-age=" + kept.toSeconds()) : List.of();
        }

        @Override
        public String getBody() {
            return body;
        }
    }
}
