package io.llmproxy;

import static io.llmproxy.testing.SharedLimits.await;
import static io.llmproxy.testing.SharedLimits.hammered;
import static io.llmproxy.testing.SharedLimits.set;
import static io.llmproxy.testing.SharedLimits.sharedBy;
import static io.llmproxy.testing.SharedLimits.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Http;
import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.SharedLimits;
import io.llmproxy.testing.TcpGate;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of processes on one PostgreSQL when one of them, or the database, goes away. */
class SharedLimitsFaultsTest {
    @TempDir
    private Path directory;

    private SharedLimits shared;

    @BeforeEach
    void setUp() {
        shared = new SharedLimits(directory);
    }

    @AfterEach
    void tearDown() {
        shared.close();
    }

    @Test
    void aKilledProcessGivesNobodyMore() throws IOException {
        try (TestAppliance one = shared.start("one")) {
            String secret = one.tenantWithKey("acme", shared.upstream().baseUrl());
            set(one, "acme", "requests", "150", "day");
            try (ServerJvm killed = shared.process();
                    Http doomed = new Http(killed.gateway(), secret);
                    Http http = new Http(one.gateway(), secret)) {
                for (int i = 0; i < 40; i++) {
                    assertThat(doomed.chat().statusCode()).isIn(200, 429);
                }
                killed.kill();
                hammered(4, http);
            }
            assertThat(shared.upstream().requests().size()).isBetween(40, 150);
        }
    }

    /** What it held and did not use is granted to others when its lease of a minute is over. */
    @Test
    @Tag("proof")
    void whatAKilledProcessHeldComesBack() throws IOException {
        try (TestAppliance one = shared.start("one")) {
            String secret = one.tenantWithKey("acme", shared.upstream().baseUrl());
            String limit = set(one, "acme", "requests", "2000", "day");
            try (ServerJvm killed = shared.process();
                    Http doomed = new Http(killed.gateway(), secret);
                    Http http = new Http(one.gateway(), secret)) {
                await(() -> sharedBy(one, 2));
                AtomicInteger answered = new AtomicInteger();
                Thread client = Thread.ofVirtual().start(() -> load(doomed, answered));
                await(() -> answered.get() >= 200);
                killed.kill();
                SharedLimits.join(client);
                int atOnce = answered.get() + hammered(4, http);
                await(() -> sharedBy(one, 1));
                int all = atOnce + hammered(4, http);
                System.out.printf(
                        "killed after %d of 2000: granted %d in its lease, %d in all, used %s%n",
                        answered.get(), atOnce, all, used(one, "acme", limit));
                // an eighth of what it held counts, which it may have used without a word to the others
                assertThat(all).isBetween(1800, 2000);
                assertThat(used(one, "acme", limit).intValue()).isLessThanOrEqualTo(2000);
                assertThat(shared.upstream().requests().size()).isLessThanOrEqualTo(2000);
            }
        }
    }

    private static void load(Http http, AtomicInteger answered) {
        try {
            while (true) {
                answered.addAndGet(http.chat().statusCode() == 200 ? 1 : 0);
            }
        } catch (RuntimeException | AssertionError e) {
            // it was killed
        }
    }

    @Test
    void aProcessAloneServesOnWithoutTheDatabaseAndCountsItAfterwards() throws IOException {
        try (TcpGate door = shared.door();
                TestAppliance one = shared.behind(door, "one")) {
            String secret = one.tenantWithKey("acme", shared.upstream().baseUrl());
            // of all time: a day may end while this runs
            set(one, "acme", "requests", "40", "total");
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
                assertThat(hammered(2, http)).isZero();
                assertThat(shared.upstream().requests()).hasSize(40);
            }
        }
    }
}
