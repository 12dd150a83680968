package io.llmproxy.testing;

import io.llmproxy.Appliance;
import io.llmproxy.Places;
import io.llmproxy.StartException;
import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigFile;
import io.llmproxy.config.ConfigLoader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The real appliance in this process: free ports, its own directory, a clock that can be moved; administered by the real
 * llmproxyctl over its real socket.
 */
public final class TestAppliance implements AutoCloseable {
    private final Appliance appliance;
    private final Path directory;
    private final boolean ownDirectory;
    private final TestClock clock;

    private TestAppliance(Appliance appliance, Path directory, boolean ownDirectory, TestClock clock) {
        this.appliance = appliance;
        this.directory = directory;
        this.ownDirectory = ownDirectory;
        this.clock = clock;
    }

    /** Settings that turn the limits of the configuration off. */
    public static final List<String> NO_LIMITS = List.of(
            "limits.global.requests=0",
            "limits.tenant.requests=0",
            "limits.user.requests=0",
            "limits.ip.requests=0",
            "limits.concurrency=0");

    public static TestAppliance start() {
        return new Builder().start();
    }

    /** What llmproxyctl did. */
    public record Ctl(int code, String out, String err) {
        /** Standard output without the line end, of a command that must have succeeded. */
        public String value() {
            if (code != 0) {
                throw new AssertionError("llmproxyctl exited with " + code + ": " + err);
            }
            return out.strip();
        }
    }

    /** How the appliance is to be started. */
    public static final class Builder {
        private final List<String> sets = new ArrayList<>();
        private final Map<String, String> environment = new HashMap<>();
        private final List<Path> files = new ArrayList<>();
        private boolean limits;
        private TestClock clock = new TestClock();
        private java.util.Optional<Path> directory = java.util.Optional.empty();

        public Builder set(String key, String value) {
            sets.add(key + "=" + value);
            return this;
        }

        /** With the limits that every installation starts with; most tests send more than those let through. */
        public Builder limits() {
            limits = true;
            return this;
        }

        /** A configuration file, whose keys no setting of this builder has. */
        public Builder file(Path path) {
            files.add(path);
            return this;
        }

        public Builder environment(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /** A data directory that outlives the appliance. */
        public Builder directory(Path path) {
            directory = java.util.Optional.of(path);
            return this;
        }

        public TestAppliance start() {
            try {
                return tryStart();
            } catch (StartException | ConfigException e) {
                throw new AssertionError(e);
            }
        }

        public TestAppliance tryStart() throws StartException, ConfigException {
            List<String> all = new ArrayList<>(
                    List.of("gateway.listen=127.0.0.1:0", "admin.listen=127.0.0.1:0", "shutdown.grace=5s"));
            if (files.isEmpty()) {
                all.add("log.level=error");
            }
            if (!limits && files.isEmpty()) {
                all.addAll(NO_LIMITS);
            }
            all.addAll(sets);
            List<ConfigFile> required =
                    files.stream().map(file -> new ConfigFile(file, false)).toList();
            ConfigLoader.Loaded loaded = ConfigLoader.load(new ConfigLoader.Sources(required, Map.of(), all, Map.of()));
            Path place = directory.orElseGet(TestAppliance::temporary);
            Places places = Places.of(place, loaded.config(), Map.of());
            Appliance appliance = Appliance.start(new Appliance.Setup(loaded, places, environment, clock));
            return new TestAppliance(appliance, place, directory.isEmpty(), clock);
        }
    }

    public static Builder builder() {
        return new Builder();
    }

    public Appliance appliance() {
        return appliance;
    }

    public TestClock clock() {
        return clock;
    }

    public URI gateway() {
        return URI.create(appliance.gatewayUrl());
    }

    public Path directory() {
        return directory;
    }

    /** Runs llmproxyctl against this appliance. */
    public Ctl ctl(String... args) {
        return ctlWithInput("", args);
    }

    public Ctl ctlWithInput(String input, String... args) {
        return ctlWithInput(appliance.socket(), input, args);
    }

    static Ctl ctlWithInput(Path socket, String input, String... args) {
        List<String> all = new ArrayList<>(List.of("--socket", socket.toString()));
        all.addAll(Arrays.asList(args));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = io.llmproxy.cli.Main.run(
                all.toArray(String[]::new),
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        return new Ctl(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** A tenant with an OpenAI-type provider at {@code upstream} and one key, whose secret is returned. */
    public String tenantWithKey(String tenant, URI upstream) {
        return tenantWithKey(appliance.socket(), tenant, upstream);
    }

    static String tenantWithKey(Path socket, String tenant, URI upstream) {
        ctlWithInput(socket, "", "tenant", "create", tenant).value();
        provider(socket, tenant, "up", "openai", upstream.toString(), "sk-upstream-secret");
        return ctlWithInput(socket, "", "-t", tenant, "key", "create", "dev", "-q")
                .value();
    }

    /**
     * Gives a tenant a provider.
     *
     * @param secret the provider's key
     * @param options further ones of {@code provider create}
     */
    public void provider(String tenant, String name, String type, String baseUrl, String secret, String... options) {
        provider(appliance.socket(), tenant, name, type, baseUrl, secret, options);
    }

    private static void provider(
            Path socket, String tenant, String name, String type, String baseUrl, String secret, String... options) {
        List<String> all = new ArrayList<>(List.of("-t", tenant, "provider", "create", name, "--type", type));
        all.addAll(List.of("--base-url", baseUrl, "--api-key-stdin"));
        all.addAll(List.of(options));
        ctlWithInput(socket, secret, all.toArray(String[]::new)).value();
    }

    @Override
    public void close() {
        appliance.close();
        if (ownDirectory) {
            delete(directory);
        }
    }

    static Path temporary() {
        try {
            // short, since the path of a socket has at most 107 bytes
            return Files.createTempDirectory(Path.of("/tmp"), "lp");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
