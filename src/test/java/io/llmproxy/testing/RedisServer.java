package io.llmproxy.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A real Redis on a port of its own, which keeps nothing on disk: it can be killed, started again, and made to stand still. */
public final class RedisServer implements AutoCloseable {
    private static final String TEMPORARY =
            Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath().toString();

    private final int port;
    private final List<String> options;
    /** What a replica writes all the same, when it is given everything by its master. */
    private final Path dump;

    private Process process;

    private RedisServer(int port, List<String> options) {
        this.port = port;
        this.options = options;
        this.dump = Path.of(TEMPORARY, "redis-" + port + ".rdb");
        this.process = run();
    }

    private static final class Binary {
        private static final Path PATH = unpack();

        private static Path unpack() {
            boolean arm = System.getProperty("os.arch").equals("aarch64");
            String name = arm ? "/redis-server-6.2.7-linux-arm64" : "/redis-server-6.2.6-v5-linux-amd64";
            try (InputStream in = RedisServer.class.getResourceAsStream(name)) {
                Path file = Files.createTempFile(
                        "redis-server",
                        "",
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                file.toFile().deleteOnExit();
                Files.write(file, in.readAllBytes());
                return file;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** @param options further ones of its command line, as {@code --requirepass secret} */
    public static RedisServer start(String... options) {
        return new RedisServer(freePort(), List.of(options));
    }

    /** A port on which nothing listens. */
    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A cluster of one node, which has all the keys. */
    public static RedisServer startCluster() {
        // it listens on another port too, which is the same and 10,000
        int port = freePort();
        while (port > 55_000) {
            port = freePort();
        }
        RedisServer server =
                new RedisServer(port, List.of("--cluster-enabled", "yes", "--cluster-config-file", nodes(port)));
        int most = 16_384;
        for (int from = 0; from < most; from += most / 4) {
            String slots = IntStream.range(from, from + most / 4)
                    .mapToObj(String::valueOf)
                    .collect(Collectors.joining(" "));
            server.command("CLUSTER ADDSLOTS " + slots);
        }
        while (!server.command("SET {llmproxy}:ready 1").equals("+OK")) {
            Thread.onSpinWait();
        }
        return server;
    }

    private static String nodes(int port) {
        return "redis-" + port + ".nodes";
    }

    /** On that port, which nobody else took meanwhile. */
    public static RedisServer startOn(int port) {
        return new RedisServer(port, List.of());
    }

    private Process run() {
        List<String> command = new ArrayList<>(List.of(
                Binary.PATH.toString(),
                "--port",
                String.valueOf(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                TEMPORARY,
                "--dbfilename",
                dump.getFileName().toString()));
        command.addAll(options);
        try {
            Files.deleteIfExists(dump);
            Process started = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            awaitListening(started);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitListening(Process started) {
        while (started.isAlive()) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
                if (socket.getInputStream().read() >= 0) {
                    return;
                }
            } catch (IOException e) {
                Thread.onSpinWait();
            }
        }
        throw new AssertionError("Redis did not start on port " + port);
    }

    public int port() {
        return port;
    }

    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** One command whose answer is one line; the line, without its end. */
    public String command(String line) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
            StringBuilder answer = new StringBuilder();
            InputStream in = socket.getInputStream();
            for (int c = in.read(); c >= 0 && c != '\r'; c = in.read()) {
                answer.append((char) c);
            }
            return answer.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL. */
    public void kill() {
        signal("KILL");
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                throw new AssertionError("Redis does not die");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Empty, on the same port. */
    public void again() {
        process = run();
    }

    /** SIGSTOP: connections stay, nothing is answered. */
    public void stop() {
        signal("STOP");
    }

    public void goOn() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
        dump.toFile().delete();
        Path.of(TEMPORARY, nodes(port)).toFile().delete();
    }
}
