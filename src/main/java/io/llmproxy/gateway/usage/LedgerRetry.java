package io.llmproxy.gateway.usage;

import io.llmproxy.gateway.Ledger;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** Writes what waits for the journal as soon as it takes records again, also where no request comes that would try. */
public final class LedgerRetry implements AutoCloseable {
    private static final Logger LOG = System.getLogger(LedgerRetry.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(5);

    private final Ledger ledger;
    private final Rounds rounds = new Rounds("ledger-retry", this::round);

    public LedgerRetry(Ledger ledger) {
        this.ledger = ledger;
    }

    public void start() {
        rounds.start();
    }

    private Duration round() {
        ledger.retry();
        return PERIOD;
    }

    /** Tries once more, and says what is lost where that fails. */
    @Override
    public void close() {
        rounds.close(CLOSE_BOUND);
        if (ledger.waiting() > 0) {
            LOG.log(
                    Level.ERROR,
                    "the usage journal refuses records to the end: those that waited in memory are lost: "
                            + ledger.waiting());
        }
    }
}
