package io.llmproxy.adapter.log;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.port.LogControl;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The levels of the process's loggers. Holds on to those that it changed, which the JDK forgets else. Thread-safe. */
final class LevelTable {
    /** Libraries that tell more of themselves than an operator wants to know; from warnings on they are heard. */
    private static final List<String> QUIET = List.of(
            "org.flywaydb",
            "com.zaxxer.hikari",
            "io.helidon",
            "io.micrometer",
            "org.postgresql",
            "org.apache.hc",
            "io.opentelemetry",
            "redis.clients",
            "sun",
            "jdk",
            "java",
            "javax",
            // warns at each start that Helidon's own metrics provider overrides a deprecated method
            "io.helidon.common.DeprecationSupport");

    /** Those of the JDK write the header fields of requests, credentials among them, below warnings; nobody may ask for that. */
    private static final List<String> INDISCREET = List.of("sun", "jdk", "java", "javax");

    private final Logger root = Logger.getLogger("");
    private final Level atStart;
    private final List<Logger> quiet = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock, as is the next one
    private final Map<String, Logger> changed = new HashMap<>();
    private final Map<String, LogControl.Threshold> set = new TreeMap<>();

    LevelTable(Level atStart) {
        this.atStart = atStart;
        QUIET.forEach(name -> quiet.add(Logger.getLogger(name)));
        root.setLevel(atStart);
        quiet.forEach(library -> library.setLevel(silence(library.getName())));
    }

    private Level silence(String library) {
        if (library.endsWith("DeprecationSupport")) {
            return Level.SEVERE;
        }
        return atStart.intValue() > Level.WARNING.intValue() ? atStart : Level.WARNING;
    }

    Map<String, LogControl.Threshold> levels() {
        lock.lock();
        try {
            Map<String, LogControl.Threshold> out = new LinkedHashMap<>();
            out.put("", set.getOrDefault("", word(atStart)));
            out.putAll(set);
            return Collections.unmodifiableMap(out);
        } finally {
            lock.unlock();
        }
    }

    void set(String logger, LogControl.@Nullable Threshold level) {
        if (level != null && indiscreet(logger) && level(level).intValue() < Level.WARNING.intValue()) {
            throw new InvalidValueException(
                    "logger", "of the JDK would write credentials into the log; it can be set to warn or error");
        }
        lock.lock();
        try {
            if (level != null && !set.containsKey(logger) && set.size() >= LogControl.MOST) {
                throw new InvalidValueException(
                        "logger", LogControl.MOST + " loggers have a level of their own; reset some of them first");
            }
            if (level == null) {
                set.remove(logger);
            } else {
                set.put(logger, level);
            }
            apply(logger, level);
        } finally {
            lock.unlock();
        }
    }

    private static boolean indiscreet(String logger) {
        return INDISCREET.stream().anyMatch(name -> logger.equals(name) || logger.startsWith(name + "."));
    }

    private void apply(String logger, LogControl.@Nullable Threshold level) {
        if (logger.isEmpty()) {
            root.setLevel(level == null ? atStart : level(level));
            return;
        }
        Logger own = changed.computeIfAbsent(logger, Logger::getLogger);
        boolean silent = QUIET.contains(logger);
        own.setLevel(level != null ? level(level) : silent ? silence(logger) : null);
        if (level == null) {
            changed.remove(logger);
        }
    }

    private static Level level(LogControl.Threshold level) {
        return switch (level) {
            case DEBUG -> Level.FINE;
            case INFO -> Level.INFO;
            case WARN -> Level.WARNING;
            case ERROR -> Level.SEVERE;
        };
    }

    private static LogControl.Threshold word(Level level) {
        return LogControl.Threshold.valueOf(Logging.name(level));
    }
}
