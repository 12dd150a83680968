package io.llmproxy.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A {@code serve} that said it is ready, and what it said. */
final class ServerProcess implements AutoCloseable {
    private static final String READY = "llmproxy ready ";

    private final Process process;
    private final Map<String, String> words;
    private final Path errors;
    private final Duration readyAfter;

    private ServerProcess(Process process, Map<String, String> words, Path errors, Duration readyAfter) {
        this.process = process;
        this.words = words;
        this.errors = errors;
        this.readyAfter = readyAfter;
    }

    /** Starts the command and waits for its ready line, a minute at most. */
    static ServerProcess start(List<String> command, Map<String, String> environment, Path errors)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = launch(command, environment, errors);
        CompletableFuture<String> ready = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> readOutput(process, ready));
        try {
            String line = ready.get(60, TimeUnit.SECONDS);
            return new ServerProcess(process, words(line), errors, Duration.ofNanos(System.nanoTime() - start));
        } catch (ExecutionException | TimeoutException e) {
            process.destroyForcibly();
            throw new AssertionError(command + " did not become ready: " + Files.readString(errors), e);
        }
    }

    /** The exit code of a command that is expected to end by itself. */
    static int exitCode(List<String> command, Map<String, String> environment, Path errors)
            throws IOException, InterruptedException {
        Process process = launch(command, environment, errors);
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError(command + " is still running: " + Files.readString(errors));
            }
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    URI gateway() {
        return URI.create(word("gateway"));
    }

    URI admin() {
        return URI.create(word("admin"));
    }

    String socket() {
        return word("socket");
    }

    String tenant() {
        return word("tenant");
    }

    Duration readyAfter() {
        return readyAfter;
    }

    String errors() throws IOException {
        return Files.readString(errors);
    }

    long pid() {
        return process.pid();
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Whether it runs, or its exit code, and what it said: for the message of a failure. */
    String state() throws IOException {
        return (process.isAlive() ? "it runs" : "it has ended with exit code " + process.exitValue()) + ":\n"
                + errors();
    }

    /** Its exit code when it has ended by itself, within a minute. */
    int ended() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("the server has not ended within a minute");
        }
        return process.exitValue();
    }

    /** SIGTERM; returns the exit code. */
    int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("the server did not stop within a minute of SIGTERM");
        }
        return process.exitValue();
    }

    /** SIGKILL: no hook runs, nothing is flushed. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private String word(String name) {
        String value = words.get(name);
        if (value == null) {
            throw new AssertionError("the ready line has no " + name + "=: " + words);
        }
        return value;
    }

    private static Process launch(List<String> command, Map<String, String> environment, Path errors)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command)).redirectError(errors.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static void readOutput(Process process, CompletableFuture<String> ready) {
        try (BufferedReader lines = process.inputReader(UTF_8)) {
            for (@Nullable String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(READY)) {
                    ready.complete(line);
                }
            }
            ready.completeExceptionally(new IOException("standard output ended without the ready line"));
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
    }

    private static Map<String, String> words(String line) {
        Map<String, String> words = new HashMap<>();
        // the socket's path may hold spaces: a word goes on up to the next " name="
        for (String word : line.substring(READY.length()).split(" (?=(gateway|admin|socket|tenant)=)")) {
            int equals = word.indexOf('=');
            words.put(word.substring(0, equals), word.substring(equals + 1));
        }
        return words;
    }
}
