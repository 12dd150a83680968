package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.Checks;
import io.llmproxy.gateway.resilience.RetryAfter;
import io.llmproxy.port.CredentialState;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One of several credentials of a provider: whether it may be used now. Each refusal in a row makes it rest twice as long; of a good one
 * nothing is ever written. Thread-safe; two refusals at one moment may count as one.
 */
final class CredentialTurn {
    private static final Logger LOG = System.getLogger(CredentialTurn.class.getName());

    /** A key that is not accepted is so until somebody does something about it. */
    private static final Duration REFUSED = Duration.ofSeconds(30);

    /** Of a 429 that does not say how long. */
    private static final Duration BUSY = Duration.ofSeconds(1);

    private static final Duration LONGEST_REFUSED = Duration.ofMinutes(5);
    private static final Duration LONGEST_BUSY = Duration.ofMinutes(1);
    private static final int MOST_DOUBLINGS = 6;

    private final String providerName;
    private final String name;
    private final Provider provider;
    private volatile @Nullable Rest rest;

    /**
     * @param until by {@link System#nanoTime}
     * @param inRow refusals without a success between them
     */
    private record Rest(long until, int inRow, int status) {}

    CredentialTurn(String providerName, String name, Provider provider) {
        this.providerName = providerName;
        this.name = name;
        this.provider = provider;
    }

    /** The provider as it is called with this credential alone. */
    Provider provider() {
        return provider;
    }

    /** Whether a status says that another credential may do better. */
    static boolean refused(int status) {
        return status == 401 || status == 403 || status == 429;
    }

    /** Nanoseconds until it may be used; 0: now. */
    long resting(long now) {
        Rest known = rest;
        return known == null ? 0 : Math.max(0, known.until - now);
    }

    /** An answer came that refuses it. */
    void rest(ProviderCall.Head head, Instant now) {
        Rest known = rest;
        int inRow = known == null ? 0 : known.inRow;
        boolean busy = head.status() == 429;
        Duration asked = busy ? RetryAfter.of(head.headers(), now) : Duration.ZERO;
        Duration usual = (busy ? BUSY : REFUSED).multipliedBy(1L << Math.min(inRow, MOST_DOUBLINGS));
        Duration longest = busy ? LONGEST_BUSY : LONGEST_REFUSED;
        Duration pause = asked.isZero() ? usual : asked;
        long nanos = Math.min(pause.toNanos(), longest.toNanos());
        rest = new Rest(System.nanoTime() + nanos, inRow + 1, head.status());
        if (!busy && inRow == 0) {
            LOG.log(
                    Level.WARNING,
                    () -> "event 6303: " + who() + " was refused with " + head.status()
                            + " and rests for a while; the provider's other credentials are used");
        }
    }

    /** An answer came that does not. */
    void accepted() {
        Rest known = rest;
        if (known != null) {
            rest = null;
            if (known.status != 429) {
                LOG.log(Level.INFO, () -> "event 6304: " + who() + " is accepted again");
            }
        }
    }

    private String who() {
        return "credential " + Checks.quoted(name) + " of provider " + Checks.quoted(providerName);
    }

    CredentialState state(long now) {
        Rest known = rest;
        String fault = provider.fault();
        if (fault != null) {
            return new CredentialState(name, CredentialState.FAULTY, fault, 0);
        }
        if (known == null) {
            return new CredentialState(name, CredentialState.READY, null, 0);
        }
        long left = Math.max(0, known.until - now);
        return new CredentialState(
                name,
                left > 0 ? CredentialState.RESTING : CredentialState.READY,
                "answered " + known.status,
                left == 0 ? 0 : TimeUnit.NANOSECONDS.toSeconds(left) + 1);
    }
}
