package io.llmproxy.adapter.log;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sends the log of the whole process, ours and of the libraries (System.Logger, SLF4J and java.util.logging alike), to one
 * handler, on standard error or in a file.
 */
public final class Logging {
    /** For people at a terminal, or one JSON object on each line. */
    public enum Format {
        TEXT,
        JSON
    }

    /**
     * Where the log goes.
     *
     * @param journal whether systemd's journal reads standard error: each line begins with its priority, and text lines have no time
     * @param file null: to standard error
     */
    public record Settings(
            Format format,
            System.Logger.Level level,
            boolean journal,
            @Nullable LogFile file) {}

    /**
     * A file that is set aside when it grows.
     *
     * @param maxSize in bytes
     * @param keep how many are kept besides the one that is written
     */
    public record LogFile(Path path, long maxSize, int keep) {}

    private Logging() {}

    /**
     * Replaces every handler that is there.
     *
     * @throws IOException where the file cannot be written
     */
    public static RunningLog install(Settings settings) throws IOException {
        // not System.err, which may be replaced by something that logs
        return install(settings, new FileOutputStream(FileDescriptor.err));
    }

    static RunningLog install(Settings settings, OutputStream err) throws IOException {
        RotatingFile file = null;
        LogFile wanted = settings.file();
        if (wanted != null) {
            file = new RotatingFile(wanted.path(), wanted.maxSize(), wanted.keep());
            file.open();
        }
        boolean toJournal = settings.journal() && file == null;
        RunningLog log = new RunningLog(
                format(settings.format(), !toJournal),
                settings.journal() && file != null ? format(settings.format(), false) : null,
                new LineSink.ToStream(err),
                settings.journal(),
                file,
                wanted == null ? null : wanted.path().toAbsolutePath(),
                new LevelTable(threshold(settings.level())));
        handle(log);
        return log;
    }

    static RunningLog install(Format format, System.Logger.Level level, OutputStream err) {
        try {
            return install(new Settings(format, level, false, null), err);
        } catch (IOException e) {
            throw new IllegalStateException("there is no file that could fail", e);
        }
    }

    private static LineFormat format(Format format, boolean timed) {
        return format == Format.JSON ? new JsonLines() : new TextLines(timed);
    }

    private static void handle(RunningLog log) {
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        root.addHandler(new LineHandler(log));
    }

    /** What a log that ends leaves to standard error, where no other has taken its place. */
    static void toStandardErrorAgain(RunningLog log) {
        boolean still = Arrays.stream(Logger.getLogger("").getHandlers())
                .anyMatch(h -> h instanceof LineHandler ours && ours.of(log));
        if (still) {
            handle(log.withoutFile());
        }
    }

    /** Whether standard error is what systemd said its journal reads ({@code JOURNAL_STREAM}, systemd.exec(5)). */
    public static boolean journalReadsStandardError(Map<String, String> environment) {
        return journalReads(environment, Path.of("/proc/self/fd/2"));
    }

    static boolean journalReads(Map<String, String> environment, Path stream) {
        String told = environment.getOrDefault("JOURNAL_STREAM", "");
        if (told.isEmpty()) {
            return false;
        }
        try {
            Map<String, Object> of = Files.readAttributes(stream, "unix:dev,ino");
            return told.equals(of.get("dev") + ":" + of.get("ino"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false; // no such system: then there is no journal either
        }
    }

    private static Level threshold(System.Logger.Level level) {
        return switch (level) {
            case ALL -> Level.ALL;
            case TRACE -> Level.FINER;
            case DEBUG -> Level.FINE;
            case INFO -> Level.INFO;
            case WARNING -> Level.WARNING;
            case ERROR -> Level.SEVERE;
            case OFF -> Level.OFF;
        };
    }

    /** The level as operators know it. */
    static String name(Level level) {
        int value = level.intValue();
        if (value >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (value >= Level.WARNING.intValue()) {
            return "WARN";
        }
        return value >= Level.INFO.intValue() ? "INFO" : "DEBUG";
    }
}
