package io.llmproxy.adapter.http.tls;

import io.llmproxy.runtime.Periodic;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's certificate, read again whenever its files change: connections made from then on get the new one, those that
 * stand go on with theirs. A pair that cannot be used, such as a new certificate whose key is yet to be written, leaves the
 * old one in place and is a {@link #fault} until the files are right again.
 */
public final class CertificateFiles implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(CertificateFiles.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(2);

    /** What older versions offer is broken (RFC 8996). */
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private final Path chain;
    private final Path key;
    private final InstantSource clock;
    private final Periodic watcher;
    private volatile CertificatePair pair;
    private volatile @Nullable String unusable;

    private CertificateFiles(Path chain, Path key, InstantSource clock) throws CertificateFault {
        this.chain = chain;
        this.key = key;
        this.clock = clock;
        this.pair = CertificatePair.read(chain, key);
        this.watcher = new Periodic(
                Thread.ofVirtual().name("certificate-files"),
                PERIOD,
                this::refresh,
                "whether the files of the gateway's certificate have changed cannot be told; tried again");
    }

    /** @throws CertificateFault where the files cannot be used; a certificate that has expired can */
    public static CertificateFiles open(Path chain, Path key, InstantSource clock) throws CertificateFault {
        CertificateFiles files = new CertificateFiles(chain, key, clock);
        files.watcher.start();
        return files;
    }

    /** For one connection of a client. */
    public SSLEngine engine() {
        SSLEngine engine = pair.context().createSSLEngine();
        engine.setUseClientMode(false);
        engine.setEnabledProtocols(PROTOCOLS);
        return engine;
    }

    /** What is wrong with the certificate and what to do; null: nothing. */
    public @Nullable String fault() {
        String broken = unusable;
        return broken != null ? broken : pair.dateFault(clock.instant());
    }

    /** Looks at the files: by content, since links may be moved to another file of the same time and size. */
    void refresh() {
        try {
            if (pair.outdated(chain, key)) {
                pair = CertificatePair.read(chain, key);
                LOG.log(System.Logger.Level.INFO, "the certificate in " + chain + " has been replaced");
            }
            unusable = null;
        } catch (CertificateFault e) {
            tell("the gateway goes on with its old certificate: " + e.getMessage());
        }
    }

    private void tell(String fault) {
        if (!fault.equals(unusable)) {
            unusable = fault;
            LOG.log(System.Logger.Level.WARNING, fault);
        }
    }

    @Override
    public void close() {
        watcher.close();
    }
}
