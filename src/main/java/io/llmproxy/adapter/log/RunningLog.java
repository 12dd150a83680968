package io.llmproxy.adapter.log;

import io.llmproxy.port.LogControl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;

/**
 * The log as it runs: forms lines, holds repetitions back, keeps the last warnings, and writes to the file, or to standard error where
 * there is none or it fails. A log that cannot be written stops nothing. Thread-safe.
 */
public final class RunningLog implements LogControl, AutoCloseable {
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final long TICK_MILLIS = 500;

    private final LineFormat format;
    private final @Nullable LineFormat plainFormat;
    private final LineSink error;
    private final boolean journal;
    private final @Nullable LineSink file;
    private final @Nullable Path path;
    private final LevelTable levels;
    private final LogRing ring = new LogRing();
    private final Damper damper;
    private final AtomicLong failed = new AtomicLong();
    private final Thread ticker;
    private volatile @Nullable String fileFault;
    private volatile boolean closed;

    /**
     * @param format of the file, or of standard error where there is none
     * @param plainFormat of standard error while the file fails; null: the same
     * @param journal whether systemd's journal reads standard error
     */
    RunningLog(
            LineFormat format,
            @Nullable LineFormat plainFormat,
            LineSink error,
            boolean journal,
            @Nullable LineSink file,
            @Nullable Path path,
            LevelTable levels) {
        this(format, plainFormat, error, journal, file, path, levels, new Damper(WINDOW, System::nanoTime));
    }

    RunningLog(
            LineFormat format,
            @Nullable LineFormat plainFormat,
            LineSink error,
            boolean journal,
            @Nullable LineSink file,
            @Nullable Path path,
            LevelTable levels,
            Damper damper) {
        this.format = format;
        this.plainFormat = plainFormat;
        this.error = error;
        this.journal = journal;
        this.file = file;
        this.path = path;
        this.levels = levels;
        this.damper = damper;
        this.ticker = Thread.ofVirtual().name("log").start(this::tick);
    }

    private void tick() {
        while (!closed) {
            try {
                Thread.sleep(TICK_MILLIS);
            } catch (InterruptedException e) {
                return; // closed
            }
            tellRepeated(damper.due());
        }
    }

    private void tellRepeated(List<LogEntry> repeated) {
        repeated.forEach(this::put);
    }

    LineFormat format() {
        return format;
    }

    void write(LogEntry entry) {
        // once it is closed, nobody would tell what was held back
        if (closed || damper.passes(entry)) {
            put(entry);
        }
    }

    private void put(LogEntry entry) {
        String line = format.format(entry);
        if (entry.serious()) {
            ring.add(line);
        }
        put(line, entry.level(), entry);
    }

    /** Lines of no importance, already formed. */
    void writeInfo(String lines) {
        put(lines, Level.INFO, null);
    }

    private void put(String lines, Level level, @Nullable LogEntry entry) {
        if (file == null || !written(file, lines)) {
            LineFormat other = plainFormat;
            // formed anew where the journal shall not get times twice; an access line stays as it is
            toError(file == null || other == null || entry == null ? lines : other.format(entry), level);
        }
    }

    private boolean written(LineSink sink, String lines) {
        try {
            sink.write(lines.getBytes(StandardCharsets.UTF_8));
        } catch (IOException | RuntimeException e) {
            fileFails(lines, e);
            return false;
        }
        if (fileFault != null) {
            fileFault = null;
            put(LogEntry.own(
                    Event.LOG_FILE_BACK,
                    "the log's file can be written again; " + failed.getAndSet(0)
                            + " lines went to standard error instead"));
        }
        return true;
    }

    private void fileFails(String lines, Exception cause) {
        failed.addAndGet(lines.chars().filter(c -> c == '\n').count());
        boolean first = fileFault == null;
        fileFault = "the log's file `" + path + "` cannot be written: " + cause
                + "; lines go to standard error; free space there, or give the process the right to write";
        if (first) {
            LogEntry entry = LogEntry.own(Event.LOG_FILE_FAILS, String.valueOf(fileFault));
            LineFormat other = plainFormat == null ? format : plainFormat;
            ring.add(format.format(entry));
            toError(other.format(entry), entry.level());
        }
    }

    private void toError(String lines, Level level) {
        String out = journal ? prefixed(lines, priority(level)) : lines;
        try {
            error.write(out.getBytes(StandardCharsets.UTF_8));
        } catch (IOException | RuntimeException e) {
            // standard error is gone: there is nowhere left to say so
            failed.incrementAndGet();
        }
    }

    /** The priority of syslog before each line, as sd-daemon(3) has it. */
    private static String prefixed(String lines, String priority) {
        StringBuilder out = new StringBuilder(lines.length() + 64);
        lines.lines().forEach(l -> out.append(priority).append(l).append('\n'));
        return out.toString();
    }

    private static String priority(Level level) {
        int value = level.intValue();
        if (value >= Level.SEVERE.intValue()) {
            return "<3>";
        }
        if (value >= Level.WARNING.intValue()) {
            return "<4>";
        }
        return value >= Level.INFO.intValue() ? "<6>" : "<7>";
    }

    @Override
    public Map<String, LogControl.Threshold> levels() {
        return levels.levels();
    }

    @Override
    public void set(String logger, LogControl.@Nullable Threshold level) {
        levels.set(logger, level);
    }

    @Override
    public @Nullable Path file() {
        return path;
    }

    @Override
    public boolean journal() {
        return journal;
    }

    @Override
    public List<String> recent() {
        return ring.lines();
    }

    @Override
    public @Nullable String fault() {
        return fileFault;
    }

    /** Tells what was held back; what is logged from then on goes to standard error. */
    @Override
    public void close() {
        closed = true;
        ticker.interrupt();
        tellRepeated(damper.rest());
        if (file != null) {
            Logging.toStandardErrorAgain(this);
            file.close();
        }
    }

    /** The same without its file, for what is said after its end. */
    RunningLog withoutFile() {
        return new RunningLog(
                plainFormat == null ? format : plainFormat, null, error, journal, null, null, levels, damper);
    }
}
