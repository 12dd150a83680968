package io.llmproxy;

import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.systemd.SdNotify;
import io.llmproxy.port.ProcessControl.NotRestarted;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Starts the process that is to follow this one: the installed program with the same arguments, environment and cgroup. Until it says
 * that it serves this one gives nothing away, so that whatever becomes of it, this one goes on; after that this one only finishes.
 */
final class Succession {
    private static final Logger LOG = System.getLogger(Succession.class.getName());
    private static final String READY = "llmproxy ready ";
    /** A migration of a large database must not be cut off; a successor that ends is known at once. */
    static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final String MAIN = "io.llmproxy.Main";
    /** Lines of a successor that failed, which the caller is told. */
    private static final int TOLD = 20;

    private final SdNotify systemd;
    private final Database database;
    private final LeftRecords leftRecords;
    private final Listeners listeners;
    private final Heirs heirs;
    private final AtomicReference<@Nullable Stage> stage = new AtomicReference<>();
    private volatile @Nullable Process starting;
    private volatile Runnable succeeded = () -> {};
    private volatile Runnable lost = () -> {};

    private enum Stage {
        STARTING,
        SUCCEEDED,
        STOPPED
    }

    /** Where this process listens. */
    interface Listeners {
        /** What the successor is to know. */
        Predecessor here();

        /** Returns when the predecessor of this process no longer listens. */
        void awaitAlone() throws InterruptedException;

        /** A successor is about to listen there too. */
        void share();

        /** It has ended without having served. */
        void takeBack();

        /** Whether another process answers where this one did, which listens no longer. */
        boolean followed();
    }

    Succession(SdNotify systemd, Database database, LeftRecords leftRecords, Listeners listeners, Heirs heirs) {
        this.systemd = systemd;
        this.database = database;
        this.leftRecords = leftRecords;
        this.listeners = listeners;
        this.heirs = heirs;
    }

    /**
     * @param leave is run once, on a thread of its own, when the successor serves
     * @param alone is run after that, should the successor die before this process has ended, where systemd is to know it
     */
    void onSucceeded(Runnable leave, Runnable alone) {
        succeeded = leave;
        lost = alone;
    }

    /**
     * Returns when the successor serves, with its process id.
     *
     * @throws NotRestarted where it does not; this process goes on
     */
    long start() {
        Stage before = stage.compareAndExchange(null, Stage.STARTING);
        if (before != null) {
            throw new NotRestarted(
                    switch (before) {
                        case STARTING -> "a restart is under way; wait for its end";
                        case SUCCEEDED -> "this process has been replaced already and only finishes its requests";
                        case STOPPED -> "this process is being stopped";
                    },
                    true);
        }
        boolean done = false;
        try {
            long pid = started();
            done = true;
            return pid;
        } catch (NotRestarted e) {
            LOG.log(Level.ERROR, "event 6824: " + e.getMessage());
            systemd.note("restart failed: " + e.getMessage());
            throw e;
        } finally {
            starting = null;
            if (done && stage.compareAndSet(Stage.STARTING, Stage.SUCCEEDED)) {
                // the last thread that keeps the process, once the port is closed; it would inherit to be none
                Thread.ofPlatform().daemon(false).name("leave").start(succeeded);
            } else {
                database.letNobodyIn();
                stage.compareAndSet(Stage.STARTING, null);
            }
        }
    }

    /** This process is being stopped: nobody follows it, and who is about to is ended. */
    void stop() {
        Stage before = stage.getAndSet(Stage.STOPPED);
        Process successor = starting;
        if (before == Stage.STARTING && successor != null) {
            successor.destroy();
        }
    }

    private long started() {
        // the configuration is the successor's to check: its program may know keys that this one does not, and it reads
        // the files of now
        try {
            listeners.awaitAlone();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotRestarted("this process is being stopped", false);
        }
        database.letIn();
        listeners.share();
        try {
            return serving();
        } catch (NotRestarted e) {
            listeners.takeBack();
            throw e;
        }
    }

    private long serving() {
        Process successor = spawn();
        starting = successor;
        tellHeir(successor.pid());
        LOG.log(Level.INFO, "event 6823: process " + successor.pid() + " is started to take over");
        try {
            awaitReady(successor);
        } catch (NotRestarted e) {
            successor.destroyForcibly().onExit().join();
            tellHeir(Heirs.NOBODY);
            throw e;
        }
        leftRecords.leave();
        systemd.mainProcess(successor.pid());
        CompletableFuture<Void> _ = successor.onExit().thenAccept(this::ended);
        LOG.log(
                Level.INFO,
                "event 6825: process " + successor.pid() + " serves; this one finishes its requests and ends");
        return successor.pid();
    }

    /** For those that outlive this process, should it be killed now. */
    private void tellHeir(long successor) {
        try {
            heirs.followedBy(successor);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the data directory does not say who follows this process", e);
        }
    }

    /**
     * systemd sees the end of its own children alone, and the successor is this process's: it would miss it while this one leaves. One
     * that had a successor itself may end as it likes.
     */
    private void ended(Process successor) {
        if (successor.exitValue() != 0 && systemd.listening() && stage.get() != Stage.STOPPED) {
            Thread.ofPlatform().daemon().name("heir-watch").start(() -> lookAfter(successor));
        }
    }

    private void lookAfter(Process successor) {
        HeirWatch watch =
                new HeirWatch(heirs, listeners::followed, () -> stage.get() == Stage.STOPPED, HeirWatch.COMING);
        try {
            if (!watch.left(successor.pid()) || stage.get() == Stage.STOPPED) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        LOG.log(
                Level.ERROR,
                "event 6832: process " + successor.pid() + ", which had taken over, ended with exit code "
                        + successor.exitValue() + "; this one ends too, so that systemd starts the service again");
        systemd.mainProcess(ProcessHandle.current().pid());
        lost.run();
    }

    private Process spawn() {
        // the helper program by which Java starts others is of an upgraded installation by now, and would refuse
        System.setProperty("jdk.lang.Process.launchMechanism", "VFORK");
        ProcessBuilder builder = new ProcessBuilder();
        try {
            builder.command(command());
            Map<String, String> environment = builder.environment();
            environment.put(Predecessor.VARIABLE, listeners.here().variable());
            environment.remove("WATCHDOG_PID"); // it names this process
            return builder.redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new NotRestarted(
                    "the successor cannot be started, this process goes on: " + e.getMessage() + "; see that "
                            + (builder.command().isEmpty()
                                    ? "the program"
                                    : builder.command().getFirst())
                            + " is there and may be run",
                    false);
        }
    }

    /** The launcher that started this process, where one did, by the name it was called by; else the same Java again. */
    private static List<String> command() throws IOException {
        String line = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8);
        List<String> words = new ArrayList<>(Arrays.asList(line.split("\0", -1)));
        words.removeLast();
        if (!words.contains("serve")) {
            throw new NotRestarted("only `llmproxy serve` can be restarted: anything else begins anew", false);
        }
        String program = System.getProperty("llmproxy.program", "");
        int main = words.indexOf(MAIN);
        if (!program.isEmpty() && main >= 0) {
            List<String> command = new ArrayList<>(List.of(program));
            command.addAll(words.subList(main + 1, words.size()));
            return command;
        }
        words.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        return words;
    }

    private void awaitReady(Process successor) {
        CompletableFuture<String> ready = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("successor").start(() -> read(successor, ready));
        try {
            String failure = ready.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (!failure.isEmpty()) {
                throw new NotRestarted("the successor failed, this process goes on: " + failure, false);
            }
        } catch (TimeoutException e) {
            throw new NotRestarted(
                    "the successor was not ready within " + PATIENCE.toSeconds()
                            + " s and was ended; this process goes on",
                    false);
        } catch (ExecutionException e) {
            throw new NotRestarted("the successor cannot be heard, this process goes on: " + e.getCause(), false);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotRestarted("this process is being stopped", false);
        }
    }

    /** Its output up to the line that says it is ready: completes with nothing then, else with what it said. */
    private static void read(Process successor, CompletableFuture<String> ready) {
        List<String> said = new ArrayList<>();
        try (BufferedReader lines = successor.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(READY)) {
                    ready.complete("");
                } else if (said.size() < TOLD) {
                    said.add(line);
                }
            }
            String words = String.join("\n", said);
            ready.complete("it ended with exit code " + successor.waitFor() + (words.isEmpty() ? "" : ": " + words));
        } catch (IOException e) {
            ready.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
