package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.TcpGate;
import io.llmproxy.testing.TestAppliance;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of two processes on one PostgreSQL. */
class SharedLimitsTest {
    private static final String MASTER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    private final FakeProvider upstream = FakeProvider.start();
    private final String url = PostgresServer.freshDatabase();

    @TempDir
    private Path directory;

    @AfterEach
    void tearDown() {
        upstream.close();
    }

    private TestAppliance start(String name) {
        return start(name, url);
    }

    private TestAppliance start(String name, String database) {
        return TestAppliance.builder()
                .directory(directory.resolve(name))
                .environment("LLMPROXY_MASTER_KEY", MASTER_KEY)
                .set("database.url", database)
                .set("database.user", PostgresServer.USER)
                .start();
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("waited for a minute").isNegative();
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static String set(TestAppliance on, String metric, long amount, String per) {
        return on.ctl(
                        "-t",
                        "acme",
                        "limit",
                        "set",
                        "--scope",
                        "tenant",
                        "--metric",
                        metric,
                        "--amount",
                        Long.toString(amount),
                        "--per",
                        per,
                        "-q")
                .value();
    }

    /** Whether the process has heard of the limit. */
    private static boolean knows(TestAppliance on, String limit, long amount) {
        TestAppliance.Ctl shown = on.ctl("-t", "acme", "limit", "show", limit, "-o", "json");
        return shown.code() == 0 && shown.out().contains("\"amount\": \"" + amount + "\"");
    }

    private static long used(TestAppliance on, String limit) {
        String json = on.ctl("-t", "acme", "limit", "usage", "-o", "json").value();
        for (String row : json.split("\\}")) {
            if (row.contains(limit)) {
                return Long.parseLong(row.replaceAll("(?s).*\"used\": \"?(\\d+).*", "$1"));
            }
        }
        return -1;
    }

    /** Sends from several clients to each until both refuse for a while; how many were answered. */
    private static int hammered(int clients, Http... processes) {
        AtomicInteger answered = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Http http = processes[i % processes.length];
            threads.add(Thread.ofVirtual().start(() -> {
                for (int refusals = 0; refusals < 5; ) {
                    if (http.chat().statusCode() == 200) {
                        answered.incrementAndGet();
                    } else {
                        refusals++;
                        LockSupport.parkNanos(200_000_000);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return answered.get();
    }

    /** Sends until so many were answered in all, and sees that no more are. */
    private void spend(int all, Http... processes) {
        await(() -> {
            for (Http http : processes) {
                if (upstream.requests().size() < all) {
                    http.chat();
                }
            }
            return upstream.requests().size() >= all;
        });
        hammered(4, processes);
        assertThat(upstream.requests()).hasSize(all);
    }

    @Test
    void twoProcessesSpendALimitAndNotOneMore() {
        try (TestAppliance one = start("one");
                TestAppliance two = start("two")) {
            String secret = one.tenantWithKey("acme", upstream.baseUrl());
            String limit = set(one, "requests", 400, "day");
            await(() -> knows(two, limit, 400));
            await(() -> one.ctl("status", "-o", "json").value().contains("\"countersProcesses\": 2"));
            assertThat(two.ctl("status", "-o", "json").value()).contains("\"countersProcesses\": 2");
            try (Http first = new Http(one.gateway(), secret);
                    Http second = new Http(two.gateway(), secret)) {
                assertThat(hammered(16, first, second)).isLessThanOrEqualTo(400);
                spend(400, first, second);
                await(() -> used(one, limit) == 400 && used(two, limit) == 400);
                set(two, "requests", 410, "day");
                await(() -> knows(one, limit, 410));
                spend(410, first, second);
                two.ctl("-t", "acme", "limit", "reset", limit, "--yes").value();
                await(() -> used(one, limit) == 0 && used(two, limit) == 0);
                assertThat(first.chat().statusCode()).isEqualTo(200);
                one.ctl("-t", "acme", "limit", "delete", limit, "--yes").value();
                await(() -> two.ctl("-t", "acme", "limit", "show", limit).code() == 4);
                assertThat(second.chat().statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void aBudgetOfTokensIsNotOverspentAndARestartForgetsNothing() {
        String secret;
        String limit;
        int answered;
        try (TestAppliance one = start("one");
                TestAppliance two = start("two")) {
            secret = one.tenantWithKey("acme", upstream.baseUrl());
            one.ctl("tenant", "update", "acme", "--max-output-tokens", "50").value();
            limit = set(one, "tokens", 4000, "total");
            await(() -> knows(two, limit, 4000));
            try (Http first = new Http(one.gateway(), secret);
                    Http second = new Http(two.gateway(), secret)) {
                answered = hammered(12, first, second);
                long spent = used(one, limit);
                assertThat(answered).isPositive();
                // what is left is less than one request may come to use, and there may be such a rest in each process
                assertThat(spent).isBetween(4000L - 2 * 100, 4000L);
            }
        }
        try (TestAppliance again = start("one");
                Http http = new Http(again.gateway(), secret)) {
            await(() -> used(again, limit) >= 4000 - 2 * 100);
            assertThat(hammered(4, http)).isLessThanOrEqualTo(25);
            assertThat(used(again, limit)).isLessThanOrEqualTo(4000);
        }
    }

    @Test
    void aKilledProcessGivesNobodyMore() throws Exception {
        Path place = ServerJvm.newDirectory();
        String[] sets = {"database.url=" + url, "database.user=" + PostgresServer.USER};
        try (TestAppliance one = start("one")) {
            String secret = one.tenantWithKey("acme", upstream.baseUrl());
            set(one, "requests", 300, "day");
            int before;
            try (ServerJvm killed =
                            ServerJvm.start(place, "export LLMPROXY_MASTER_KEY=" + MASTER_KEY, "-Xmx128m", sets);
                    Http doomed = new Http(killed.gateway(), secret);
                    Http http = new Http(one.gateway(), secret)) {
                for (int i = 0; i < 40; i++) {
                    assertThat(doomed.chat().statusCode()).isIn(200, 429);
                }
                before = upstream.requests().size();
                killed.kill();
                assertThat(before + hammered(4, http)).isLessThanOrEqualTo(300);
            }
            assertThat(upstream.requests().size()).isLessThanOrEqualTo(300);
        }
    }

    @Test
    void aProcessAloneServesOnWithoutTheDatabaseAndCountsItAfterwards() throws Exception {
        URI address = URI.create(url.substring("jdbc:".length()));
        try (TcpGate door = new TcpGate(address.getPort());
                TestAppliance one = start("one", "jdbc:postgresql://127.0.0.1:" + door.port() + address.getPath())) {
            String secret = one.tenantWithKey("acme", upstream.baseUrl());
            set(one, "requests", 40, "day");
            try (Http http = new Http(one.gateway(), secret)) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
                door.shut();
                await(() -> one.ctl("status", "-o", "json").value().contains("\"countersState\": \"away\""));
                assertThat(one.ctl("status").value()).contains("this process was alone");
                for (int i = 1; i < 40; i++) {
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                }
                assertThat(http.chat().statusCode()).isEqualTo(429);
                door.open();
                await(() -> one.ctl("status", "-o", "json").value().contains("\"countersState\": \"up\""));
                assertThat(hammered(4, http)).isZero();
                assertThat(upstream.requests()).hasSize(40);
            }
        }
    }

    @Test
    void proves() {
        try (TestAppliance one = start("one");
                TestAppliance two = start("two")) {
            await(() -> one.ctl("status", "-o", "json").value().contains("\"countersProcesses\": 2"));
            TestAppliance.Ctl proof = one.ctl("prove", "limits", "--requests", "600", "--parallel", "60", "-o", "json");
            assertThat(proof.code()).as(proof.out() + proof.err()).isZero();
            assertThat(proof.out()).contains("\"holds\": true", "\"store\": \"postgresql\"", "\"processes\": 2");
            assertThat(two.ctl("tenant", "list", "-o", "json").value()).doesNotContain("proof");
        }
    }
}
