package io.llmproxy;

import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.config.ConfigLoader.Sources.Option;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code llmproxy demo}: everything ready to be looked at, in a directory that goes away with the process. */
record DemoCommand(Map<String, String> environment, PrintStream out, PrintStream err) implements ServerCommand {
    private static final int USUAL_PORT = 8080;

    @Override
    public CommandSpec spec() {
        CommandSpec spec = ServerCommand.named(
                "demo",
                "Serve in a temporary directory, with a simulated provider, one tenant and one key ready.",
                "  llmproxy demo",
                "  llmproxy demo --listen 127.0.0.1:9000");
        spec.addOption(ServerCommand.option(
                "--listen",
                "HOST:PORT",
                "The gateway's listener. Default: 127.0.0.1:8080, or a free port where that one is taken."));
        return spec;
    }

    @Override
    public int run(ParseResult line) throws ConfigException, StartException, IOException {
        Path directory = Files.createTempDirectory("llmproxy-demo-");
        try {
            start(directory, line.matchedOptionValue("--listen", null));
        } catch (StartException | ConfigException | RuntimeException e) {
            delete(directory);
            throw e;
        }
        return Main.STAY;
    }

    private void start(Path directory, @Nullable String listen) throws ConfigException, StartException {
        ConfigLoader.Loaded loaded = ConfigLoader.load(new ConfigLoader.Sources(
                List.of(),
                Map.of(),
                List.of(),
                Map.of(
                        "gateway.listen", new Option("--listen", listen == null ? freeListen() : listen),
                        "admin.listen", new Option("demo", "127.0.0.1:0"),
                        "admin.socket",
                                new Option(
                                        "demo", directory.resolve("admin.sock").toString()),
                        "log.level", new Option("demo", "warn"))));
        Places places = Places.of(directory, loaded.config(), Map.of());
        Appliance.Setup setup = new Appliance.Setup(loaded, places, environment, InstantSource.system());
        Appliance appliance = RunningServer.run(setup, out, err, () -> delete(directory));
        explain(appliance, Demo.prepare(appliance.executor()), directory);
    }

    private void explain(Appliance appliance, String secret, Path directory) {
        out.println("""

                A tenant, a key and a simulated provider are ready. In another terminal, see an answer stream:

                  curl -N %s/v1/chat/completions \\
                    -H 'Authorization: Bearer %s' \\
                    -H 'Content-Type: application/json' \\
                    -d '{"model":"%s","stream":true,"messages":[{"role":"user","content":"Hello!"}]}'

                and then what it was charged:

                  %s --socket %s -t %s usage report --by model

                Ctrl-C stops the demo and removes %s.""".formatted(
                        appliance.gatewayUrl(), secret, Demo.MODEL, ctl(), appliance.socket(), Demo.TENANT, directory));
        out.flush();
    }

    /** llmproxyctl as it is reached from here: beside the runtime of the image, else inside the single jar. */
    private static String ctl() {
        Path java = Path.of(ProcessHandle.current().info().command().orElse("java"));
        Path home = java.resolveSibling("../..").normalize();
        Path launcher = home.resolve("bin/llmproxyctl");
        return Files.isExecutable(launcher) ? launcher.toString() : "java -jar llmproxy.jar ctl";
    }

    private static String freeListen() {
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), USUAL_PORT));
            return "127.0.0.1:" + USUAL_PORT;
        } catch (IOException e) {
            return "127.0.0.1:0";
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("removing " + directory + " failed", e);
        }
    }
}
