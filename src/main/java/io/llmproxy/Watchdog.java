package io.llmproxy;

import io.llmproxy.adapter.systemd.SdNotify;
import io.llmproxy.runtime.Periodic;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Tells systemd that the process lives, twice within the time that it waits, and only where the process answers on its own listener
 * and its ledger works: systemd kills and restarts one that hangs. A database, a provider or a disk that is away is no reason, since a
 * restart brings none of them back.
 */
final class Watchdog implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Watchdog.class.getName());
    /** Refused before it is a request: it costs nothing, is in no account and passes the whole way of a connection. */
    private static final String PROBE = "GET /. HTTP/1.1";

    private final SdNotify systemd;
    private final OwnListener gateway;
    private final BooleanSupplier ledger;
    private final Duration patience;
    private final Periodic rounds;
    private boolean failing;

    /**
     * @param gateway where the process listens
     * @param ledger whether what writes it lives; may block where it does not
     */
    Watchdog(SdNotify systemd, OwnListener gateway, BooleanSupplier ledger) {
        this.systemd = systemd;
        this.gateway = gateway;
        this.ledger = ledger;
        Duration half = systemd.watchdog().dividedBy(2);
        this.patience = half;
        this.rounds = new Periodic(
                Thread.ofPlatform().daemon().name("watchdog"),
                half.isZero() ? Duration.ofDays(1) : half,
                this::round,
                "the check for systemd's watchdog fails, which will restart the service");
    }

    /** Nothing where systemd waits for nothing. */
    void start() {
        if (!systemd.watchdog().isZero()) {
            systemd.alive();
            rounds.start();
        }
    }

    private void round() {
        if (serves() && ledger.getAsBoolean()) {
            failing = false;
            systemd.alive();
        } else if (!failing) {
            failing = true;
            LOG.log(
                    Level.ERROR,
                    "event 6830: the process does not answer on its own listener, or what writes the ledger has ended;"
                            + " systemd's watchdog will restart it");
        }
    }

    /** Whether a connection is accepted and its thread does something with it. */
    boolean serves() {
        try (Socket socket = gateway.ask(PROBE, Duration.ofMillis(Math.clamp(patience.toMillis(), 100, 30_000)))) {
            int first = socket.getInputStream().read();
            return first >= -1;
        } catch (SocketTimeoutException | ConnectException e) {
            return false;
        } catch (SocketException e) {
            return true; // reset: somebody was there to do it
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        rounds.close();
    }
}
