package io.llmproxy;

import io.llmproxy.config.ApplianceConfig;
import java.io.File;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where this process keeps its things.
 *
 * @param data the data directory, absolute
 * @param socket the admin socket, absolute
 */
public record Places(Path data, Path socket) {
    /** @param dataDir as an option named it; null: {@code $STATE_DIRECTORY}, else {@code ./llmproxy-data} */
    public static Places of(@Nullable Path dataDir, ApplianceConfig config, Map<String, String> environment) {
        String state = directory(environment, "STATE_DIRECTORY");
        Path data = dataDir != null ? dataDir : Path.of(state != null ? state : "llmproxy-data");
        String runtime = directory(environment, "RUNTIME_DIRECTORY");
        Path configured = config.admin().socket();
        Path socket =
                configured != null ? configured : (runtime != null ? Path.of(runtime) : data).resolve("admin.sock");
        return new Places(
                data.toAbsolutePath().normalize(), socket.toAbsolutePath().normalize());
    }

    /** systemd lists several directories with colons between; ours is the first. */
    private static @Nullable String directory(Map<String, String> environment, String name) {
        String value = environment.getOrDefault(name, "");
        int colon = value.indexOf(File.pathSeparatorChar);
        String first = colon < 0 ? value : value.substring(0, colon);
        return first.isBlank() ? null : first;
    }
}
