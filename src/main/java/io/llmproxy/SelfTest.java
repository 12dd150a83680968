package io.llmproxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
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
    private static final byte[] ALIVE = "GET /health/live HTTP/1.1\r\nHost: self-test\r\nConnection: close\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);

    private final OwnListener gateway;
    private final Path socket;
    private final Runnable database;
    private final Path journal;

    /**
     * @param database reads something
     * @param journal its directory
     */
    SelfTest(OwnListener gateway, Path socket, Runnable database, Path journal) {
        this.gateway = gateway;
        this.socket = socket;
        this.database = database;
        this.journal = journal;
    }

    /**
     * Blocks for some milliseconds, where all is well.
     *
     * @param listening run when all but the listener was tried, for one that is to get connections only then
     * @throws StartException naming the part that failed
     */
    void run(Runnable listening) throws StartException {
        check("the journal in " + journal + " cannot be written", "free space there, or mend the disk", this::journal);
        check("the database does not answer", "look at `database.url`, and at the database", this::database);
        check(
                "the admin socket " + socket + " does not answer",
                "look at the rights of its directory, and at `admin.socket`",
                this::socket);
        listening.run();
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
            Channels.newOutputStream(channel).write(ALIVE);
            String answer = firstLine(Channels.newInputStream(channel));
            return answer.startsWith("HTTP/1.1 200") ? "" : "it said `" + answer + "`";
        }
    }

    /** Without a key: refused, by the same stages that serve others. */
    private String gateway() throws IOException {
        try (Socket connection = gateway.ask("GET /v1/models HTTP/1.1", PATIENCE)) {
            String answer = firstLine(connection.getInputStream());
            // whatever it is refused for: a limit may be used up already, which is no fault of the listener
            return answer.startsWith("HTTP/1.1 ") && !answer.startsWith("HTTP/1.1 500")
                    ? ""
                    : "it said `" + answer + "`";
        }
    }

    private static String firstLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0 && b != '\r' && line.size() < 200; b = in.read()) {
            line.write(b);
        }
        return line.toString(StandardCharsets.US_ASCII);
    }
}
