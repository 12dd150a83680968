package io.llmproxy.adapter.log;

/** How entries become lines. Thread-safe. */
interface LineFormat {
    /** With the line's end; nothing of an entry's text begins a line that could be taken for an entry. */
    String format(LogEntry entry);

    /** The line of an ended request. */
    String access(AccessEntry entry);
}
