package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.ServerJvm;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A disk that is full, by a bound on the size of a process's files, and has space again, by lifting it. Every request that was
 * answered with 200 is in the ledger afterwards, once.
 */
@Timeout(300)
class DiskFullTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int MOST = 20_000;

    private final FakeProvider upstream = FakeProvider.start();
    private final List<String> served = new ArrayList<>();

    @AfterEach
    void tearDown() {
        upstream.close();
    }

    @Test
    void aFullJournalRefusesRequestsUntilThereIsSpace() throws Exception {
        try (ServerJvm server = onPostgresql("journal.on-full=refuse");
                Http http = client(server)) {
            limitFiles(server, 64 * 1024);
            HttpResponse<String> refused = chatUntil(http, 503);
            assertThat(Http.error(refused)).isEqualTo("overloaded_error/overloaded");
            assertThat(http.chat().statusCode()).isEqualTo(503);
            assertThat(problems(server)).contains("journal cannot be written", "new requests are refused");
            assertThat(server.ctl("health").code()).isNotZero();
            limitFiles(server, -1);
            chatUntil(http, 200);
            until(() -> server.ctl("health").code() == 0);
            assertAllInTheLedgerOnce(server);
        }
    }

    @Test
    void aFullJournalLetsRequestsGoOnWhereItIsToldSo() throws Exception {
        try (ServerJvm server = onPostgresql("journal.on-full=continue");
                Http http = client(server)) {
            limitFiles(server, 64 * 1024);
            for (int i = 0; i < MOST && !problems(server).contains("journal cannot be written"); i += 50) {
                serve(http, 50);
            }
            serve(http, 50);
            assertThat(problems(server))
                    .contains("requests go on", " 0 records were dropped")
                    .doesNotContain(" 0 records wait");
            assertThat(metrics(server))
                    .contains("llmproxy_problems{kind=\"journal\"} 1")
                    .containsPattern("(?m)^llmproxy_journal_waiting_records [1-9]");
            assertThat(events(server, 6404))
                    .singleElement(STRING)
                    .contains("\"level\":\"ERROR\"", "the usage journal refuses records; requests go on");
            assertThat(events(server, 6405)).isEmpty();
            assertThat(server.ctl("health").code()).isZero();
            limitFiles(server, -1);
            // without a request that would try it
            until(() -> !problems(server).contains("journal"));
            assertThat(metrics(server)).contains("llmproxy_problems{kind=\"journal\"} 0");
            assertThat(events(server, 6405)).hasSize(1);
            serve(http, 1);
            assertAllInTheLedgerOnce(server);
        }
    }

    @Test
    void aFullEmbeddedDatabaseLetsRequestsGoOnAndHasThemAllWhenThereIsSpace() throws Exception {
        try (ServerJvm server = ServerJvm.start(ServerJvm.newDirectory(), "true", "-Xmx256m", UNLIMITED);
                Http http = client(server)) {
            limitFiles(server, Files.size(server.directory().resolve("db/llmproxy.mv.db")) + 4096);
            // one by one and slowly: the bound is the journal's too, which has room for some hundred records until then
            until(() -> {
                serve(http, 1);
                LockSupport.parkNanos(20_000_000);
                return problems(server).contains("cannot be written to the database");
            });
            serve(http, 50);
            limitFiles(server, -1);
            try {
                until(() -> problems(server).equals("[]"));
            } catch (AssertionError e) {
                System.err.println("PROBLEMS " + problems(server));
                System.err.println(Files.readString(server.directory().resolve("log")));
                throw e;
            }
            assertThat(server.ctl("-t", "acme", "key", "create", "more").code()).isZero();
            assertAllInTheLedgerOnce(server);
        }
    }

    private static final String[] UNLIMITED = {
        "limits.global.requests=0", "limits.tenant.requests=0", "limits.user.requests=0", "limits.ip.requests=0"
    };

    private static ServerJvm onPostgresql(String set) throws IOException {
        List<String> sets = new ArrayList<>(List.of(UNLIMITED));
        sets.addAll(
                List.of(set, "database.url=" + PostgresServer.freshDatabase(), "database.user=" + PostgresServer.USER));
        Path directory = ServerJvm.newDirectory();
        return ServerJvm.start(directory, "true", "-Xmx256m", sets.toArray(String[]::new));
    }

    private Http client(ServerJvm server) {
        return new Http(server.gateway(), server.tenantWithKey("acme", upstream.baseUrl()));
    }

    private HttpResponse<String> chatUntil(Http http, int status) {
        String last = "";
        for (int i = 0; i < MOST; i++) {
            HttpResponse<String> answer = http.chat();
            last = answer.statusCode() + " " + answer.body();
            if (answer.statusCode() == 200) {
                served.add(answer.headers().firstValue("x-request-id").orElseThrow());
            }
            if (answer.statusCode() == status) {
                return answer;
            }
        }
        throw new AssertionError("no " + status + " in " + MOST + " requests; the last was answered " + last);
    }

    private void serve(Http http, int requests) {
        for (int i = 0; i < requests; i++) {
            chatUntil(http, 200);
        }
    }

    private static String problems(ServerJvm server) {
        return JSON.readTree(server.ctl("status", "-o", "json").value())
                .get("problems")
                .toString();
    }

    private static String metrics(ServerJvm server) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI metrics = server.admin().resolve("/metrics");
            return client.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                    .body();
        }
    }

    /** The lines of the log of one kind of event, as an alarm looks for them. */
    private static List<String> events(ServerJvm server, int number) throws IOException {
        try (Stream<String> log = Files.lines(server.directory().resolve("log"))) {
            return log.filter(line -> line.contains("\"event\":" + number + ","))
                    .toList();
        }
    }

    /** @param bytes to which its files may grow; -1: to any size */
    private static void limitFiles(ServerJvm server, long bytes) throws Exception {
        String soft = bytes < 0 ? "unlimited" : String.valueOf(bytes);
        Process process = new ProcessBuilder("prlimit", "--pid", String.valueOf(server.pid()), "--fsize=" + soft + ":")
                .inheritIO()
                .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as("prlimit, of util-linux").isZero();
    }

    private void assertAllInTheLedgerOnce(ServerJvm server) {
        until(() -> new HashSet<>(ledger(server)).containsAll(served));
        assertThat(ledger(server)).doesNotHaveDuplicates();
    }

    private static List<String> ledger(ServerJvm server) {
        return server.ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                .value()
                .lines()
                .map(JSON::readTree)
                .map(record -> record.get("requestId"))
                .map(JsonNode::asString)
                .toList();
    }

    /** A minute at most. */
    private static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited a minute").isLessThan(end);
        }
    }
}
