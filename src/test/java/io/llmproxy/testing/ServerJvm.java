package io.llmproxy.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The server in a JVM of its own, from the class path of the tests, so that its heap and its limits can be small. */
public final class ServerJvm implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("llmproxy ready gateway=(\\S+) admin=(\\S+) .*");

    private final Process process;
    private final Path directory;
    private final URI gateway;
    private final URI admin;

    private ServerJvm(Process process, Path directory, URI gateway, URI admin) {
        this.process = process;
        this.directory = directory;
        this.gateway = gateway;
        this.admin = admin;
    }

    /** A data directory for {@link #start}; {@link #close} deletes it. */
    public static Path newDirectory() {
        return TestAppliance.temporary();
    }

    /**
     * Returns when the server is ready.
     *
     * @param limits a shell command that sets resource limits
     * @param sets {@code key=value} each
     */
    public static ServerJvm start(Path directory, String limits, String heap, String... sets) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                limits + "; exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                heap,
                "-XX:+UseSerialGC",
                // it lives for seconds, which the second compiler would mostly take for itself
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:ErrorFile=" + directory.resolve("crash.log"),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "io.llmproxy.Main",
                "serve",
                "--data-dir",
                directory.toString(),
                "--set",
                "gateway.listen=127.0.0.1:0",
                "--set",
                "admin.listen=127.0.0.1:0"));
        for (String set : TestAppliance.NO_LIMITS) {
            command.addAll(List.of("--set", set));
        }
        for (String set : sets) {
            command.addAll(List.of("--set", set));
        }
        Process process = new ProcessBuilder(command)
                .redirectError(directory.resolve("log").toFile())
                .start();
        // kept open: the server's standard output must not break
        BufferedReader out = process.inputReader();
        String line = out.readLine();
        Matcher ready = READY.matcher(line == null ? "" : line);
        if (!ready.matches()) {
            process.destroyForcibly();
            throw new AssertionError(
                    "the server did not start: " + line + "\n" + Files.readString(directory.resolve("log")));
        }
        return new ServerJvm(process, directory, URI.create(ready.group(1)), URI.create(ready.group(2)));
    }

    public URI gateway() {
        return gateway;
    }

    public URI admin() {
        return admin;
    }

    /** Of the process, as the system knows it. */
    public long pid() {
        return process.pid();
    }

    public Path directory() {
        return directory;
    }

    public boolean alive() {
        return process.isAlive();
    }

    public TestAppliance.Ctl ctl(String... args) {
        return TestAppliance.ctlWithInput(directory.resolve("admin.sock"), "", args);
    }

    public TestAppliance.Ctl ctlWithInput(String input, String... args) {
        return TestAppliance.ctlWithInput(directory.resolve("admin.sock"), input, args);
    }

    /** As {@link TestAppliance#tenantWithKey}. */
    public String tenantWithKey(String tenant, URI upstream) {
        return TestAppliance.tenantWithKey(directory.resolve("admin.sock"), tenant, upstream);
    }

    @Override
    public void close() {
        kill();
        TestAppliance.delete(directory);
    }

    /** SIGKILL; the directory stays, for another {@link #start}. */
    public void kill() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                throw new AssertionError("the server does not die");
            }
            process.inputReader().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
