package io.llmproxy.adapter.provider.support;

import io.llmproxy.adapter.provider.support.PemFile.PemException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards what is called besides providers: it believes whom calls of providers believe that say nothing else, the system's authorities
 * and those of {@code upstream.ca-file}, as that file is now. Thread-safe.
 */
public final class UpstreamTrust implements Supplier<SSLSocketFactory> {
    private final UpstreamDefaults defaults;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private @Nullable UpstreamTls made;
    private String stamp = "";

    public UpstreamTrust(UpstreamDefaults defaults) {
        this.defaults = defaults;
    }

    /** @throws UncheckedIOException where the file cannot be read */
    @Override
    public SSLSocketFactory get() {
        return defaults.caFile() == null
                ? AccountEgress.PLAIN.tls().get()
                : withFile().get();
    }

    private UpstreamTls withFile() {
        lock.lock();
        try {
            String now = defaults.stamp();
            UpstreamTls known = made;
            if (known == null || !now.equals(stamp)) {
                known = new UpstreamTls(defaults.authorities(), null);
                made = known;
                stamp = now;
            }
            return known;
        } catch (PemException e) {
            throw new UncheckedIOException(e.getMessage(), new IOException(e));
        } finally {
            lock.unlock();
        }
    }
}
