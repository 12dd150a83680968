package io.llmproxy.adapter.memory;

import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore;
import io.llmproxy.testing.CounterStoreContract;
import io.llmproxy.testing.LeasedStores;
import io.llmproxy.testing.MovedClock;
import io.llmproxy.testing.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** The contract by leases from a real PostgreSQL, by the test's time. */
class LeasedCounterStoreTest extends CounterStoreContract {
    private static String url;
    private static MovedClock clock;
    private static Database database;
    private TimedBook book;
    private LeasedCounterStore leased;

    @BeforeAll
    static void openDatabase() throws SQLException {
        url = PostgresServer.freshDatabase();
        clock = new MovedClock(url, START);
        database = Database.open(url, Path.of("unused"), PostgresServer.USER, null, 3);
    }

    @AfterAll
    static void closeDatabase() throws SQLException {
        database.close();
        clock.close();
    }

    @BeforeEach
    void setUp() throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, PostgresServer.USER, null);
                Statement statement = connection.createStatement()) {
            statement.execute("TRUNCATE limit_processes, limit_counters, limit_shares, limit_resets");
        }
        clock.set(START);
        book = new TimedBook(database.leases(UUID.randomUUID(), "*", LeasedStores.LONG), clock, START);
        leased = LeasedCounterStore.join(book, book::nanos);
    }

    @AfterEach
    void tearDown() {
        leased.close();
    }

    /** Requests that wait as long as the database takes, on however slow a machine. */
    private final class Patient implements CounterStore, CounterStore.Asker {
        @Override
        public long waited() {
            return Duration.ofMinutes(-1).toNanos();
        }

        @Override
        public void waited(long nanos) {
            // of no matter
        }

        @Override
        public LimitDecision reserve(List<Charge> charges) {
            return leased.reserve(charges, Reservation.NONE, this);
        }

        /** Heard of by all, as after a start. */
        @Override
        public void seed(PastUse past) {
            long before = book.seeds(leased);
            leased.seed(past);
            LeasedStores.await(() -> book.seeds(leased) > before);
        }

        @Override
        public Map<CounterKey, Long> used(Limit limit) {
            return leased.used(limit);
        }

        @Override
        public Map<CounterKey, Long> used(Collection<Limit> limits) {
            return leased.used(limits);
        }

        @Override
        public void reset(Limit limit) {
            leased.reset(limit);
        }
    }

    private final CounterStore store = new Patient();

    @Override
    protected CounterStore store() {
        return store;
    }

    @Override
    protected void pass(Duration time) {
        book.pass(leased, time);
    }

    @Override
    protected Instant now() {
        return book.now();
    }

    @Override
    protected void tidy(Map<String, Limit> limits) {
        leased.sweep(limits);
    }

    /** A process that is alone leaves a quarter of what nobody holds to those who may come; a bucket flows at the pace of what is held. */
    @Override
    protected double slowestPace() {
        return 0.75;
    }

    @Override
    protected int histories() {
        return 4;
    }
}
