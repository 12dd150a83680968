package io.llmproxy.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** Runs llmproxyctl in this process, with its surroundings set by the test, and keeps what it printed. */
final class CtlRun {
    static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    private final Map<String, String> env = new HashMap<>();
    private final Path directory;
    private Terminal terminal = Terminal.NONE;
    private byte[] stdin = new byte[0];
    private PeerCheck peers = new PeerCheck("tester", channel -> "tester");
    private Shell.Pause pause = () -> false;
    private Host host;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** @param directory the working directory, with {@code run} in it for /run/llmproxy */
    CtlRun(Path directory) {
        this.directory = directory;
        this.host = new Host(
                directory.resolve("etc"),
                directory.resolve("state"),
                directory.resolve("logs"),
                directory.resolve("backups"),
                directory.resolve("systemd"),
                null,
                true);
    }

    CtlRun host(Host newHost) {
        host = newHost;
        return this;
    }

    Host host() {
        return host;
    }

    CtlRun env(String name, String value) {
        env.put(name, value);
        return this;
    }

    CtlRun stdin(String text) {
        stdin = text.getBytes(StandardCharsets.UTF_8);
        return this;
    }

    CtlRun terminal(int columns, boolean colour) {
        terminal = new Terminal(true, columns, colour);
        return this;
    }

    CtlRun peer(String user) {
        peers = new PeerCheck("tester", channel -> user);
        return this;
    }

    CtlRun pause(Shell.Pause newPause) {
        pause = newPause;
        return this;
    }

    int run(String... args) {
        out.reset();
        err.reset();
        return run(new PrintStream(out, false, StandardCharsets.UTF_8), args);
    }

    int run(PrintStream stdout, String... args) {
        return Main.run(
                args,
                new Shell(
                        env,
                        stdout,
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        new ByteArrayInputStream(stdin),
                        terminal,
                        InstantSource.fixed(NOW),
                        peers,
                        directory.resolve("run"),
                        directory,
                        host,
                        pause));
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
