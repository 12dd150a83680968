package io.llmproxy;

import io.llmproxy.config.ConfigLoader;
import io.llmproxy.domain.secret.SecretMask;
import io.llmproxy.gateway.Ledger;
import io.llmproxy.port.LogControl;
import io.llmproxy.port.UsageJournal;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.RuntimeMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * What a stranger needs to know of a process to say what is wrong with it: texts by the names of files. No secrets: neither the
 * environment nor any body or header is among it, and what looks like a secret all the same is masked.
 */
final class Diagnosis {
    private static final int LOG_TAIL = 1 << 20;
    private static final int LONGEST = 4 << 20;
    private static final int CLASSES = 60;

    private final ConfigLoader.Loaded loaded;
    private final LogControl log;
    private final Supplier<String> database;
    private final Supplier<String> ledger;

    /**
     * @param database its schema and tables
     * @param ledger the positions of the journals
     */
    Diagnosis(ConfigLoader.Loaded loaded, LogControl log, Supplier<String> database, Supplier<String> ledger) {
        this.loaded = loaded;
        this.log = log;
        this.database = database;
        this.ledger = ledger;
    }

    /** Where the journals stand. */
    static String ledger(UsageJournal journal, Ledger ledger) {
        StringBuilder text = new StringBuilder();
        text.append("records not yet in the database: ").append(journal.backlog());
        text.append("\nrecords that wait in memory: ").append(ledger.waiting());
        text.append("\nrecords dropped since the start: ")
                .append(ledger.dropped())
                .append('\n');
        journal.extents()
                .forEach((id, extent) -> text.append("journal ")
                        .append(id)
                        .append(": ")
                        .append(extent)
                        .append('\n'));
        return text.toString();
    }

    /** Each part as far as it can be had; where it cannot, the text says why. Blocks for some 100 ms. */
    Map<String, String> parts() {
        Map<String, String> parts = new TreeMap<>();
        add(parts, "process.txt", Diagnosis::process);
        add(parts, "memory.txt", Diagnosis::memory);
        add(parts, "threads.txt", Diagnosis::threads);
        add(parts, "heap.txt", Diagnosis::heap);
        add(parts, "configuration.txt", this::configuration);
        add(parts, "log.txt", this::lines);
        add(parts, "database.txt", database::get);
        add(parts, "ledger.txt", ledger::get);
        return parts;
    }

    private static void add(Map<String, String> parts, String name, Callable<String> part) {
        String text;
        try {
            text = part.call();
        } catch (Exception e) {
            text = "cannot be had: " + e + "\n";
        }
        parts.put(name, SecretMask.mask(text.length() > LONGEST ? text.substring(0, LONGEST) : text));
    }

    private static String process() {
        RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
        return "llmproxy " + Version.current() + "\n"
                + "java " + Runtime.version() + ", " + runtime.getVmName() + "\n"
                + "os " + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors() + " processors\n"
                + "pid " + ProcessHandle.current().pid() + ", up " + runtime.getUptime() / 1000 + " s\n"
                + "options\n"
                + runtime.getInputArguments().stream().map(a -> "  " + a + "\n").collect(Collectors.joining());
    }

    private static String memory() {
        StringBuilder text = new StringBuilder();
        text.append("heap ").append(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage());
        text.append("\nother ").append(ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage());
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            text.append("\n  ").append(pool.getName()).append(": ").append(pool.getUsage());
        }
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            text.append("\ncollector ")
                    .append(collector.getName())
                    .append(": ")
                    .append(collector.getCollectionCount())
                    .append(" collections, ")
                    .append(collector.getCollectionTime())
                    .append(" ms");
        }
        return text.append('\n').toString();
    }

    /** Virtual threads too, which other dumps leave out. */
    private static String threads() throws IOException, JMException {
        Path directory = Files.createTempDirectory("llmproxy-threads");
        Path file = directory.resolve("dump.txt");
        try {
            command("threadDumpToFile", file.toString());
            return Files.readString(file);
        } finally {
            Files.deleteIfExists(file);
            Files.delete(directory);
        }
    }

    private static String heap() throws JMException {
        // of all objects: to leave out what is garbage, the virtual machine would collect it first, with all threads
        // stopped
        return command("gcClassHistogram", "-all").lines().limit(CLASSES).collect(Collectors.joining("\n")) + "\n";
    }

    /** Runs a diagnostic command of the virtual machine, as {@code jcmd} does. */
    private static String command(String name, String... arguments) throws JMException {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        return String.valueOf(server.invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                name,
                new Object[] {arguments},
                new String[] {String[].class.getName()}));
    }

    private String configuration() {
        return loaded.shown().entrySet().stream()
                .map(e -> e.getKey() + " = " + e.getValue()
                        + (loaded.explicit().contains(e.getKey()) ? "" : "  # default") + "\n")
                .collect(Collectors.joining());
    }

    private String lines() throws IOException {
        Path file = log.file();
        if (file == null) {
            return "# the last warnings and errors, from memory: the log goes to standard error"
                    + (log.journal() ? ", which systemd's journal keeps" : "") + "\n" + String.join("\n", log.recent())
                    + "\n";
        }
        try (RandomAccessFile tail = new RandomAccessFile(file.toFile(), "r")) {
            long from = Math.max(0, tail.length() - LOG_TAIL);
            byte[] bytes = new byte[(int) (tail.length() - from)];
            tail.seek(from);
            tail.readFully(bytes);
            return "# the end of " + file + "\n" + new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
