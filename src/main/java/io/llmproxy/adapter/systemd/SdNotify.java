package io.llmproxy.adapter.systemd;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells systemd how the service is, by sd_notify(3): one datagram to the socket that {@code NOTIFY_SOCKET} names. Does
 * nothing where it is not set; a failure is logged and stops nothing. Thread-safe.
 */
public final class SdNotify {
    private static final Logger LOG = System.getLogger(SdNotify.class.getName());

    private final @Nullable String socket;
    private final Duration watchdog;
    private volatile boolean ready;
    private volatile boolean left;
    private volatile boolean stopping;
    private volatile String text = "";
    private volatile String note = "";

    /** @param environment of the process */
    public SdNotify(Map<String, String> environment) {
        String name = environment.get("NOTIFY_SOCKET");
        this.socket = name == null || name.isEmpty() ? null : name;
        this.watchdog = socket == null
                ? Duration.ZERO
                : watchdog(environment, ProcessHandle.current().pid());
    }

    /** How long the service may be silent, as {@code WATCHDOG_USEC} says; zero: for ever. */
    static Duration watchdog(Map<String, String> environment, long pid) {
        String of = environment.getOrDefault("WATCHDOG_PID", "");
        try {
            boolean ours = of.isBlank() || Long.parseLong(of.strip()) == pid;
            String micros = environment.getOrDefault("WATCHDOG_USEC", "").strip();
            return ours && !micros.isEmpty()
                    ? Duration.ofNanos(Math.multiplyExact(Math.max(0, Long.parseLong(micros)), 1000L))
                    : Duration.ZERO;
        } catch (NumberFormatException | ArithmeticException e) {
            LOG.log(Level.WARNING, "WATCHDOG_USEC or WATCHDOG_PID of systemd is no number: there is no watchdog");
            return Duration.ZERO;
        }
    }

    /** For how long the watchdog waits; zero: there is none. */
    public Duration watchdog() {
        return watchdog;
    }

    /** The service lives; to be said more often than {@link #watchdog}. Of a process that another has followed nothing. */
    public void alive() {
        if (!left) {
            send("WATCHDOG=1");
        }
    }

    /** Whether somebody listens. */
    public boolean listening() {
        return socket != null;
    }

    /** The service serves. */
    public void ready(String status) {
        ready = true;
        text = status;
        send("READY=1\n" + statusLine());
    }

    /** The same of a process that follows another: systemd is to know it even where that one has died meanwhile. */
    public void readyAsMain(String status) {
        ready = true;
        text = status;
        send("READY=1\nMAINPID=" + ProcessHandle.current().pid() + "\n" + statusLine());
    }

    /** The service reads its configuration again; {@link #reloaded} follows in any case. */
    public void reloading() {
        if (ready) {
            // the clock of nanoTime is CLOCK_MONOTONIC, which systemd wants
            send("RELOADING=1\nMONOTONIC_USEC=" + System.nanoTime() / 1000);
        }
    }

    /** The reload is over, well or not. */
    public void reloaded() {
        if (ready) {
            send("READY=1\n" + statusLine());
        }
    }

    /** Another process is the service's main one from now on. */
    public void mainProcess(long pid) {
        ready = false;
        left = true;
        send("MAINPID=" + pid);
    }

    /**
     * The service began to shut down. Nothing of a process that was never ready, or that another has followed: the service goes on by
     * another process, and systemd would end that too.
     */
    public void stopping() {
        if (ready) {
            ready = false;
            stopping = true;
            send("STOPPING=1");
        }
    }

    /** What {@code systemctl status} shows; from when the service is ready until another process is its main one. */
    public void status(String status) {
        text = status;
        if (ready || stopping) {
            send(statusLine());
        }
    }

    /** What {@code systemctl status} shows behind the status from now on, whatever that is; empty: nothing. */
    public void note(String remark) {
        note = remark;
    }

    // a line feed would begin another assignment
    private String statusLine() {
        String all = note.isEmpty() ? text : text + "; " + note;
        return "STATUS=" + all.replaceAll("\\p{Cntrl}", " ");
    }

    private void send(String state) {
        String name = socket;
        if (name == null) {
            return;
        }
        try {
            UnixDatagram.send(name, state);
        } catch (IOException | RuntimeException | LinkageError e) {
            LOG.log(Level.WARNING, "systemd could not be told of the service's state by NOTIFY_SOCKET " + name, e);
        }
    }
}
