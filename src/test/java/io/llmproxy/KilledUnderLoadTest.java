package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.TestAppliance;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code kill -9}, again and again, of a server that is busy: what was answered is in the ledger, once. */
@Tag("proof")
class KilledUnderLoadTest {
    private static final Pattern ID = Pattern.compile("\"requestId\":\"([0-9a-f-]{36})\"");
    private static final int CLIENTS = 12;
    /** Answers before each kill: some fall into the first flush after a start, some into a later one. */
    private static final List<Integer> ANSWERS = List.of(1500, 5, 3000, 300, 6000, 50, 2500);

    @Test
    void everyAnsweredRequestIsInTheLedgerOnce() throws Exception {
        Path directory = ServerJvm.newDirectory();
        Queue<String> answered = new ConcurrentLinkedQueue<>();
        try (FakeProvider upstream = FakeProvider.start()) {
            upstream.on("/v1/chat/completions", Script.answer(200, "{\"usage\":{\"prompt_tokens\":1}}"));
            String key = null;
            for (int answers : ANSWERS) {
                ServerJvm server = start(directory);
                key = key == null ? server.tenantWithKey("acme", upstream.baseUrl()) : key;
                load(server, key, answers, answered);
            }
            // at once: what the last kill left is still in the journal
            try (ServerJvm server = start(directory)) {
                TestAppliance.Ctl export = server.ctl("usage", "export", "-o", "jsonl");
                assertThat(export.code()).as(export.err()).isZero();
                Map<String, Integer> exported = new HashMap<>();
                Matcher ids = ID.matcher(export.out());
                while (ids.find()) {
                    exported.merge(ids.group(1), 1, Integer::sum);
                }
                assertThat(exported.values()).containsOnly(1);
                assertThat(answered).hasSizeGreaterThan(10_000).allMatch(exported::containsKey);
                // of those that were running at a kill some have a record too, at most one for each client
                assertThat(exported.size() - answered.size()).isBetween(0, CLIENTS * ANSWERS.size());
                TestAppliance.Ctl check = server.ctl("ledger", "check");
                assertThat(check.code()).as(check.out() + check.err()).isZero();
            }
        }
    }

    private static ServerJvm start(Path directory) throws Exception {
        return ServerJvm.start(
                directory,
                "true",
                "-Xmx256m",
                "limits.global.requests=0",
                "limits.tenant.requests=0",
                "limits.user.requests=0",
                "limits.ip.requests=0");
    }

    /** Kills the server as soon as so many requests have been answered, while others run. */
    private static void load(ServerJvm server, String key, int answers, Queue<String> answered) throws Exception {
        Semaphore done = new Semaphore(0);
        Queue<Integer> others = new ConcurrentLinkedQueue<>();
        List<Thread> clients = new ArrayList<>();
        try (Http http = new Http(server.gateway(), key)) {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(Thread.startVirtualThread(() -> ask(
                        http,
                        id -> {
                            answered.add(id);
                            done.release();
                        },
                        others)));
            }
            assertThat(done.tryAcquire(answers, 5, TimeUnit.MINUTES)).isTrue();
            server.kill();
            for (Thread client : clients) {
                client.join();
            }
            assertThat(others).isEmpty();
        }
    }

    /** Until the connection breaks. */
    private static void ask(Http http, Consumer<String> answered, Queue<Integer> others) {
        try {
            while (true) {
                HttpResponse<String> answer = http.chat();
                if (answer.statusCode() == 200) {
                    answered.accept(answer.headers().firstValue("x-request-id").orElseThrow());
                } else {
                    others.add(answer.statusCode());
                }
            }
        } catch (UncheckedIOException e) {
            // killed
        }
    }
}
