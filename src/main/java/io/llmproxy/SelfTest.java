package io.llmproxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What a process asks of itself before it says that it is ready: a request through its gateway listener and one through its admin
 * socket, as clients would send them, a transaction of its database, and a write to the disk of its journal that is synced.
 */
final class SelfTest {
    private static final Logger LOG = System.getLogger(SelfTest.class.getName());
    /** For each part; a machine that begins to swap while it starts takes its time. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final int PROBE_BYTES = 4096;

    private final Listener gateway;
    private final Path socket;
    private final Runnable database;
    private final Path journal;

    /**
     * The gateway's listener.
     *
     * @param host as configured; an address that stands for all is reached by loopback
     */
    record Listener(String host, int port) {}

    /**
     * @param database reads something
     * @param journal its directory
     */
    SelfTest(Listener gateway, Path socket, Runnable database, Path journal) {
        this.gateway = gateway;
        this.socket = socket;
        this.database = database;
        this.journal = journal;
    }

    /** Blocks for some milliseconds, where all is well. @throws StartException naming the part that failed */
    void run() throws StartException {
        check("the journal in " + journal + " cannot be written", "free space there, or mend the disk", this::journal);
        check("the database does not answer", "look at `database.url`, and at the database", this::database);
        check(
                "the admin socket " + socket + " does not answer",
                "look at the rights of its directory, and at `admin.socket`",
                this::socket);
        check(
                "the gateway's listener " + gateway.host() + ":" + gateway.port() + " does not answer",
                "look at `gateway.listen`, and whether a firewall of this machine refuses its own connections",
                this::gateway);
    }

    private static void check(String failure, String advice, Callable<String> part) throws StartException {
        FutureTask<String> task = new FutureTask<>(part);
        Thread thread = Thread.ofVirtual().name("self-test").start(task);
        String reason;
        try {
            reason = task.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            reason = String.valueOf(e.getCause());
        } catch (TimeoutException e) {
            reason = "nothing within " + PATIENCE.toSeconds() + " s";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reason = "interrupted";
        } finally {
            thread.interrupt();
        }
        if (!reason.isEmpty()) {
            String sentence = "the self-test failed: " + failure + ": " + reason + "; " + advice;
            LOG.log(Level.ERROR, "event 6811: " + sentence);
            throw new StartException(StartException.FAILURE, sentence);
        }
    }

    private String journal() throws IOException {
        Path probe = journal.resolve("self-test");
        try (FileChannel channel = FileChannel.open(
                probe, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.allocate(PROBE_BYTES);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } finally {
            Files.deleteIfExists(probe);
        }
        return "";
    }

    private String database() {
        database.run();
        return "";
    }

    private String socket() throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            String answer = exchange(
                    Channels.newInputStream(channel), Channels.newOutputStream(channel), "GET /health/live HTTP/1.1");
            return answer.startsWith("HTTP/1.1 200") ? "" : "it said `" + answer + "`";
        }
    }

    /** Without a key: refused, by the same stages that serve others. */
    private String gateway() throws IOException {
        InetAddress host = InetAddress.getByName(gateway.host());
        try (Socket connection = new Socket()) {
            connection.connect(
                    new InetSocketAddress(
                            host.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : host, gateway.port()),
                    (int) PATIENCE.toMillis());
            // in plain text also where TLS is spoken, which answers that with 400, whatever certificate it wants of
            // clients
            String answer =
                    exchange(connection.getInputStream(), connection.getOutputStream(), "GET /v1/models HTTP/1.1");
            // whatever it is refused for: a limit may be used up already, which is no fault of the listener
            return answer.startsWith("HTTP/1.1 ") && !answer.startsWith("HTTP/1.1 500")
                    ? ""
                    : "it said `" + answer + "`";
        }
    }

    /** The first line of the answer. */
    private static String exchange(InputStream in, OutputStream out, String request) throws IOException {
        out.write((request + "\r\nHost: self-test\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0 && b != '\r' && line.size() < 200; b = in.read()) {
            line.write(b);
        }
        return line.toString(StandardCharsets.US_ASCII);
    }
}
