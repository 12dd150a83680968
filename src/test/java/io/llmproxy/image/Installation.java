package io.llmproxy.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The image as it was built, one data directory, and one set of options: what is started, killed and started again. */
final class Installation {
    static final Path IMAGE =
            Path.of(System.getProperty("llmproxy.target", "target"), "llmproxy").toAbsolutePath();
    /** What must not refuse a load. */
    private static final List<String> UNLIMITED = List.of(
            "limits.global.requests=0",
            "limits.tenant.requests=0",
            "limits.user.requests=0",
            "limits.ip.requests=0",
            "limits.concurrency=0",
            "log.level=warn");

    private final Path image;
    private final Path data;
    private final Path scratch;
    private final List<String> sets;
    private final List<Path> files = new ArrayList<>();
    private int starts;

    /** @param scratch where the error output of everything goes */
    Installation(Path data, Path scratch, String... sets) {
        this(IMAGE, data, scratch, sets);
    }

    /** @param image another copy of it, or a link to one */
    Installation(Path image, Path data, Path scratch, String... sets) {
        this.image = image;
        this.data = data;
        this.scratch = scratch;
        this.sets = Stream.concat(UNLIMITED.stream(), Stream.of(sets)).toList();
    }

    /** A configuration file of the servers to come. */
    void configuredBy(Path file) {
        files.add(file);
    }

    ServerProcess serve() throws IOException, InterruptedException {
        return serve("");
    }

    /** @param shell run by the server's own shell before it becomes the server, for limits of resources */
    ServerProcess serve(String shell) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "bash",
                "-c",
                shell + "\nexec \"$@\"",
                "bash",
                program("llmproxy"),
                "serve",
                "--data-dir",
                data.toString(),
                "--listen",
                "127.0.0.1:0",
                "--admin-listen",
                "127.0.0.1:0"));
        files.forEach(file -> command.addAll(List.of("--config", file.toString())));
        // what is measured here sends more than those let through
        TestAppliance.NO_LIMITS.forEach(set -> command.addAll(List.of("--set", set)));
        sets.forEach(set -> command.addAll(List.of("--set", set)));
        starts++;
        return ServerProcess.start(command, environment(), scratch.resolve("serve-" + starts + ".err"));
    }

    /** What llmproxyctl did. */
    record Run(int code, String out, String err) {
        /** The output of a command that must have succeeded. */
        String value() {
            assertThat(code).as("exit code; standard error: %s", err).isZero();
            return out.strip();
        }
    }

    Run ctl(ServerProcess server, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program("llmproxyctl"), "--socket", server.socket()));
        command.addAll(List.of(arguments));
        Path errors = Files.createTempFile(scratch, "ctl", ".err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment());
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command + " is still running: " + Files.readString(errors));
        }
        return new Run(process.exitValue(), output, Files.readString(errors));
    }

    /** The secret of a key of the tenant acme, which is made now and has that provider. */
    String keyOfNewTenant(ServerProcess server, URI upstream) throws IOException, InterruptedException {
        ctl(server, "tenant", "create", "acme").value();
        List<String> provider = List.of("-t", "acme", "provider", "create", "up", "--type", "openai", "--base-url");
        List<String> command = new ArrayList<>(provider);
        command.addAll(List.of(upstream.toString(), "--api-key-env", "UPSTREAM_KEY"));
        ctl(server, command.toArray(String[]::new)).value();
        return ctl(server, "-t", "acme", "key", "create", "dev", "-q").value();
    }

    private Map<String, String> environment() {
        return Map.of(
                "PATH",
                "/usr/bin:/bin",
                "UPSTREAM_KEY",
                "sk-upstream",
                "HOME",
                scratch.toString(),
                "LLMPROXY_JAVA_OPTS",
                "-XX:ErrorFile=" + scratch.resolve("crash.log"));
    }

    private String program(String name) {
        return image.resolve("bin").resolve(name).toString();
    }
}
