package io.llmproxy;

import io.llmproxy.adapter.journal.FileUsageJournal;
import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.gateway.usage.UsageFlusher;
import io.llmproxy.port.UsageStore;
import java.io.IOException;

/**
 * Where the use of the gateway is written down: first in the journal, then in the database.
 *
 * @param leftRecords those of processes that have ended
 * @param flusher brings them from the journal into the database
 */
record Bookkeeping(
        FileUsageJournal journal,
        LeftRecords leftRecords,
        JournalFormat format,
        UsageStore usage,
        UsageFlusher flusher) {

    /** When it returns, the journal has what processes left that ended before. */
    static Bookkeeping open(ApplianceConfig config, Storage storage, Parts parts) throws IOException {
        DataDirectory directory = storage.directory();
        FileUsageJournal journal = parts.opened(
                FileUsageJournal.open(directory.own("journal"), config.journal().sync()));
        LeftRecords leftRecords = parts.opened(new LeftRecords(journal, directory.others("journal")));
        leftRecords.takeIn();
        JournalFormat format = new JournalFormat();
        UsageStore usage = storage.database().usage(format);
        UsageFlusher flusher = parts.opened(new UsageFlusher(journal, usage, format));
        return new Bookkeeping(journal, leftRecords, format, usage, flusher);
    }

    /** When it returns, the database has what the journal held before, as far as it can be had. */
    void start() {
        flusher.start();
        leftRecords.start();
        if (journal.backlog() > 0) {
            flusher.flush(); // before the first request: what the journal still holds counts for limits too
        }
    }

    /** Whether what writes it lives; may block where it does not. */
    boolean alive() {
        return flusher.running() && journal.backlog() >= 0;
    }
}
