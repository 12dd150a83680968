package io.llmproxy.adapter.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The embedded database, which one process has open, between processes that follow one another: while a successor starts and while
 * its predecessor finishes its requests, the one that has the lock of the directory has the file, and the others reach it by that
 * one's {@link FileDoor}. When it closes its door, or dies, the others hold their callers back for a moment; whoever gets the lock
 * opens the file, and the others go to its door. No statement fails of a move that was announced.
 *
 * <p>All processes are equal in this, so that any of them may be killed at any time. Thread-safe.
 */
final class FileSeat implements AutoCloseable {
    private static final Logger LOG = System.getLogger(FileSeat.class.getName());
    private static final Duration LOOK = Duration.ofMillis(40);
    private static final Duration AGAIN = Duration.ofMillis(200);
    private static final Duration RETRY = Duration.ofMillis(10);
    private static final Duration VISITORS = Duration.ofSeconds(3);
    private static final Duration STATEMENTS = Duration.ofSeconds(5);
    private static final Duration GUARD = Duration.ofSeconds(5);
    /** A minute: a successor that starts has come by then. */
    private static final int EMPTY_LOOKS = 12;

    private static final Duration JOINING = Duration.ofSeconds(20);

    private final Path directory;
    private final DataSource embedded;
    private final MovingSource source;
    private final ReentrantLock turn = new ReentrantLock();
    // guarded by turn, as are the five fields below; of lock and file either both are there or none
    private @Nullable DirectoryLock lock;
    private @Nullable EmbeddedFile file;
    private @Nullable FileDoor door;
    private FileDoor.@Nullable Address visiting;
    private @Nullable HikariDataSource pool;
    private volatile boolean closed;

    private FileSeat(Path directory, DataSource embedded) {
        this.directory = directory;
        this.embedded = embedded;
        this.source = new MovingSource(embedded);
    }

    /** Opens the file. @throws DatabaseException where another process has it */
    static FileSeat take(Path directory, DataSource embedded) throws SQLException {
        FileSeat seat = new FileSeat(directory, embedded);
        seat.sit(DirectoryLock.take(directory));
        return seat;
    }

    /** Opens the file, or goes by the door of the process that has it. @throws DatabaseException where neither can be */
    static FileSeat join(Path directory, DataSource embedded) throws SQLException {
        FileSeat seat = new FileSeat(directory, embedded);
        long end = System.nanoTime() + JOINING.toNanos();
        while (!seat.settle()) {
            if (System.nanoTime() > end) {
                throw DirectoryLock.inUse(directory, null);
            }
            pause(RETRY);
        }
        return seat;
    }

    /** Of connections, wherever the file is; for the pool that is told by {@link #serve}. */
    DataSource source() {
        return source;
    }

    /** The pool whose callers are held back during a move; it must be one that can be suspended. */
    void serve(HikariDataSource connections) {
        turn.lock();
        try {
            pool = connections;
            if (lock == null) {
                Thread.ofPlatform().daemon().name("database-seat").start(this::watch);
            }
        } finally {
            turn.unlock();
        }
    }

    /** Lets other processes in from now on, where this one has the file. */
    void open() {
        turn.lock();
        try {
            if (lock != null && door == null && !closed) {
                FileDoor opened = FileDoor.open(directory, embedded);
                door = opened;
                Thread.ofPlatform().daemon().name("database-guard").start(() -> guard(opened));
            }
        } catch (SQLException | IOException e) {
            throw new DatabaseException(
                    Reason.AWAY, "the embedded database cannot be opened to another process: " + e.getMessage(), e);
        } finally {
            turn.unlock();
        }
    }

    /** No longer, where nobody came; who has just died may be there for a moment. */
    void shut() {
        turn.lock();
        try {
            for (int i = 0; i < 100 && door != null && door.visitors() > 0; i++) {
                pause(RETRY);
            }
            shutBehindTheLast();
        } catch (SQLException e) {
            LOG.log(Level.DEBUG, "the database's door stays open", e);
        } finally {
            turn.unlock();
        }
    }

    /** Called with turn held. */
    private void shutBehindTheLast() throws SQLException {
        FileDoor open = door;
        if (open != null && open.visitors() == 0) {
            door = null;
            open.close();
        }
    }

    /** Shuts a door through which nobody came for a while. */
    private void guard(FileDoor open) {
        int empty = 0;
        while (!closed && empty < EMPTY_LOOKS) {
            pause(GUARD);
            turn.lock();
            try {
                if (door != open) {
                    return;
                }
                empty = open.visitors() == 0 ? empty + 1 : 0;
                if (empty == EMPTY_LOOKS) {
                    shutBehindTheLast();
                }
            } catch (SQLException e) {
                empty = 0; // the database is away, and with it whoever would come
            } finally {
                turn.unlock();
            }
        }
    }

    /** After H2 closed the file by itself. @throws SQLException where that cannot be done yet */
    void reopen(HikariDataSource connections) throws SQLException {
        turn.lock();
        try {
            if (file != null) {
                file.reopen(connections);
            }
        } finally {
            turn.unlock();
        }
    }

    private void sit(DirectoryLock taken) throws SQLException {
        try {
            file = new EmbeddedFile(embedded);
            lock = taken;
            source.move(embedded);
        } catch (SQLException | RuntimeException e) {
            taken.close();
            throw e;
        }
    }

    /** By a platform thread of its own, since it waits for files and locks. */
    private void watch() {
        boolean failing = false;
        while (!closed) {
            pause(failing ? AGAIN : LOOK);
            turn.lock();
            try {
                if (closed || lock != null && door != null) {
                    return;
                }
                if (lock != null) {
                    open(); // it could not be when the file was: the disk was full
                } else if (unsettled()) {
                    move();
                }
                failing = false;
            } catch (RuntimeException e) {
                if (!failing) {
                    LOG.log(Level.ERROR, "the embedded database cannot be moved to; tried again", e);
                }
                failing = true;
            } finally {
                turn.unlock();
            }
        }
    }

    /** Whether the process that has the file is gone, or asks to be left. */
    private boolean unsettled() {
        FileDoor.Address there = FileDoor.Address.read(directory);
        return there == null || !there.equals(visiting) || DirectoryLock.free(directory);
    }

    private void move() {
        long begun = System.nanoTime();
        HikariDataSource connections = pool;
        HikariPoolMXBean control = connections == null ? null : connections.getHikariPoolMXBean();
        if (control != null) {
            control.suspendPool();
        }
        try {
            if (control != null) {
                empty(control);
            }
            while (!closed && !settled()) {
                pause(RETRY);
            }
        } finally {
            if (control != null) {
                control.resumePool();
            }
        }
        LOG.log(
                Level.INFO,
                "event 6828: the embedded database is "
                        + (lock == null ? "reached through another process" : "opened by this process")
                        + " since its last one let it go; statements waited for "
                        + (System.nanoTime() - begun) / 1_000_000 + " ms");
    }

    /** Running statements end, and no connection is kept. */
    private static void empty(HikariPoolMXBean control) {
        long end = System.nanoTime() + STATEMENTS.toNanos();
        do {
            control.softEvictConnections();
            pause(Duration.ofMillis(2));
        } while (control.getTotalConnections() > 0 && System.nanoTime() < end);
    }

    private boolean settled() {
        try {
            return settle();
        } catch (SQLException e) {
            LOG.log(Level.WARNING, "the embedded database cannot be opened yet; tried again: " + e.getMessage());
            pause(LOOK);
            return false;
        }
    }

    /** Opens the file where nobody has it, and opens the door: there may be others; else goes by a door that is new. */
    private boolean settle() throws SQLException {
        DirectoryLock taken = DirectoryLock.tryTake(directory);
        if (taken != null) {
            sit(taken);
            visiting = null;
            open();
            return true;
        }
        FileDoor.Address there = FileDoor.Address.read(directory);
        if (there == null || there.equals(visiting)) {
            return false;
        }
        DataSource remote = Sources.h2Remote(there.url());
        try {
            remote.getConnection().close();
        } catch (SQLException e) {
            return false; // it has just been closed, or its process is dead and the lock will be free
        }
        visiting = there;
        source.move(remote);
        return true;
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets go: visitors first, so that none of them is in the middle of something. The pool is closed already. */
    @Override
    public void close() {
        closed = true;
        turn.lock();
        try {
            if (door != null) {
                door.clear(VISITORS.toNanos());
                door.close();
                door = null;
            }
            if (file != null) {
                file.close();
                file = null;
            }
            if (lock != null) {
                lock.close();
                lock = null;
            }
        } finally {
            turn.unlock();
        }
    }
}
