package io.llmproxy.adapter.log;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Sends the log of the whole process, ours and of the libraries (System.Logger, SLF4J and java.util.logging alike), to one
 * handler on standard error.
 */
public final class Logging {
    /** For people at a terminal, or one JSON object on each line. */
    public enum Format {
        TEXT,
        JSON
    }

    /** Libraries that tell more of themselves than an operator wants to know; from warnings on they are heard. */
    private static final List<Logger> QUIET = List.of(
            Logger.getLogger("org.flywaydb"),
            Logger.getLogger("com.zaxxer.hikari"),
            Logger.getLogger("io.helidon"),
            Logger.getLogger("io.micrometer"),
            Logger.getLogger("org.postgresql"),
            Logger.getLogger("org.apache.hc"));

    // Helidon warns at each start that its own metrics provider overrides a deprecated method: nothing to be done about
    // it
    private static final Logger HELIDON_DEPRECATION = Logger.getLogger("io.helidon.common.DeprecationSupport");

    private Logging() {}

    /** Replaces every handler that is there; messages below {@code level} are dropped. */
    public static void install(Format format, System.Logger.Level level) {
        // not System.err, which may be replaced by something that logs
        install(format, level, new FileOutputStream(FileDescriptor.err));
    }

    static void install(Format format, System.Logger.Level level, OutputStream out) {
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        Handler handler = new LineHandler(format == Format.JSON ? new JsonLines() : new TextLines(), out);
        Level threshold = threshold(level);
        root.addHandler(handler);
        root.setLevel(threshold);
        for (Logger library : QUIET) {
            library.setLevel(threshold.intValue() > Level.WARNING.intValue() ? threshold : Level.WARNING);
        }
        HELIDON_DEPRECATION.setLevel(Level.SEVERE);
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
