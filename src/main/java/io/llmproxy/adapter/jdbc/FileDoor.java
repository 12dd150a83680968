package io.llmproxy.adapter.jdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import javax.sql.DataSource;
import org.h2.server.TcpServer;
import org.jspecify.annotations.Nullable;

/**
 * The way by which other processes of this data directory use the database that this one has open: H2's server on a port of the
 * loopback address, behind a key of 128 bits. Port and key are in the file {@code door} beside the database, which its owner alone
 * can read; while it is there, the door is open.
 */
final class FileDoor implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final int KEY_BYTES = 16;

    private final Path file;
    private final DataSource inside;
    private final TcpServer server;

    /** Where a door is. */
    record Address(int port, String key) {
        String url() {
            return "jdbc:h2:tcp://" + LOOPBACK + ":" + port + "/" + key;
        }

        /** What the file says; null: nothing, or nothing whole. */
        static @Nullable Address read(Path directory) {
            try {
                String[] words = Files.readString(file(directory)).strip().split(" ");
                return words.length == 2 ? new Address(Integer.parseInt(words[0]), words[1]) : null;
            } catch (IOException | NumberFormatException e) {
                return null;
            }
        }
    }

    private FileDoor(Path file, DataSource inside, TcpServer server) {
        this.file = file;
        this.inside = inside;
        this.server = server;
    }

    /** To be called before the first class of H2 is there, which reads it once: else its server listens on every address. */
    static void onLoopbackAlone() {
        System.setProperty("h2.bindAddress", LOOPBACK);
    }

    /**
     * Opens it.
     *
     * @param directory of the database, whose file is {@code llmproxy.mv.db}
     * @param inside connects to the database within this process
     */
    static FileDoor open(Path directory, DataSource inside) throws SQLException, IOException {
        byte[] random = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(random);
        String key = HexFormat.of().formatHex(random);
        TcpServer server = new TcpServer();
        server.init(
                "-tcpPort", "0", "-tcpDaemon", "-ifExists", "-key", key, Sources.h2Name(directory.resolve("llmproxy")));
        server.start();
        Thread.ofPlatform().daemon().name("database-door").start(server::listen);
        Path file = file(directory);
        Path draft = directory.resolve("door.new");
        try {
            Files.writeString(draft, server.getPort() + " " + key + "\n");
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            server.stop();
            throw e;
        }
        return new FileDoor(file, inside, server);
    }

    private static Path file(Path directory) {
        return directory.resolve("door");
    }

    /** How many connections of others there are. */
    int visitors() throws SQLException {
        try (Connection connection = inside.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT COUNT(*) FROM information_schema.sessions WHERE client_addr IS NOT NULL")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    /** Asks the visitors to leave, by taking the file away, and waits until they have, no longer than that. */
    void clear(long nanos) {
        long end = System.nanoTime() + nanos;
        try {
            Files.deleteIfExists(file);
            while (visitors() > 0 && System.nanoTime() < end) {
                Thread.sleep(5);
            }
        } catch (IOException | SQLException e) {
            System.getLogger(FileDoor.class.getName())
                    .log(System.Logger.Level.WARNING, "other processes are not asked to let go of the database", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends every connection that is still there. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // it leads to nothing, and is written over by the next
            System.getLogger(FileDoor.class.getName())
                    .log(System.Logger.Level.DEBUG, "the database's door file stays", e);
        }
        server.stop();
    }
}
