package io.llmproxy.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * The whole program, stopped and killed under load: each request whose answer a client has whole is in the ledger, once, when
 * the next process has started.
 */
@Timeout(600)
class KillIT {
    private static final int CLIENTS = 8;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Short, for the path of a socket is 107 bytes at most. */
    @TempDir
    Path data;

    @TempDir
    Path scratch;

    private FakeProvider upstream;

    /** Where the ledger is. */
    enum Store {
        H2,
        POSTGRESQL;

        private String[] settings() {
            return switch (this) {
                case H2 -> new String[0];
                case POSTGRESQL ->
                    new String[] {
                        "database.url=" + PostgresServer.freshDatabase(), "database.user=" + PostgresServer.USER
                    };
            };
        }
    }

    @BeforeEach
    void setUp() {
        upstream = FakeProvider.start();
    }

    @AfterEach
    void tearDown() {
        upstream.close();
    }

    @ParameterizedTest
    @EnumSource(Store.class)
    void aStopUnderLoadFailsNoRequestAndLosesNone(Store store) throws Exception {
        Installation installation = new Installation(data, scratch, store.settings());
        LoadClients clients;
        try (ServerProcess server = installation.serve()) {
            clients = new LoadClients(server.gateway(), keyOfNewTenant(installation, server), CLIENTS);
            clients.await(50 * CLIENTS);
            assertThat(server.stop()).as("exit code; %s", server.errors()).isZero();
            clients.join();
            assertThat(clients.failures()).as(server.errors()).isEmpty();
        }
        try (ServerProcess again = installation.serve()) {
            assertThat(ledger(installation, again, clients.whole()))
                    .containsExactlyInAnyOrderElementsOf(clients.whole());
        }
    }

    @ParameterizedTest
    @EnumSource(Store.class)
    void aKillUnderLoadLosesNoAnswerAndCountsNoneTwice(Store store) throws Exception {
        killed(store, 2);
    }

    @ParameterizedTest
    @EnumSource(Store.class)
    @Tag("proof")
    void tenKillsUnderLoadLoseNoAnswerAndCountNoneTwice(Store store) throws Exception {
        killed(store, 10);
    }

    private void killed(Store store, int times) throws Exception {
        Installation installation = new Installation(data, scratch, store.settings());
        List<String> whole = new ArrayList<>();
        String key = "";
        for (int i = 0; i < times; i++) {
            try (ServerProcess server = installation.serve()) {
                key = i == 0 ? keyOfNewTenant(installation, server) : key;
                LoadClients clients = new LoadClients(server.gateway(), key, CLIENTS);
                // not always at the same distance from a batch or a sync
                clients.await(CLIENTS * (20 + 37 * i % 100));
                server.kill();
                clients.join();
                whole.addAll(clients.whole());
            }
        }
        try (ServerProcess last = installation.serve()) {
            List<String> ledger = ledger(installation, last, whole);
            assertThat(ledger).as("once each").doesNotHaveDuplicates().containsAll(whole);
            assertThat(ledger.size()).isLessThanOrEqualTo(upstream.requests().size());
            System.out.println(
                    store + ": " + times + " kills, " + whole.size() + " whole answers, " + ledger.size() + " records");
        }
    }

    /** What the ledger holds when it holds all of these, or after a minute. */
    private static List<String> ledger(Installation installation, ServerProcess server, List<String> wanted)
            throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        Set<String> all = new HashSet<>(wanted);
        List<String> ids;
        do {
            ids = installation
                    .ctl(server, "-t", "acme", "usage", "export", "-o", "jsonl")
                    .value()
                    .lines()
                    .map(line -> JSON.readTree(line).get("requestId").asString())
                    .toList();
        } while (!new HashSet<>(ids).containsAll(all) && System.nanoTime() < end);
        return ids;
    }

    private String keyOfNewTenant(Installation installation, ServerProcess server)
            throws IOException, InterruptedException {
        installation.ctl(server, "tenant", "create", "acme").value();
        installation
                .ctl(
                        server,
                        "-t",
                        "acme",
                        "provider",
                        "create",
                        "up",
                        "--type",
                        "openai",
                        "--base-url",
                        upstream.baseUrl().toString(),
                        "--api-key-env",
                        "UPSTREAM_KEY")
                .value();
        return installation
                .ctl(server, "-t", "acme", "key", "create", "dev", "-q")
                .value();
    }
}
