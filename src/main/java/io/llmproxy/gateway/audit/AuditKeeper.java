package io.llmproxy.gateway.audit;

import io.llmproxy.domain.audit.AuditChain;
import io.llmproxy.gateway.usage.Rounds;
import io.llmproxy.port.AuditChainStore;
import io.llmproxy.port.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Signs the heads of the audit's chains: after every {@value #UNSIGNED} events, an hour after the first unsigned one, when asked,
 * and at the end. Each signature goes to the log too, which whoever can write to the database cannot take back. Gives events of
 * versions without chains their place. Thread-safe.
 */
public final class AuditKeeper implements AutoCloseable {
    static final int UNSIGNED = 100;
    private static final int ADOPTED_AT_ONCE = 2000;
    private static final Duration LONGEST_UNSIGNED = Duration.ofHours(1);
    private static final Duration PERIOD = Duration.ofSeconds(20);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(5);
    private static final Logger LOG = System.getLogger(AuditKeeper.class.getName());

    private final AuditChainStore chains;
    private final InstantSource clock;
    private final Rounds rounds = new Rounds("audit-keeper", this::round);
    private volatile boolean closing;
    private volatile boolean failing;
    private volatile @Nullable String broken;

    public AuditKeeper(AuditChainStore chains, InstantSource clock) {
        this.chains = chains;
        this.clock = clock;
    }

    public void start() {
        rounds.start();
    }

    private Duration round() {
        try {
            adopt();
            Instant now = clock.instant();
            // the last round is the one at the end
            sign(closing ? 1 : UNSIGNED, closing ? now : now.minus(LONGEST_UNSIGNED), now);
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                LOG.log(Level.WARNING, "event 6714: the audit log cannot be signed; tried again", e);
            }
            failing = true;
        }
        return PERIOD;
    }

    private void adopt() {
        int adopted = ADOPTED_AT_ONCE;
        while (adopted == ADOPTED_AT_ONCE && !closing) {
            adopted = chains.adopt(ADOPTED_AT_ONCE, clock.instant());
        }
    }

    /** Signs whatever is not signed, but for chains that are not as they were written; blocks. */
    public void signAll() {
        Instant now = clock.instant();
        sign(1, now, now);
    }

    private void sign(int unsigned, Instant due, Instant now) {
        try {
            chains.sign(unsigned, due, now).forEach(AuditKeeper::log);
            broken = null;
        } catch (StoreException.Broken e) {
            if (broken == null) {
                LOG.log(Level.ERROR, "event 6715: " + e.getMessage());
            }
            broken = e.getMessage();
        }
    }

    private static void log(AuditChain.Head head) {
        LOG.log(
                Level.INFO,
                "event 6716: audit head: chain " + head.chain() + " number " + head.number() + " hash " + head.hash()
                        + " at " + head.at() + " key " + head.keyId() + " signature " + head.signature());
    }

    /** What is wrong with the audit log; null: nothing that was noticed. */
    public @Nullable String fault() {
        return broken;
    }

    @Override
    public void close() {
        closing = true;
        rounds.close(CLOSE_BOUND);
    }
}
