package io.llmproxy;

import io.llmproxy.adapter.journal.FileUsageJournal;
import io.llmproxy.runtime.Periodic;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Takes in the usage records of processes of the same data directory that have ended, be it killed: at the start, and while this
 * process runs beside others that leave.
 */
final class LeftRecords implements AutoCloseable {
    private static final Logger LOG = System.getLogger(LeftRecords.class.getName());
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final FileUsageJournal journal;
    private final List<Path> others;
    private final Periodic rounds;
    private volatile boolean leaving;

    /** @param others where the journals of such processes are, whether they are there or not */
    LeftRecords(FileUsageJournal journal, List<Path> others) {
        this.journal = journal;
        this.others = others;
        this.rounds = new Periodic(
                Thread.ofVirtual().name("left-records"),
                LOOK,
                this::takeIn,
                "usage records of another process cannot be taken in; tried again every second");
    }

    void start() {
        rounds.start();
    }

    /** No more: who leaves leaves this to its successor. */
    void leave() {
        leaving = true;
    }

    /** Once. @throws StoreException where one that is there cannot be read */
    void takeIn() {
        for (Path other : others) {
            if (leaving || !Files.isDirectory(other)) {
                continue;
            }
            long records = journal.takeIn(other);
            if (records > 0) {
                LOG.log(
                        Level.INFO,
                        "event 6831: usage records of a process that has ended were taken in from " + other + ": "
                                + records);
            }
        }
    }

    @Override
    public void close() {
        rounds.close(Duration.ofSeconds(5));
    }
}
