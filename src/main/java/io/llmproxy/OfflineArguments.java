package io.llmproxy;

import io.llmproxy.adapter.backup.Seal;
import io.llmproxy.adapter.backup.SealKeys;
import io.llmproxy.adapter.jdbc.ClosedDatabase;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigFile;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.config.ConfigLoader.Sources.Option;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The line of {@link OfflineProgram}, and what it means: which data directory, which database, which seal. */
record OfflineArguments(String command, Map<String, List<String>> values) {
    /** Options that set one key of the configuration, as they do for the server. */
    private static final Map<String, String> KEYS = Map.of(
            "database-url", "database.url",
            "database-user", "database.user",
            "database-password-file", "database.password-file",
            "tenant", "tenant");

    static OfflineArguments parse(String... args) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        for (int i = 1; i < args.length; i++) {
            String[] pair = args[i].split("=", 2);
            values.computeIfAbsent(pair[0].replaceFirst("^--", ""), n -> new ArrayList<>())
                    .add(pair.length == 2 ? pair[1] : "");
        }
        return new OfflineArguments(args.length == 0 ? "" : args[0], values);
    }

    @Nullable
    String optional(String name) {
        List<String> all = values.get(name);
        return all == null ? null : all.getLast();
    }

    String required(String name) {
        String value = optional(name);
        if (value == null || value.isEmpty()) {
            throw new OfflineException(OfflineException.USAGE, "--" + name + " is missing");
        }
        return value;
    }

    boolean flag(String name) {
        return values.containsKey(name);
    }

    @Nullable
    Path path(String name) {
        String value = optional(name);
        return value == null ? null : Path.of(value);
    }

    /** As the server would read it: files, environment, options. */
    ApplianceConfig config() throws ConfigException {
        Map<String, Option> options = new LinkedHashMap<>();
        KEYS.forEach((name, key) -> {
            String value = optional(name);
            if (value != null) {
                options.put(key, new Option("--" + name, value));
            }
        });
        List<ConfigFile> files = values.getOrDefault("config", List.of()).stream()
                .map(ConfigFile::of)
                .toList();
        return ConfigLoader.load(new ConfigLoader.Sources(files, System.getenv(), List.of(), options))
                .config();
    }

    Path data(ApplianceConfig config) {
        return Places.of(path("data-dir"), config, System.getenv()).data();
    }

    /** The database that the configuration names, where no server is on it. The data directory must be held. */
    static ClosedDatabase database(ApplianceConfig config, Path data) throws IOException {
        String url = config.database().url();
        if (url == null) {
            return ClosedDatabase.embedded(data.resolve("db"));
        }
        return ClosedDatabase.postgresql(url, config.database().user(), PartSettings.databasePassword(config));
    }

    /** What opens a backup; null: nothing was given. */
    @Nullable
    Seal opening() {
        Path passphrase = path("passphrase-file");
        Path key = path("key-file");
        if (key != null) {
            return SealKeys.identity(key);
        }
        return passphrase == null ? null : SealKeys.passphrase(passphrase);
    }

    /** What a backup is sealed by; null: nothing was given. */
    @Nullable
    Seal sealing() {
        Path recipient = path("recipient-key");
        return recipient == null ? opening() : SealKeys.recipient(recipient);
    }
}
