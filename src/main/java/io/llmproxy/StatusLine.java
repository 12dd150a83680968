package io.llmproxy;

import io.llmproxy.adapter.systemd.SdNotify;
import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.admin.Health;
import io.llmproxy.runtime.Periodic;
import java.time.Duration;
import java.util.function.Supplier;

/** Keeps the line true that {@code systemctl status} shows: looked at every few seconds, told where it is another. */
final class StatusLine implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final SdNotify systemd;
    private final Supplier<String> line;
    private final Periodic rounds;
    // of the thread alone
    private String told = "";

    StatusLine(SdNotify systemd, Supplier<String> line) {
        this.systemd = systemd;
        this.line = line;
        this.rounds = new Periodic(
                Thread.ofVirtual().name("status-line"), PAUSE, this::tell, "systemd is not told how the service is");
    }

    /** Does nothing where no systemd listens. */
    void start() {
        if (systemd.listening()) {
            rounds.start();
        }
    }

    private void tell() {
        String now = line.get();
        if (!now.equals(told)) {
            told = now;
            systemd.status(now);
        }
    }

    /** As {@code serving tenant acme on 127.0.0.1:8080, 3 requests running, 2 providers}, and how many problems there are. */
    static String of(Health health, ApplianceStatus status, String address) {
        String whom = status.tenant().equals("*") ? count(status.tenants(), "tenant") : "tenant " + status.tenant();
        String how = health.reasons().isEmpty() ? "serving " : String.join("; ", health.reasons()) + "; ";
        String line = how + whom + " on " + address + ", " + count(status.requestsInFlight(), "request") + " running, "
                + count(status.providers(), "provider");
        int problems = status.problems().size();
        return problems == 0
                ? line
                : line + "; " + count(problems, "problem") + ", `llmproxyctl status` tells: "
                        + status.problems().getFirst();
    }

    private static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    @Override
    public void close() {
        rounds.close();
    }
}
