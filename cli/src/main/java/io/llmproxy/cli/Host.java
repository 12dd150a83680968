package io.llmproxy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the packages keep things on this machine.
 *
 * @param etc configuration: {@code llmproxy.yaml}, and for each tenant {@code TENANT.yaml} and the directory {@code TENANT}
 * @param state for each tenant the directory of its data
 * @param logs for each tenant the directory of its log
 * @param backups for each tenant a directory that its process may write backups to, beside its data
 * @param systemd is there where systemd runs the machine
 * @param group whose members may read the configuration, and the user of that name that the services run as; null: whoever owns it
 * @param superuser whether this program may do all that is wanted of it
 */
record Host(
        Path etc,
        Path state,
        Path logs,
        Path backups,
        Path systemd,
        @Nullable String group,
        boolean superuser) {
    static Host ofThisMachine() {
        return new Host(
                Path.of("/etc/llmproxy"),
                Path.of("/var/lib/llmproxy"),
                Path.of("/var/log/llmproxy"),
                Path.of("/var/backups/llmproxy"),
                Path.of("/run/systemd/system"),
                "llmproxy",
                root());
    }

    private static boolean root() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid && uid == 0;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }

    /** What all tenants have in common. */
    Path common() {
        return etc.resolve("llmproxy.yaml");
    }

    Path configuration(String tenant) {
        return etc.resolve(tenant + ".yaml");
    }

    Path environment(String tenant) {
        return etc.resolve(tenant + ".env");
    }

    /** The tenant's own directory, for files with secrets. */
    Path secrets(String tenant) {
        return etc.resolve(tenant);
    }

    Path masterKey(String tenant) {
        return secrets(tenant).resolve("master-key");
    }

    Path data(String tenant) {
        return state.resolve(tenant);
    }

    boolean runsSystemd() {
        return Files.isDirectory(systemd);
    }

    static String unit(String tenant) {
        return tenant.equals("_all") ? "llmproxy.service" : "llmproxy@" + tenant + ".service";
    }
}
