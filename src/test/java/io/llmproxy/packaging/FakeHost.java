package io.llmproxy.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A root directory as the packages leave it, with programs that only write down how they were called. */
final class FakeHost implements AutoCloseable {
    private static final Path PACKAGING = Path.of("packaging").toAbsolutePath();

    private final Path root;
    private final Path programs;
    private final Path calls;
    private final List<ServerSocketChannel> sockets = new ArrayList<>();

    FakeHost(Path directory) throws IOException {
        root = Files.createDirectories(directory.resolve("root"));
        programs = Files.createDirectories(directory.resolve("programs"));
        calls = Files.createFile(directory.resolve("calls"));
        for (String name : List.of("etc/llmproxy", "var/lib/llmproxy/acme", "var/log/llmproxy/acme", "run/llmproxy")) {
            Files.createDirectories(root.resolve(name));
        }
        Files.writeString(root.resolve("etc/llmproxy/llmproxy.yaml"), "tenant: null\n");
        Path instances = root.resolve("usr/lib/llmproxy/packaging/instances");
        Files.createDirectories(instances.getParent());
        Files.copy(PACKAGING.resolve("scripts/instances"), instances);
        for (String name :
                List.of("systemd-sysusers", "systemd-tmpfiles", "deluser", "deb-systemd-invoke", "llmproxyctl")) {
            program(name, "");
        }
        program("systemctl", "");
    }

    /** As where systemd runs these units; others are not active. */
    FakeHost systemd(String... active) throws IOException {
        Files.createDirectories(root.resolve("run/systemd/system"));
        StringBuilder list = new StringBuilder();
        for (String unit : active) {
            list.append(unit).append(" loaded active running LLM proxy\n");
        }
        return program(
                "systemctl",
                "[ \"$1\" != list-units ] || printf '" + list.toString().replace("\n", "\\n") + "'");
    }

    /** An instance that listens, whose answers llmproxyctl gives as the other method says. */
    FakeHost socket(String tenant) throws IOException {
        Path socket = Files.createDirectories(root.resolve("run/llmproxy").resolve(tenant))
                .resolve("admin.sock");
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        channel.bind(UnixDomainSocketAddress.of(socket));
        sockets.add(channel);
        return this;
    }

    /** What llmproxyctl says and exits with when it is asked to restart. */
    FakeHost restartExits(int code, String says) throws IOException {
        return program("llmproxyctl", "[ \"$3\" != restart ] || { echo '" + says + "' >&2; exit " + code + "; }");
    }

    /** A program that writes down its call, and then does that. */
    FakeHost program(String name, String script) throws IOException {
        Path program = programs.resolve(name);
        Files.writeString(program, "#!/bin/sh\necho \"" + name + " $*\" >>'" + calls + "'\n" + script + "\nexit 0\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        return this;
    }

    /** What a script said, on both outputs. It must have ended with 0. */
    String run(String script, String... arguments) throws IOException, InterruptedException {
        return run(0, script, arguments);
    }

    String run(int code, String script, String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("sh", PACKAGING.resolve(script).toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of(
                        "PATH",
                        programs + ":/usr/bin:/bin",
                        "DPKG_ROOT",
                        root.toString(),
                        "LLMPROXYCTL",
                        programs.resolve("llmproxyctl").toString()));
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as("exit code; it said %s", said).isEqualTo(code);
        return said;
    }

    /** How programs were called, with {@code ROOT} for the root directory. */
    List<String> calls() throws IOException {
        return Files.readString(calls)
                .replace(root.toString(), "ROOT")
                .lines()
                .filter(call -> !call.contains("list-units"))
                .toList();
    }

    Path path(String name) {
        return root.resolve(name);
    }

    @Override
    public void close() throws IOException {
        for (ServerSocketChannel socket : sockets) {
            socket.close();
        }
    }
}
