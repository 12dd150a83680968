package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an operator sees of the account: records one by one, as they come, as files, and summed up by all that they are known by. */
class LedgerViewsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String USAGE = "{\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":50,"
            + "\"total_tokens\":150,\"prompt_tokens_details\":{\"cached_tokens\":20,\"cache_write_tokens\":5,"
            + "\"audio_tokens\":7},\"completion_tokens_details\":{\"reasoning_tokens\":9,\"audio_tokens\":11}}}";
    /** Each kind of tokens and how many there are of it. */
    private static final Map<String, Long> TOKENS = Map.of(
            "inputTokens", 100L,
            "outputTokens", 50L,
            "cachedInputTokens", 20L,
            "cacheWriteTokens", 5L,
            "reasoningTokens", 9L,
            "audioInputTokens", 7L,
            "audioOutputTokens", 11L);

    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static Http http;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start()
                .on("/v1/chat/completions", Script.answer(200, USAGE, "Content-Type", "application/json"));
        appliance = TestAppliance.start();
        appliance.tenantWithKey("acme", upstream.baseUrl());
        appliance.ctl("-t", "acme", "user", "create", "ann@acme.example").value();
        String key = appliance
                .ctl("-t", "acme", "key", "create", "lab", "--user", "ann@acme.example", "-q")
                .value();
        http = new Http(appliance.gateway(), key);
        assertThat(http.chat().statusCode()).isEqualTo(200);
        assertThat(http.chat().statusCode()).isEqualTo(200);
    }

    @AfterAll
    static void stop() {
        http.close();
        appliance.close();
        upstream.close();
    }

    @Test
    void eachKindOfTokensIsInTheRecordAndInEachExport() {
        String exported =
                appliance.ctl("-t", "acme", "usage", "export", "-o", "jsonl").value();
        JsonNode record = JSON.readTree(exported.lines().findFirst().orElseThrow());
        TOKENS.forEach(
                (name, count) -> assertThat(record.path(name).asLong()).as(name).isEqualTo(count));
        assertThat(record.path("usageSource").asString()).isEqualTo("provider");

        List<String> lines = appliance
                .ctl("-t", "acme", "usage", "export", "-o", "csv")
                .value()
                .lines()
                .toList();
        List<String> names = Arrays.asList(lines.getFirst().split(",", -1));
        List<String> row = Arrays.asList(lines.get(1).split(",", -1));
        assertThat(row).hasSameSizeAs(names);
        TOKENS.forEach((name, count) ->
                assertThat(row.get(names.indexOf(name))).as(name).isEqualTo(count.toString()));
        assertThat(names).containsExactlyInAnyOrderElementsOf(record.propertyNames());
    }

    @ParameterizedTest
    @CsvSource({
        "tenant, acme",
        "user, ann@acme.example",
        "key, lab",
        "model, gpt-4o",
        "provider, up",
        "day, \\d{4}-\\d\\d-\\d\\d"
    })
    void sumsAreByEachThatARequestIsKnownBy(String dimension, String value) {
        String report =
                appliance.ctl("usage", "report", "--by", dimension, "-o", "csv").value();
        assertThat(report).startsWith(dimension + ",requests,errors,").containsPattern("\n" + value + ",[1-9]\\d*,0,");
    }

    /** A reader that goes away when it has seen what it waited for. */
    private static final class Reader extends OutputStream {
        private final ByteArrayOutputStream seen = new ByteArrayOutputStream();

        @Override
        public synchronized void write(int b) throws IOException {
            if (text().lines().count() > 2) {
                throw new IOException("nobody reads any more");
            }
            seen.write(b);
        }

        synchronized String text() {
            return seen.toString(StandardCharsets.UTF_8);
        }
    }

    @Test
    void tailPrintsRecordsAsTheyComeUntilNobodyReadsThem() throws Exception {
        Reader reader = new Reader();
        String[] tail = {
            "--socket", appliance.appliance().socket().toString(), "-t", "acme", "usage", "tail", "-o", "csv"
        };
        CompletableFuture<Integer> code = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(() -> code.complete(io.llmproxy.cli.Main.run(
                        tail,
                        Map.of(),
                        new PrintStream(reader, true, StandardCharsets.UTF_8),
                        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                        InputStream.nullInputStream())));
        String last = "";
        for (long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1); !code.isDone(); ) {
            assertThat(System.nanoTime() - end).as(reader.text()).isNegative();
            last = http.chat().headers().firstValue("x-request-id").orElseThrow();
            TimeUnit.MILLISECONDS.sleep(20);
        }
        assertThat(code.get()).isZero();
        assertThat(reader.text()).contains("gpt-4o,up,200,completed,100,50");
        assertThat(last).isNotEmpty();
    }
}
