package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The embedded database between those that follow one another; each is what a process has of it. */
@Timeout(120)
class FileSeatTest {
    @TempDir
    Path directory;

    private Database take() {
        return Database.open(null, directory, null, null, 3);
    }

    private Database join() {
        return Database.open(null, directory, null, null, 3, Upgrade.by("llmproxy"), true);
    }

    private boolean open() {
        return Files.exists(directory.resolve("db/door"));
    }

    @Test
    void nobodyIsLetInUnlessAsked() {
        try (Database first = take()) {
            assertThat(open()).isFalse();
            first.letIn();
            assertThat(open()).isTrue();
            first.letNobodyIn();
            assertThat(open()).isFalse();
        }
    }

    @Test
    void whoHasNoKeyIsNotLetIn() {
        try (Database first = take()) {
            first.letIn();
            FileDoor.Address door = Objects.requireNonNull(FileDoor.Address.read(directory.resolve("db")));
            FileDoor.Address wrong = new FileDoor.Address(door.port(), "0".repeat(32));
            assertThatThrownBy(
                            () -> Sources.h2Remote(wrong.url()).getConnection().close())
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("Wrong user name or password");
        }
    }

    @Test
    void whatRunsGoesOnWhileTheFileMovesFromOneToTheNext() throws Exception {
        Database first = take();
        first.letIn();
        Queue<Exception> failures = new ConcurrentLinkedQueue<>();
        AtomicInteger written = new AtomicInteger();
        Database second = join();
        Database third = join();
        Thread writing = Thread.ofPlatform().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    String slug = unique("t");
                    second.tenants().insert(Samples.tenant(slug));
                    if (third.tenants().find(slug).isEmpty()) {
                        failures.add(new IllegalStateException(slug + " is not there for the other"));
                    }
                    written.incrementAndGet();
                } catch (RuntimeException e) {
                    failures.add(e);
                }
            }
        });
        until(() -> written.get() > 10);
        first.close();
        int then = written.get();
        until(() -> written.get() > then + 10);
        writing.interrupt();
        writing.join();
        assertThat(failures).isEmpty();

        // who has it now is told by the other's going on alone
        second.close();
        String last = unique("t");
        until(() -> inserted(third, last));
        assertThat(third.tenants().find(last)).isPresent();
        third.close();
        assertThat(open()).isFalse();
        try (Database again = take()) {
            assertThat(again.tenants().find(last)).isPresent();
        }
    }

    @Test
    void aDoorThatCannotBeOpenedIsTriedAgain() throws Exception {
        Database first = take();
        first.letIn();
        try (Database second = join()) {
            // as on a full disk: the file of the door cannot be written
            Path obstacle = Files.createDirectory(directory.resolve("db/door.new"));
            first.close();
            until(() -> inserted(second, unique("t")));
            assertThat(open()).isFalse();
            Files.delete(obstacle);
            until(this::open);
            try (Database third = join()) {
                assertThat(inserted(third, unique("t"))).isTrue();
            }
        }
    }

    private static boolean inserted(Database database, String slug) {
        try {
            database.tenants().insert(Samples.tenant(slug));
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited a minute");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
