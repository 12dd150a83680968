package io.llmproxy.adapter.http.tls;

import io.llmproxy.admin.ListenerCertificate;
import io.llmproxy.runtime.Periodic;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * A listener's certificate, its key and the authorities of its clients, read again whenever their files change: connections made
 * from then on get the new ones, those that stand go on with theirs. Files that cannot be used, such as a new certificate whose
 * key is yet to be written, leave the old ones in place and are a {@link #fault} until they are right again. Thread-safe.
 */
public final class CertificateFiles implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(CertificateFiles.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(2);

    private final TlsSettings settings;
    private final InstantSource clock;
    private final Periodic watcher;
    private volatile TlsMaterial material;
    private volatile @Nullable String unusable;
    // of who holds the monitor
    private boolean told;
    private int stageTold;

    private CertificateFiles(TlsSettings settings, InstantSource clock) throws CertificateFault {
        this.settings = settings;
        this.clock = clock;
        this.material = TlsMaterial.read(settings);
        this.watcher = new Periodic(
                Thread.ofVirtual().name(settings.listener() + "-certificate-files"),
                PERIOD,
                this::refresh,
                "whether the files of the " + settings.listener()
                        + "'s certificate have changed cannot be told; tried again");
    }

    /** @throws CertificateFault where the files cannot be used; a certificate that has expired can */
    public static CertificateFiles open(TlsSettings settings, InstantSource clock) throws CertificateFault {
        CertificateFiles files = new CertificateFiles(settings, clock);
        files.tellExpiry(clock.instant());
        files.watcher.start();
        return files;
    }

    /** For one connection of a client. */
    public SSLEngine engine() {
        return material.engine();
    }

    /** What is wrong with the certificate and what to do; null: nothing. */
    public @Nullable String fault() {
        String broken = unusable;
        return broken != null ? broken : Expiry.fault(settings, material.certificate(), clock.instant());
    }

    /** How long the certificate in force is still valid, in seconds; negative: it has expired. */
    public long secondsLeft() {
        return Duration.between(
                        clock.instant(), material.certificate().getNotAfter().toInstant())
                .toSeconds();
    }

    /** What is in force, for who operates the listener. */
    public ListenerCertificate report() {
        return Reports.of(settings, material, fault(), clock.instant());
    }

    /**
     * Looks at the files now.
     *
     * @return why they cannot be used, so that the old ones stay in force; null: what they hold is in force
     */
    public synchronized @Nullable String reload() {
        refresh();
        String fault = unusable;
        if (fault != null) {
            tell(fault);
        }
        return fault;
    }

    synchronized void refresh() {
        Instant now = clock.instant();
        try {
            TlsMaterial found = material.again();
            if (found != material) {
                check(found, now);
                material = found;
                LOG.log(
                        System.Logger.Level.INFO,
                        "event 6841: the " + settings.listener() + "'s certificate in " + settings.certificate()
                                + " was read anew, and is what new connections get; it is valid until "
                                + found.certificate().getNotAfter().toInstant());
            }
            recovered();
        } catch (CertificateFault e) {
            String fault = "the " + settings.listener() + " goes on with its old certificate: " + e.getMessage();
            // a pair is written one file after the other: what is wrong for a moment only is no word in the log
            if (fault.equals(unusable)) {
                tell(fault);
            } else {
                unusable = fault;
                told = false;
            }
        }
        tellExpiry(now);
    }

    /** A certificate that no client takes does not replace one that clients take. */
    private void check(TlsMaterial found, Instant now) throws CertificateFault {
        if (Expiry.valid(material.certificate(), now) && !Expiry.valid(found.certificate(), now)) {
            throw new CertificateFault("the new one is not valid: " + Expiry.fault(settings, found.certificate(), now));
        }
    }

    private void recovered() {
        if (told) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "event 6843: the files of the " + settings.listener() + "'s certificate can be used again");
        }
        unusable = null;
        told = false;
    }

    private void tell(String fault) {
        if (!told) {
            told = true;
            LOG.log(System.Logger.Level.WARNING, "event 6842: " + fault);
        }
    }

    private synchronized void tellExpiry(Instant now) {
        int stage = Expiry.stage(material.certificate(), now);
        if (stage > stageTold) {
            LOG.log(System.Logger.Level.WARNING, "event 6844: " + Expiry.fault(settings, material.certificate(), now));
        }
        stageTold = stage;
    }

    @Override
    public void close() {
        watcher.close();
    }
}
