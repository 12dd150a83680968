package io.llmproxy.adapter.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.DriverDataSource;
import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import io.llmproxy.domain.secret.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;

/** Where connections come from: the two drivers, set up so that trouble is told within seconds, and the pool over them. */
final class Sources {
    /** What PostgreSQL shows of a server's connections. */
    static final String APPLICATION = "llmproxy";

    private static final int CONNECT_SECONDS = 5;
    /** How long an answer to a statement may take. */
    private static final int SOCKET_SECONDS = 60;
    /**
     * H2's own choice is 64 MiB for each GiB that the heap may grow to, which a busy ledger fills with blocks that nobody reads soon, and
     * a collector then copies.
     */
    private static final int CACHE_KIB = 8 * 1024;

    private static final String POSTGRESQL = "jdbc:postgresql:";

    /** Seconds; 0, which is for ever to the driver, is none that a caller could wait. */
    private static final Pattern CONNECT_TIMEOUT = Pattern.compile("[?&]connectTimeout=([1-9]\\d{0,3})(?=&|$)");

    private Sources() {}

    /** @param file without its suffix */
    static DataSource h2(Path file) {
        return h2Url("jdbc:h2:" + h2Name(file));
    }

    /** What H2 knows the file by within a process that has it open. */
    static String h2Name(Path file) {
        String path = file.toAbsolutePath().toString();
        if (path.indexOf(';') >= 0) {
            throw new DatabaseException(
                    Reason.SETTINGS,
                    "the embedded database cannot lie under a path with ';': " + path
                            + "; name another directory with --data-dir",
                    null);
        }
        // async: an interrupt closes a plain FileChannel, and the database with it
        return "async:" + path;
    }

    /** @param url of another process that has the database open */
    static DataSource h2Remote(String url) {
        return h2Url(url);
    }

    /** One in memory, which is empty and ends with its connection. */
    static DataSource scratch() {
        return h2Url("jdbc:h2:mem:");
    }

    /** The same settings in each process: H2 wants them so. */
    private static DataSource h2Url(String url) {
        JdbcDataSource source = new JdbcDataSource();
        // no closing at exit: the appliance still writes while it stops
        source.setURL(url
                + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH;DB_CLOSE_ON_EXIT=FALSE"
                + ";LOCK_TIMEOUT=10000;TRACE_LEVEL_FILE=0;CACHE_SIZE=" + CACHE_KIB);
        source.setUser("sa");
        source.setPassword("");
        return source;
    }

    static DataSource postgresql(String url, @Nullable String user, @Nullable Secret password) {
        return postgresql(url, user, password, APPLICATION);
    }

    /** @param application what PostgreSQL shows of its connections */
    static DataSource postgresql(String url, @Nullable String user, @Nullable Secret password, String application) {
        return postgresql(url, user, password, application, SOCKET_SECONDS);
    }

    /** One for work that may take hours in a single statement, as a change of a large table does: an answer is waited for without an end. */
    static DataSource patient(String url, @Nullable String user, @Nullable Secret password, String application) {
        return postgresql(url, user, password, application, 0);
    }

    private static DataSource postgresql(
            String url, @Nullable String user, @Nullable Secret password, String application, int socketSeconds) {
        String plain = password == null ? null : password.reveal();
        Properties defaults = postgresqlDefaults();
        defaults.setProperty("ApplicationName", application);
        defaults.setProperty("socketTimeout", String.valueOf(socketSeconds));
        try {
            return new DriverDataSource(url, "org.postgresql.Driver", defaults, user, plain);
        } catch (RuntimeException e) {
            // without the cause and the URL's parameters, where a password may stand
            throw new DatabaseException(Reason.SETTINGS, "database.url is no URL of PostgreSQL: " + shown(url), null);
        }
    }

    /** What holds unless the URL says otherwise. */
    private static Properties postgresqlDefaults() {
        Properties defaults = new Properties();
        defaults.setProperty("connectTimeout", String.valueOf(CONNECT_SECONDS));
        defaults.setProperty("loginTimeout", String.valueOf(CONNECT_SECONDS));
        defaults.setProperty("tcpKeepAlive", "true");
        // the detail of an error quotes the values of the row
        defaults.setProperty("logServerErrorDetail", "false");
        return defaults;
    }

    /** @throws DatabaseException where the URL is of another database */
    static String known(String url) {
        if (!url.startsWith(POSTGRESQL)) {
            throw new DatabaseException(
                    Reason.SETTINGS,
                    "database.url must begin with jdbc:postgresql:// (or be left out, for the embedded database); got "
                            + shown(url),
                    null);
        }
        return url;
    }

    /** The URL with another schema as the one that names without one are looked for in. */
    static String inSchema(String url, String schema) {
        String plain = url.replaceAll("(?<=[?&])currentSchema=[^&]*&?", "").replaceFirst("[?&]$", "");
        return plain + (plain.contains("?") ? "&" : "?") + "currentSchema=" + schema;
    }

    /** The URL without parameters and credentials. */
    static String shown(String url) {
        return url.split("\\?", 2)[0].replaceFirst("//[^/@]*@", "//");
    }

    /** How long a caller waits for a connection of PostgreSQL: as long as one may take to be made, which the URL may say. */
    static Duration patience(String url) {
        Matcher said = CONNECT_TIMEOUT.matcher(url);
        return Duration.ofSeconds(said.find() ? Long.parseLong(said.group(1)) : CONNECT_SECONDS);
    }

    static HikariDataSource pool(DataSource source, int size) {
        return new HikariDataSource(poolConfig(source, size));
    }

    /** One whose callers can be held back while its source moves. */
    static HikariDataSource movingPool(DataSource source, int size) {
        HikariConfig config = poolConfig(source, size);
        config.setAllowPoolSuspension(true);
        return new HikariDataSource(config);
    }

    private static HikariConfig poolConfig(DataSource source, int size) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("llmproxy");
        config.setDataSource(source);
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(CONNECT_SECONDS * 1000L);
        config.setValidationTimeout(2000);
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        // the migration has just shown that the database answers
        config.setInitializationFailTimeout(-1);
        return config;
    }
}
