package io.llmproxy;

import io.llmproxy.adapter.systemd.SdNotify;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.config.ConfigReference;
import io.llmproxy.port.ProcessControl.FaultyConfiguration;
import io.llmproxy.port.ProcessControl.Outcome;
import io.llmproxy.port.ProcessControl.Setting;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * The configuration in force, and its reading anew from where it came from. All of it is checked before anything is applied; with one
 * fault nothing is. Two at a time come one after the other. Thread-safe; blocks.
 */
final class Reload {
    private static final Logger LOG = System.getLogger(Reload.class.getName());

    private final SdNotify systemd;
    private final List<Reloadable> parts = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final ConfigLoader.Loaded started;
    private volatile ConfigLoader.Loaded applied;

    /** A part that takes up a new configuration. */
    @FunctionalInterface
    interface Reloadable {
        /**
         * Checks what it needs of the configuration, as that its files can be read, and changes nothing yet.
         *
         * @return applies it; must not fail
         * @throws FaultyConfiguration with the key and what to do
         */
        Runnable prepare(ApplianceConfig before, ApplianceConfig next);
    }

    Reload(ConfigLoader.Loaded started, SdNotify systemd) {
        this.started = started;
        this.applied = started;
        this.systemd = systemd;
    }

    /** Tells this part too, after those that were added before. */
    void add(Reloadable part) {
        parts.add(part);
    }

    /** What is in force of the keys that a reload applies; the others may differ from what the process runs with. */
    ApplianceConfig config() {
        return applied.config();
    }

    List<Setting> settings() {
        ConfigLoader.Loaded now = applied;
        List<Setting> settings = new ArrayList<>();
        started.shown().keySet().forEach(key -> {
            boolean reloads = ConfigReference.reloads(key);
            ConfigLoader.Loaded from = reloads ? now : started;
            settings.add(new Setting(
                    key, from.shown().getOrDefault(key, "null"), from.origins().getOrDefault(key, "default"), reloads));
        });
        return settings;
    }

    /** What {@link #run} would do. @throws FaultyConfiguration with every fault */
    Outcome check() {
        lock.lock();
        try {
            ConfigLoader.Loaded next = read();
            prepared(next);
            return outcome(next);
        } finally {
            lock.unlock();
        }
    }

    /** @throws FaultyConfiguration with every fault; nothing was applied */
    Outcome run() {
        lock.lock();
        systemd.reloading();
        try {
            ConfigLoader.Loaded next = read();
            List<Runnable> steps = prepared(next);
            Outcome outcome = outcome(next);
            steps.forEach(Runnable::run);
            applied = next;
            next.warnings().forEach(warning -> LOG.log(Level.WARNING, warning));
            LOG.log(Level.INFO, "event 6821: the configuration was read again; " + told(outcome));
            systemd.note(
                    outcome.waiting().isEmpty()
                            ? ""
                            : "a restart is needed for " + String.join(", ", outcome.waiting()));
            return outcome;
        } catch (FaultyConfiguration e) {
            LOG.log(
                    Level.ERROR,
                    "event 6822: the configuration has faults, and the one in force stays: " + e.getMessage());
            systemd.note("reload refused: " + e.getMessage());
            throw e;
        } finally {
            systemd.reloaded();
            lock.unlock();
        }
    }

    private static String told(Outcome outcome) {
        String changed = outcome.applied().isEmpty()
                ? "nothing changed that a reload applies"
                : "applied: " + String.join(", ", outcome.applied());
        return outcome.waiting().isEmpty()
                ? changed
                : changed + "; changed, and applied by a restart alone (llmproxyctl restart): "
                        + String.join(", ", outcome.waiting());
    }

    private ConfigLoader.Loaded read() {
        try {
            return ConfigLoader.load(started.sources());
        } catch (ConfigException e) {
            throw new FaultyConfiguration(
                    e.problems().stream().map(ConfigException.Problem::toString).collect(Collectors.joining("\n")));
        }
    }

    private List<Runnable> prepared(ConfigLoader.Loaded next) {
        List<Runnable> steps = new ArrayList<>();
        for (Reloadable part : parts) {
            steps.add(part.prepare(applied.config(), next.config()));
        }
        return steps;
    }

    private Outcome outcome(ConfigLoader.Loaded next) {
        return new Outcome(
                applied.changes(next).stream().filter(ConfigReference::reloads).toList(),
                started.changes(next).stream()
                        .filter(key -> !ConfigReference.reloads(key))
                        .toList());
    }
}
