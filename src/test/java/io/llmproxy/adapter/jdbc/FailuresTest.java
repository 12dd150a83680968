package io.llmproxy.adapter.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.port.StoreException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailuresTest {
    /** A record that waited for a lock in vain is not one that the database will never take. */
    @ParameterizedTest
    @ValueSource(strings = {"HYT00", "40001", "40P01", "55P03"})
    void whatAnotherTransactionIsInTheWayOfMaySucceedLater(String state) {
        StoreException failure = Failures.of("adding usage", new SQLException("secret", state, 1));
        assertThat(failure)
                .isInstanceOf(StoreException.Away.class)
                .hasMessageContaining("adding usage: another transaction")
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"22001", "23503", "42P01"})
    void whatTheDatabaseRefusesIsRefused(String state) {
        assertThat(Failures.of("adding usage", new SQLException("x", state, 1)))
                .isExactlyInstanceOf(StoreException.class);
    }

    @Test
    void aLockThatIsWaitedForTooLongIsSuchOneOnH2(@TempDir Path directory) throws SQLException {
        DataSource source = Sources.h2(directory.resolve("x"));
        try (Connection holder = source.getConnection();
                Connection waiting = source.getConnection();
                Statement holding = holder.createStatement();
                Statement wanting = waiting.createStatement()) {
            holding.execute("CREATE TABLE t (a INT PRIMARY KEY)");
            holding.execute("INSERT INTO t VALUES (1)");
            holder.setAutoCommit(false);
            holding.execute("UPDATE t SET a = 2");
            wanting.execute("SET LOCK_TIMEOUT 100");
            SQLException late = catchThrowableOfType(SQLException.class, () -> wanting.execute("UPDATE t SET a = 3"));
            assertThat(Failures.of("adding usage", late)).isInstanceOf(StoreException.Away.class);
            holder.rollback();
        }
    }
}
