package io.llmproxy.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.TestAuthority;
import io.llmproxy.testing.TestAuthority.PemPair;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole program handed over as it stands behind proxies: with PROXY headers and TLS, on the listener of administration too; and
 * what becomes of three processes in a row of which one is killed.
 */
@Timeout(600)
@Tag("proof")
class HandOverIT {
    private static final String COMPLETION = "{\"model\":\"small\",\"stream\":true,\"prompt\":\"hi\"}";

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
            while (!end.await(1, TimeUnit.SECONDS)) {
                c.write(chunk(": ping\n\n"));
            }
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

    /** Something that is done again and again, each time on a connection of its own. */
    private interface Visit {
        String answer() throws IOException;
    }

    /** Some who visit without a pause; what is not answered with 200 is a failure. */
    private static final class Visitors {
        private final AtomicInteger served = new AtomicInteger();
        private final Queue<String> failures = new ConcurrentLinkedQueue<>();
        private final List<Thread> threads = new ArrayList<>();
        private volatile boolean stopped;

        Visitors(int count, Visit visit) {
            for (int i = 0; i < count; i++) {
                threads.add(Thread.ofVirtual().start(() -> {
                    while (!stopped) {
                        visit(visit);
                    }
                }));
            }
        }

        private void visit(Visit visit) {
            try {
                String answer = visit.answer();
                if (answer.startsWith("HTTP/1.1 200 ")) {
                    served.incrementAndGet();
                } else {
                    failures.add(answer);
                }
            } catch (IOException e) {
                failures.add(e.toString());
            }
        }

        void awaitMore(int visits) throws Exception {
            int wanted = served.get() + visits;
            until(() -> served.get() >= wanted || !failures.isEmpty());
        }

        List<String> stop() throws InterruptedException {
            stopped = true;
            for (Thread thread : threads) {
                thread.join();
            }
            return List.copyOf(failures);
        }
    }

    @Test
    void behindAProxyWithTlsNobodyIsRefusedNorIsWhoAsksForHealth() throws Exception {
        TestAuthority authority = TestAuthority.create("authority");
        PemPair pem =
                authority.issue("CN=gateway", "dns:localhost", "ip:127.0.0.1").write(scratch, "gateway");
        Installation installation = new Installation(
                data,
                scratch,
                "gateway.trusted-proxies=[127.0.0.1]",
                "gateway.proxy-protocol=on",
                "gateway.tls.certificate=" + pem.certificate(),
                "gateway.tls.key=" + pem.key(),
                "admin.tls.certificate=" + pem.certificate(),
                "admin.tls.key=" + pem.key());
        try (ServerProcess server = installation.serve()) {
            processes.add(server.pid());
            String key = installation.keyOfNewTenant(server, upstream.baseUrl());
            int gateway = server.gateway().getPort();
            int admin = server.admin().getPort();
            Visitors clients = new Visitors(
                    2,
                    () -> ask(
                            authority,
                            gateway,
                            "PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n",
                            "GET /v1/models",
                            "Authorization: Bearer " + key));
            Visitors probes = new Visitors(2, () -> ask(authority, admin, "", "GET /health/ready", "Accept: */*"));
            for (int i = 0; i < 3; i++) {
                clients.awaitMore(20);
                probes.awaitMore(20);
                processes.add(
                        Long.valueOf(installation.ctl(server, "restart", "-q").value()));
            }
            clients.awaitMore(20);
            probes.awaitMore(20);
            assertThat(clients.stop()).as("clients; " + server.state()).isEmpty();
            assertThat(probes.stop()).as("probes; " + server.state()).isEmpty();
            System.out.println("3 restarts behind a proxy with TLS: " + clients.served + " requests, " + probes.served
                    + " looks at health");
        }
    }

    private static String ask(TestAuthority authority, int port, String header, String line, String field)
            throws IOException {
        try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), port)) {
            plain.setSoTimeout(60_000);
            plain.getOutputStream().write(header.getBytes(US_ASCII));
            try (Socket tls = context(authority).getSocketFactory().createSocket(plain, "localhost", port, true)) {
                tls.getOutputStream()
                        .write((line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + field + "\r\n\r\n")
                                .getBytes(US_ASCII));
                return new String(tls.getInputStream().readAllBytes(), ISO_8859_1);
            }
        }
    }

    private static javax.net.ssl.SSLContext context(TestAuthority authority) throws IOException {
        try {
            return authority.client(null);
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    /** Three processes of one service: one that leaves with a stream, its successor, and the successor of that, which stands still while it starts. */
    private final class Three {
        private final Installation installation = new Installation(data, scratch);
        private final ServerProcess first;
        private final long second;
        private final ProcessHandle third;
        private final String key;
        private final CompletableFuture<String> stream;
        private final CompletableFuture<Installation.Run> restart;

        Three() throws Exception {
            // as under systemd, which nobody hears here
            first = installation.serve("export NOTIFY_SOCKET='" + scratch.resolve("nobody") + "'");
            processes.add(first.pid());
            key = installation.keyOfNewTenant(first, upstream.baseUrl());
            stream = CompletableFuture.supplyAsync(
                    this::stream, task -> Thread.ofVirtual().name("long-stream").start(task));
            upstream.awaitRequests(1);
            second = Long.parseLong(installation.ctl(first, "restart", "-q").value());
            processes.add(second);
            restart = CompletableFuture.supplyAsync(
                    this::restarted, task -> Thread.ofVirtual().start(task));
            third = childOf(second);
            until(() -> inAPlace(says -> says.endsWith(" " + third.pid() + "\n")));
            signal("STOP", third.pid());
            processes.add(third.pid());
        }

        private String stream() {
            try (Socket socket =
                    new Socket(InetAddress.getLoopbackAddress(), first.gateway().getPort())) {
                socket.setSoTimeout(120_000);
                String head = "POST /v1/completions HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer "
                        + key + "\r\nContent-Type: application/json\r\nContent-Length: " + COMPLETION.length()
                        + "\r\n\r\n";
                socket.getOutputStream().write((head + COMPLETION).getBytes(US_ASCII));
                return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
            } catch (IOException e) {
                return "broken: " + e;
            }
        }

        private Installation.Run restarted() {
            try {
                return installation.ctl(first, "restart");
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        void kill(long pid) {
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        }

        void awaitServing() throws Exception {
            until(() -> installation.ctl(first, "status").code() == 0);
            LoadClients clients = new LoadClients(first.gateway(), key, 2, true);
            clients.await(20);
            clients.stop();
            assertThat(clients.failures()).as(first.state()).isEmpty();
        }
    }

    @Test
    void theMiddleOneIsKilledAndTheFirstWaitsForTheThird() throws Exception {
        Three three = new Three();
        try (ServerProcess first = three.first) {
            three.kill(three.second);
            until(() -> first.errors().contains("6901"));
            assertThat(first.alive()).as(first.state()).isTrue();
            signal("CONT", three.third.pid());
            three.awaitServing();
            assertThat(first.alive()).as("it has its stream; " + first.state()).isTrue();
            end.countDown();
            assertThat(three.stream.get(60, TimeUnit.SECONDS))
                    .contains("[DONE]")
                    .endsWith("0\r\n\r\n");
            assertThat(first.ended()).as(first.state()).isZero();
            assertThat(three.third.isAlive()).isTrue();
            three.awaitServing();
        }
    }

    @Test
    void theMiddleOneIsKilledAndThenTheThirdAndTheFirstEndsSoThatSystemdSeesIt() throws Exception {
        Three three = new Three();
        try (ServerProcess first = three.first) {
            three.kill(three.second);
            until(() -> first.errors().contains("6901"));
            signal("CONT", three.third.pid());
            String pid = Long.toString(three.third.pid());
            until(() -> inAPlace(says -> says.startsWith(pid + "\n")));
            three.kill(three.third.pid());
            assertThat(first.ended()).as(first.state()).isEqualTo(1);
            assertThat(first.errors()).contains("6832");
        }
    }

    /** Whether a place of the data directory says that: who has it, and behind that whom that process started. */
    private boolean inAPlace(Predicate<String> says) throws IOException {
        for (int i = 1; i <= 4; i++) {
            Path place = data.resolve("place-" + i + ".lock");
            if (Files.exists(place) && says.test(Files.readString(place))) {
                return true;
            }
        }
        return false;
    }

    @Test
    void theFirstIsKilledAndTheOthersGoOn() throws Exception {
        Three three = new Three();
        try (ServerProcess first = three.first) {
            first.kill();
            signal("CONT", three.third.pid());
            Installation.Run restart = three.restart.get(120, TimeUnit.SECONDS);
            assertThat(restart.code()).as(restart.err() + first.state()).isZero();
            three.awaitServing();
            assertThat(three.stream.get(60, TimeUnit.SECONDS)).doesNotContain("[DONE]");
        }
    }

    private static ProcessHandle childOf(long pid) throws Exception {
        until(() -> ProcessHandle.of(pid).orElseThrow().children().findFirst().isPresent());
        return ProcessHandle.of(pid).orElseThrow().children().findFirst().orElseThrow();
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
        long stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!condition.holds()) {
            if (System.nanoTime() > stop) {
                throw new AssertionError("waited a minute and a half");
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }
}
