package io.llmproxy.adapter.log;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds repeated warnings and errors back: the first of a kind passes at once, those that follow within a minute are counted, and the
 * count is told when the minute is over. Of one kind are lines of one event about the same names, which a message quotes in
 * backquotes; lines without an event, where they say the same word for word. Thread-safe.
 */
final class Damper {
    /** How many kinds are told apart in a minute; what comes beyond them passes. */
    static final int KINDS = 1000;

    private static final int LONGEST = 300;
    private final Map<Kind, Held> held = new ConcurrentHashMap<>();
    private final AtomicInteger kinds = new AtomicInteger();
    private final long windowNanos;
    private final LongSupplier nanos;

    /** @param nanos a counter of nanoseconds, as {@link System#nanoTime} */
    Damper(Duration window, LongSupplier nanos) {
        this.windowNanos = window.toNanos();
        this.nanos = nanos;
    }

    private record Kind(String logger, int event, String subject) {}

    private static final class Held {
        private final LogEntry first;
        private final AtomicLong count = new AtomicLong();
        private volatile long since;

        Held(LogEntry first, long since) {
            this.first = first;
            this.since = since;
        }
    }

    /** Whether it is to be written now. */
    boolean passes(LogEntry entry) {
        if (!entry.serious() || !Event.of(entry.event()).map(Event::damped).orElse(true)) {
            return true;
        }
        Kind kind = new Kind(entry.logger(), entry.event(), subject(entry));
        Held known = held.get(kind);
        if (known == null && kinds.get() < KINDS) {
            known = held.putIfAbsent(kind, new Held(entry, nanos.getAsLong()));
            if (known == null) {
                kinds.incrementAndGet();
            }
        }
        if (known == null) {
            return true;
        }
        known.count.incrementAndGet();
        return false;
    }

    private static String subject(LogEntry entry) {
        String message = entry.message();
        String cut = message.length() > LONGEST ? message.substring(0, LONGEST) : message;
        Throwable thrown = entry.thrown();
        String kind = thrown == null ? "" : thrown.getClass().getName();
        if (entry.event() == 0) {
            return message.length() + cut + kind;
        }
        String names = quoted(cut);
        return (names == null ? masked(cut) : names) + kind;
    }

    /** All that stands in backquotes; null: nothing does. */
    private static @Nullable String quoted(String text) {
        StringBuilder names = new StringBuilder();
        int open = text.indexOf('`');
        while (open >= 0) {
            int end = text.indexOf('`', open + 1);
            if (end < 0) {
                break;
            }
            names.append(text, open, end);
            open = text.indexOf('`', end + 1);
        }
        return names.isEmpty() ? null : names.toString();
    }

    /** Without numbers and ids, which differ from line to line. */
    private static String masked(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (String word : text.split(" ", -1)) {
            boolean number = word.chars().anyMatch(c -> c >= '0' && c <= '9');
            out.append(number ? "#" : word).append(' ');
        }
        return out.toString();
    }

    /** What is to be told now: of each kind whose minute is over, how often it was repeated. */
    List<LogEntry> due() {
        return told(false);
    }

    /** The same of all, at the end. */
    List<LogEntry> rest() {
        return told(true);
    }

    private List<LogEntry> told(boolean all) {
        long now = nanos.getAsLong();
        List<LogEntry> out = new ArrayList<>();
        for (Iterator<Map.Entry<Kind, Held>> i = held.entrySet().iterator(); i.hasNext(); ) {
            Held kind = i.next().getValue();
            if (!all && now - kind.since < windowNanos) {
                continue;
            }
            long count = kind.count.getAndSet(0);
            if (count == 0) {
                i.remove();
                kinds.decrementAndGet();
            } else {
                kind.since = now;
                out.add(repeated(kind.first, count));
            }
        }
        return out;
    }

    private LogEntry repeated(LogEntry first, long count) {
        String times = count == 1 ? "once more" : count + " times more";
        String within = "within " + Math.max(1, windowNanos / 1_000_000_000L) + " s: ";
        return new LogEntry(
                LogEntry.now(),
                first.level(),
                first.logger(),
                first.event() == 0 ? Event.REPEATED.id() : first.event(),
                "repeated " + times + " " + within + first.message(),
                null,
                "",
                null,
                null);
    }
}
