package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.TestAppliance;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A budget of tokens that two processes spend, which share a database and count in one Redis. */
class SharedBudgetTest {
    private static final String MASTER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    private static final String CHAT =
            "{\"model\":\"gpt-4o\",\"max_tokens\":40,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    /** What the provider says that a chat used. */
    private static final int USED = 10;
    /** What a chat reserves at most: its bounded output, and a rough count of its input. */
    private static final int RESERVED = 60;

    private static final int BUDGET = 3000;

    private static FakeProvider upstream;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startUpstream() {
        upstream = FakeProvider.start();
    }

    @AfterAll
    static void stopUpstream() {
        upstream.close();
    }

    @Test
    void isSpentToWithinOneReservationAndNeverPassed() throws InterruptedException {
        String database = PostgresServer.freshDatabase();
        try (RedisServer redis = RedisServer.start();
                TestAppliance one = start("one", redis, database);
                TestAppliance two = start("two", redis, database)) {
            hammer(Duration.ofSeconds(5), one, two.gateway(), two::ctl);
        }
    }

    @Test
    @Tag("proof")
    void isSpentToWithinOneReservationAndNeverPassedForAMinuteByTwoProcesses() throws Exception {
        String database = PostgresServer.freshDatabase();
        try (RedisServer redis = RedisServer.start();
                TestAppliance one = start("one", redis, database);
                ServerJvm two = ServerJvm.start(
                        ServerJvm.newDirectory(),
                        "export LLMPROXY_MASTER_KEY=" + MASTER_KEY,
                        "-Xmx128m",
                        "database.url=" + database,
                        "database.user=" + PostgresServer.USER,
                        "redis.url=" + redis.url(),
                        "redis.on-failure=refuse")) {
            await(() -> one.ctl("status", "-o", "json").value().contains("\"countersProcesses\": 2"));
            hammer(Duration.ofMinutes(1), one, two.gateway(), two::ctl);
        }
    }

    private TestAppliance start(String name, RedisServer redis, String database) {
        return TestAppliance.builder()
                .directory(directory.resolve(name))
                .environment("LLMPROXY_MASTER_KEY", MASTER_KEY)
                .set("database.url", database)
                .set("database.user", PostgresServer.USER)
                .set("redis.url", redis.url())
                .set("redis.on-failure", "refuse")
                .start();
    }

    private static void await(BooleanSupplier condition) {
        long until = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - until > 0) {
                throw new AssertionError("it did not come to be within a minute");
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** Round after round the budget is spent by both to the end, and begun anew. */
    private static void hammer(
            Duration time, TestAppliance one, URI other, Function<String[], TestAppliance.Ctl> others)
            throws InterruptedException {
        try (Http first = new Http(one.gateway(), one.tenantWithKey("acme", upstream.baseUrl()))) {
            String key = one.ctl("-t", "acme", "key", "create", "second", "-q").value();
            String[] set = {"-t", "acme", "limit", "set", "--scope", "tenant", "--metric", "tokens"};
            String limit = one.ctl(join(set, "--amount", String.valueOf(BUDGET), "--per", "total", "-q"))
                    .value();
            await(() -> others.apply(new String[] {"-t", "acme", "limit", "show", limit})
                            .code()
                    == 0);
            try (Http second = new Http(other, key)) {
                long end = System.nanoTime() + time.toNanos();
                int rounds = 0;
                int most = 0;
                int least = BUDGET;
                do {
                    int spent = round(first, second) * USED;
                    assertThat(spent).isBetween(BUDGET - RESERVED + 1, BUDGET);
                    most = Math.max(most, spent);
                    least = Math.min(least, spent);
                    rounds++;
                    await(() -> one.ctl("-t", "acme", "limit", "reset", limit, "--yes")
                                    .code()
                            == 0);
                } while (System.nanoTime() - end < 0);
                System.out.printf(
                        "two processes on one Redis: %d rounds, of %d tokens at least %d and at most %d spent%n",
                        rounds, BUDGET, least, most);
            }
        }
    }

    private static String[] join(String[] some, String... more) {
        List<String> all = new ArrayList<>(List.of(some));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    /** How many chats were answered until both refused a chat while nothing else ran. */
    private static int round(Http... processes) throws InterruptedException {
        AtomicInteger answered = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Http http = processes[i % processes.length];
            threads.add(Thread.ofVirtual().start(() -> {
                int status = chat(http, answered);
                while (status != 402) {
                    status = chat(http, answered);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        for (Http http : processes) {
            // what others held when the last one was refused has been given back since
            await(() -> refusedForGood(http, answered));
        }
        return answered.get();
    }

    /** What was given back is there a moment later: two refusals in a row, with a pause in which everything is told. */
    private static boolean refusedForGood(Http http, AtomicInteger answered) {
        for (int i = 0; i < 3; i++) {
            if (chat(http, answered) != 402) {
                return false;
            }
            LockSupport.parkNanos(100_000_000);
        }
        return true;
    }

    private static int chat(Http http, AtomicInteger answered) {
        int status = http.post("/v1/chat/completions", CHAT).statusCode();
        // 503: on a busy machine Redis may not answer in time
        assertThat(status).isIn(200, 402, 503);
        answered.addAndGet(status == 200 ? 1 : 0);
        return status;
    }
}
