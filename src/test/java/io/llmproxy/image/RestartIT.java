package io.llmproxy.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * The whole program, replaced by its successor under load: no connection is refused or reset, no stream is broken, and the ledger has
 * each answer once.
 */
@Timeout(600)
class RestartIT {
    private static final int CLIENTS = 4;
    private static final int STREAMS = 3;
    /** So that a stream is cut which has this grace of a shutdown alone, and not that of a successor. */
    private static final String SHORT_GRACE = "shutdown.grace=1s";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Short, for the path of a socket is 107 bytes at most. */
    @TempDir
    Path data;

    @TempDir
    Path scratch;

    private final CountDownLatch end = new CountDownLatch(1);
    private final List<Long> processes = new ArrayList<>();
    private FakeProvider upstream;

    @BeforeEach
    void setUp() {
        upstream = FakeProvider.start();
        upstream.on("/v1/completions", c -> {
            c.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            c.write(chunk("data: {\"id\":\"c\",\"choices\":[{\"text\":\"begin\",\"index\":0}]}\n\n"));
            // a provider that thinks says so: silence would be ended by provider's idle timeout
            while (!end.await(1, TimeUnit.SECONDS)) {
                c.write(chunk(": ping\n\n"));
            }
            c.write(
                    chunk(
                            "data: {\"id\":\"c\",\"choices\":[{\"text\":\"end\",\"index\":0,\"finish_reason\":\"stop\"}]}\n\n"));
            c.write(chunk("data: [DONE]\n\n") + "0\r\n\r\n");
        });
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    @AfterEach
    void tearDown() {
        end.countDown();
        processes.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        upstream.close();
    }

    @Test
    void restartsUnderLoadFailNoRequestAndBreakNoStream() throws Exception {
        restarted(new Installation(data, scratch, SHORT_GRACE), 2, () -> {});
    }

    @Test
    @Tag("proof")
    void tenRestartsUnderLoadFailNoRequestAndBreakNoStream() throws Exception {
        restarted(new Installation(data, scratch, SHORT_GRACE), 10, () -> {});
    }

    @Test
    @Tag("proof")
    void restartsOnPostgresqlFailNoRequest() throws Exception {
        restarted(
                new Installation(
                        data,
                        scratch,
                        SHORT_GRACE,
                        "database.url=" + PostgresServer.freshDatabase(),
                        "database.user=" + PostgresServer.USER),
                2,
                () -> {});
    }

    @Test
    void theSuccessorIsOfTheProgramThatIsInstalledByThen() throws Exception {
        Path before = copy(scratch.resolve("before"));
        Path after = copy(scratch.resolve("after"));
        Path installed = Files.createSymbolicLink(scratch.resolve("installed"), before);
        List<Long> pids = restarted(new Installation(installed, data, scratch), 1, () -> {
            Path next = Files.createSymbolicLink(scratch.resolve("next"), after);
            Files.move(next, installed, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            // what was installed is gone, as after an upgrade
            Files.move(before.resolve("lib"), before.resolve("lib.gone"));
            Files.move(before.resolve("bin"), before.resolve("bin.gone"));
        });
        assertThat(pids).hasSize(2).doesNotHaveDuplicates();
    }

    /** Something that happens before each restart. */
    private interface Before {
        void happen() throws Exception;
    }

    private List<Long> restarted(Installation installation, int times, Before before) throws Exception {
        try (ServerProcess server = installation.serve()) {
            processes.add(server.pid());
            String key = keyOfNewTenant(installation, server);
            List<CompletableFuture<String>> streams = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                streams.add(stream(server, key));
            }
            upstream.awaitRequests(STREAMS);
            LoadClients clients = new LoadClients(server.gateway(), key, CLIENTS, true);
            long begun = System.nanoTime();
            for (int i = 0; i < times; i++) {
                clients.await(clients.whole().size() + 10 * CLIENTS);
                before.happen();
                String pid = installation.ctl(server, "restart", "-q").value();
                processes.add(Long.valueOf(pid));
            }
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
            clients.await(clients.whole().size() + 10 * CLIENTS);
            assertThat(server.alive())
                    .as("it still has streams: " + server.state())
                    .isTrue();
            end.countDown();
            for (CompletableFuture<String> stream : streams) {
                assertThat(stream.get(60, TimeUnit.SECONDS))
                        .contains("begin")
                        .contains("end")
                        .endsWith("0\r\n\r\n");
            }
            clients.stop();
            assertThat(clients.failures()).as(server.state()).isEmpty();
            for (long pid : processes.subList(0, processes.size() - 1)) {
                ProcessHandle.of(pid)
                        .ifPresent(
                                p -> p.onExit().orTimeout(60, TimeUnit.SECONDS).join());
            }
            assertThat(server.ended()).as(server.state()).isZero();
            assertThat(ledger(installation, server, clients.whole()))
                    .as("each once; " + server.state())
                    .hasSize(clients.whole().size() + STREAMS)
                    .doesNotHaveDuplicates()
                    .containsAll(clients.whole());
            System.out.println(
                    times + " restarts in " + took + " ms, " + clients.whole().size() + " whole answers");
            return List.copyOf(processes);
        }
    }

    /** A stream that begins now and ends when the test lets it: all of its bytes. */
    private static CompletableFuture<String> stream(ServerProcess server, String key) {
        return CompletableFuture.supplyAsync(
                () -> {
                    String body = "{\"model\":\"small\",\"stream\":true,\"prompt\":\"hi\"}";
                    try (Socket socket = new Socket(
                            InetAddress.getLoopbackAddress(), server.gateway().getPort())) {
                        socket.setSoTimeout(120_000);
                        socket.getOutputStream()
                                .write(("POST /v1/completions HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                                + "Authorization: Bearer " + key
                                                + "\r\nContent-Type: application/json\r\nContent-Length: "
                                                + body.length()
                                                + "\r\n\r\n" + body)
                                        .getBytes(UTF_8));
                        return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
                    } catch (IOException e) {
                        return "broken: " + e;
                    }
                },
                task -> Thread.ofVirtual().name("long-stream").start(task));
    }

    @Test
    void aFaultyConfigurationOrAKilledSuccessorLeavesTheOldProcessServing() throws Exception {
        Path file = Files.writeString(scratch.resolve("llmproxy.yaml"), "log:\n  access: off\n");
        Installation installation = new Installation(data, scratch);
        installation.configuredBy(file);
        try (ServerProcess server = installation.serve()) {
            processes.add(server.pid());
            String key = keyOfNewTenant(installation, server);
            LoadClients clients = new LoadClients(server.gateway(), key, 2, true);

            Files.writeString(file, "gateway:\n  max-body: much\n");
            Installation.Run faulty = installation.ctl(server, "restart");
            assertThat(faulty.code()).isEqualTo(1);
            assertThat(faulty.err())
                    // checked by the program that is to read it
                    .contains("the successor failed")
                    .contains("llmproxy.yaml:2: gateway.max-body")
                    .contains("this process goes on");

            Files.writeString(file, "");
            CompletableFuture<Installation.Run> first = restarting(installation, server);
            ProcessHandle successor = successorOf(server.pid());
            // as slow as can be: it stands still
            signal("STOP", successor.pid());
            Installation.Run second = installation.ctl(server, "restart");
            assertThat(second.code()).as(second.err()).isEqualTo(5);
            assertThat(second.err()).contains("a restart is under way");
            successor.destroyForcibly();
            Installation.Run killed = first.get(120, TimeUnit.SECONDS);
            assertThat(killed.code()).as(killed.err()).isEqualTo(1);
            assertThat(killed.err()).contains("this process goes on");

            clients.await(clients.whole().size() + 20);
            clients.stop();
            assertThat(clients.failures()).as(server.state()).isEmpty();
            assertThat(server.alive()).isTrue();
            assertThat(installation.ctl(server, "status").code()).isZero();
            assertThat(server.stop()).isZero();
        }
    }

    @Test
    void aSuccessorThatFailsItsSelfTestGivesEverythingBack() throws Exception {
        Installation installation = new Installation(data, scratch);
        try (ServerProcess server = installation.serve()) {
            processes.add(server.pid());
            String key = keyOfNewTenant(installation, server);
            LoadClients clients = new LoadClients(server.gateway(), key, 2, true);
            clients.await(20);
            // listening already, it cannot write where its self-test writes: beside its own journal
            Path obstacle = Files.createDirectories(data.resolve("journal-2/self-test/obstacle"));
            Installation.Run failed = installation.ctl(server, "restart");
            assertThat(failed.code()).as(failed.err()).isEqualTo(1);
            assertThat(failed.err())
                    .contains("the self-test failed: the journal in")
                    .contains("this process goes on");
            clients.await(clients.whole().size() + 20);
            assertThat(installation.ctl(server, "status").code())
                    .as("its socket is in its place; " + server.state())
                    .isZero();

            Files.delete(obstacle);
            Files.delete(obstacle.getParent());
            processes.add(Long.valueOf(installation.ctl(server, "restart", "-q").value()));
            clients.await(clients.whole().size() + 20);
            clients.stop();
            assertThat(clients.failures()).as(server.state()).isEmpty();
            assertThat(server.ended()).as(server.state()).isZero();
        }
    }

    @Test
    void sighupReloadsAndAFaultyFileIsToldInTheLog() throws Exception {
        Path file = Files.writeString(scratch.resolve("llmproxy.yaml"), "");
        Installation installation = new Installation(data, scratch);
        installation.configuredBy(file);
        try (ServerProcess server = installation.serve()) {
            Files.writeString(file, "gateway:\n  keep-alive: soon\n");
            signal("HUP", server.pid());
            until(() -> server.errors().contains("llmproxy.yaml:2: gateway.keep-alive"));
            Files.writeString(file, "gateway:\n  keep-alive: 33s\n");
            signal("HUP", server.pid());
            until(() -> installation
                    .ctl(server, "config", "show", "-o", "jsonl")
                    .value()
                    .contains("33s"));
            assertThat(server.stop()).isZero();
        }
    }

    @Test
    void aSecondSigtermCutsWhatTheFirstLetsFinish() throws Exception {
        Installation installation = new Installation(data, scratch, "shutdown.grace=10m");
        try (ServerProcess server = installation.serve()) {
            CompletableFuture<String> stream = stream(server, keyOfNewTenant(installation, server));
            upstream.awaitRequests(1);
            // signals that come at one time are one
            until(() -> {
                signal("TERM", server.pid());
                return !server.alive();
            });
            assertThat(server.ended()).as(server.state()).isZero();
            assertThat(stream.get(60, TimeUnit.SECONDS)).contains("begin").doesNotContain("[DONE]");
        }
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .redirectErrorStream(true)
                .start()
                .waitFor();
    }

    /** Something that will be so. */
    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void until(Condition condition) throws Exception {
        long stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.holds()) {
            if (System.nanoTime() > stop) {
                throw new AssertionError("waited a minute");
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static CompletableFuture<Installation.Run> restarting(Installation installation, ServerProcess server) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return installation.ctl(server, "restart");
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    private static ProcessHandle successorOf(long pid) throws InterruptedException {
        long stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < stop) {
            List<ProcessHandle> children =
                    ProcessHandle.of(pid).orElseThrow().children().toList();
            if (!children.isEmpty()) {
                return children.getFirst();
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
        throw new AssertionError("no successor was started within a minute");
    }

    @Test
    void whoIsKilledWhileItLeavesLosesNothingThatWasAnswered() throws Exception {
        Installation installation = new Installation(data, scratch);
        try (ServerProcess server = installation.serve()) {
            processes.add(server.pid());
            String key = keyOfNewTenant(installation, server);
            CompletableFuture<String> stream = stream(server, key);
            upstream.awaitRequests(1);
            LoadClients clients = new LoadClients(server.gateway(), key, 2, true);
            clients.await(40);
            String pid = installation.ctl(server, "restart", "-q").value();
            processes.add(Long.valueOf(pid));
            clients.await(clients.whole().size() + 20);
            server.kill();
            assertThat(stream.get(60, TimeUnit.SECONDS)).doesNotContain("[DONE]");
            clients.await(clients.whole().size() + 20);
            clients.stop();
            assertThat(clients.failures())
                    .as("a connection that the killed one still held may have been cut; nothing is refused")
                    .noneMatch(java.net.ConnectException.class::isInstance);
            assertThat(ledger(installation, server, clients.whole()))
                    .doesNotHaveDuplicates()
                    .containsAll(clients.whole());
        }
    }

    /** What the ledger holds when it holds all of these, or after a minute. */
    private static List<String> ledger(Installation installation, ServerProcess server, List<String> wanted)
            throws Exception {
        long stop = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        Set<String> all = new HashSet<>(wanted);
        List<String> ids;
        do {
            ids = installation
                    .ctl(server, "-t", "acme", "usage", "export", "-o", "jsonl")
                    .value()
                    .lines()
                    .map(line -> JSON.readTree(line).get("requestId").asString())
                    .toList();
        } while (!new HashSet<>(ids).containsAll(all) && System.nanoTime() < stop);
        return ids;
    }

    private String keyOfNewTenant(Installation installation, ServerProcess server)
            throws IOException, InterruptedException {
        return installation.keyOfNewTenant(server, upstream.baseUrl());
    }

    private static Path copy(Path to) throws IOException {
        Files.walkFileTree(Installation.IMAGE, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes facts) throws IOException {
                Files.createDirectories(to.resolve(Installation.IMAGE.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes facts) throws IOException {
                Files.copy(file, to.resolve(Installation.IMAGE.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
        return to;
    }
}
