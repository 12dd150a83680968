package io.llmproxy;

import io.llmproxy.adapter.systemd.ProcessWall;
import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigFile;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.config.ConfigLoader.Sources.Option;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code llmproxy serve}: runs the appliance until SIGTERM or SIGINT. */
record ServeCommand(Map<String, String> environment, PrintStream out, PrintStream err) implements ServerCommand {
    private static final String CONFIG = "--config";
    private static final String DATA_DIR = "--data-dir";
    private static final String SET = "--set";

    /** Options that set one key of the configuration. */
    private static final Map<String, String> KEYS = Map.of(
            "--tenant", "tenant",
            "--listen", "gateway.listen",
            "--admin-listen", "admin.listen",
            "--admin-socket", "admin.socket");

    @Override
    public CommandSpec spec() {
        CommandSpec spec = ServerCommand.named(
                "serve",
                "Run the server until SIGTERM.",
                "  llmproxy serve",
                "  llmproxy serve --data-dir /srv/llmproxy --listen 0.0.0.0:8080",
                "  llmproxy serve --config /etc/llmproxy/llmproxy.yaml --config -/etc/llmproxy/acme.yaml --tenant acme",
                "  llmproxy serve --set database.url=jdbc:postgresql://db/llmproxy --set database.user=llmproxy",
                "",
                "Configuration, later wins: defaults, --config files, LLMPROXY_... variables, --set, options.");
        spec.addOption(ServerCommand.options(
                CONFIG,
                "FILE",
                "A configuration file (YAML); may be repeated, later wins. With a - before its path it may be missing. Without"
                        + " --config no file is read."));
        spec.addOption(ServerCommand.option(
                DATA_DIR,
                "DIR",
                "Where the database and the journal are kept. Default: $STATE_DIRECTORY, else ./llmproxy-data."));
        spec.addOption(ServerCommand.option(
                "--tenant", "SLUG", "Serve this tenant alone; it is made at the first start. Default: every tenant."));
        spec.addOption(ServerCommand.option(
                "--listen", "HOST:PORT", "The gateway's listener. Default: 127.0.0.1:8080; port 0 picks a free one."));
        spec.addOption(ServerCommand.option(
                "--admin-listen", "HOST:PORT", "The listener for health and metrics. Default: 127.0.0.1:8081."));
        spec.addOption(ServerCommand.option(
                "--admin-socket",
                "PATH",
                "The admin socket. Default: $RUNTIME_DIRECTORY/admin.sock, else DIR/admin.sock."));
        spec.addOption(ServerCommand.options(SET, "KEY=VALUE", "Set one key of the configuration; may be repeated."));
        return spec;
    }

    @Override
    public int run(ParseResult line) throws ConfigException, StartException {
        ProcessWall.raise(environment);
        List<ConfigFile> files =
                Stream.of(values(line, CONFIG)).map(ConfigFile::of).toList();
        ConfigLoader.Loaded loaded = ConfigLoader.load(
                new ConfigLoader.Sources(files, environment, List.of(values(line, SET)), options(line)));
        @Nullable String dataDir = line.matchedOptionValue(DATA_DIR, null);
        Places places = Places.of(dataDir == null ? null : Path.of(dataDir), loaded.config(), environment);
        RunningServer.run(new Appliance.Setup(loaded, places, environment, InstantSource.system()), out, err);
        return Main.STAY;
    }

    private static String[] values(ParseResult line, String option) {
        String[] none = {};
        return line.matchedOptionValue(option, none);
    }

    private static Map<String, Option> options(ParseResult line) {
        Map<String, Option> options = new LinkedHashMap<>();
        KEYS.forEach((spelling, key) -> {
            @Nullable String value = line.matchedOptionValue(spelling, null);
            if (value != null) {
                options.put(key, new Option(spelling, value));
            }
        });
        return options;
    }
}
