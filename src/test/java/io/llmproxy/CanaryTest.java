package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeCollector;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterOutputStream;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What must not leak is planted in a run with everything on and everything going wrong that may, and then looked for in every place that
 * keeps or shows something: log, metrics, traces, tables, journals, bundle, exports, administration, and the gateway's own errors.
 */
class CanaryTest {
    private static final String PROMPT = "canary-prompt-5d1e";
    private static final String ANSWER = "canary-answer-77aa";
    /** Of the provider that {@link TestAppliance} makes. */
    private static final String SEALED = "sk-upstream-secret";

    private static final String FROM_ENVIRONMENT = "sk-canary-environment-19c4";
    private static final String COLLECTOR = "canary-collector-b7f0";
    private static final String PROXY = "canary-proxy-password-0e2d";
    private static final String STRANGER = "llmp_CanaryOfAStranger5555555555555555555555555x";
    private static final Pattern BYTES = Pattern.compile("X'([0-9a-fA-F]{2,})'");

    private final List<String> never = new ArrayList<>(List.of(SEALED, FROM_ENVIRONMENT, COLLECTOR, PROXY, STRANGER));

    @TempDir
    private Path directory;

    private static String chat(String more) {
        return "{\"model\":\"gpt-4o\"" + more + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + PROMPT + "\"}]}";
    }

    @Test
    void nothingThatIsPrivateIsKeptOrShownAnywhere() throws Exception {
        Path log = directory.resolve("log/llmproxy.log");
        Files.createDirectories(directory.resolve("log"));
        Path data = Files.createDirectories(directory.resolve("d"));
        Path headers = Files.writeString(directory.resolve("headers"), "x-token: " + COLLECTOR + "\n");
        try (FakeCollector collector = new FakeCollector();
                FakeProvider up = FakeProvider.start()) {
            try (TestAppliance appliance = TestAppliance.builder()
                    .directory(data)
                    .environment("CANARY_KEY", FROM_ENVIRONMENT)
                    .set("log.file.path", log.toString())
                    .set("log.level", "debug")
                    .set("log.access", "all")
                    .set("tracing.endpoint", collector.endpoint().toString())
                    .set("tracing.headers-file", headers.toString())
                    .set("upstream.proxy", "http://operator:" + PROXY + "@127.0.0.1:9")
                    .set("upstream.no-proxy", "127.0.0.1")
                    .start()) {
                serve(appliance, up);
                look(appliance, collector);
            }
            noneOf(never, "the traces", collector.text());
            noneOf(List.of(PROMPT, ANSWER), "the traces", collector.text());
        }
        everythingPrivate("the log", Files.readString(log));
        everythingPrivate("the tables", tables(data));
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                everythingPrivate(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
    }

    private void serve(TestAppliance appliance, FakeProvider up) {
        String key = appliance.tenantWithKey("acme", up.baseUrl());
        String old = appliance.ctl("-t", "acme", "key", "create", "old", "-q").value();
        String rotated =
                appliance.ctl("-t", "acme", "key", "rotate", "old", "-q").value();
        never.addAll(List.of(key, old, rotated));
        appliance.ctl("tenant", "update", "acme", "--audit", "full").value();
        appliance
                .ctl(
                        "-t",
                        "acme",
                        "provider",
                        "create",
                        "other",
                        "--type",
                        "openai",
                        "--models",
                        "other",
                        "--base-url",
                        up.baseUrl().toString(),
                        "--api-key-env",
                        "CANARY_KEY")
                .value();
        appliance
                .ctl(
                        "-t",
                        "acme",
                        "provider",
                        "create",
                        "away",
                        "--type",
                        "openai",
                        "--models",
                        "away",
                        "--base-url",
                        "http://127.0.0.1:1/v1",
                        "--api-key-env",
                        "CANARY_KEY")
                .value();
        appliance
                .ctl(
                        "-t",
                        "acme",
                        "limit",
                        "set",
                        "--scope",
                        "key=old",
                        "--metric",
                        "requests",
                        "--amount",
                        "1",
                        "--per",
                        "month")
                .value();
        String quoting = "{\"error\":{\"message\":\"Incorrect API key provided: " + SEALED + "\"}}";
        try (Http client = new Http(appliance.gateway(), key);
                Http limited = new Http(appliance.gateway(), rotated);
                Http stranger = new Http(appliance.gateway(), STRANGER)) {
            up.on(
                    "/v1/chat/completions",
                    Script.answer(
                            200,
                            "{\"id\":\"c\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"" + ANSWER
                                    + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}",
                            "Content-Type",
                            "application/json"));
            assertThat(client.post("/v1/chat/completions", chat("")).body()).contains(ANSWER);
            assertThat(client.post(
                                    "/v1/chat/completions",
                                    chat(",\"metadata\":{\"x\":\"" + "y".repeat(400_000) + "\"}"))
                            .statusCode())
                    .isEqualTo(200);
            idempotent(client);
            limited.post("/v1/chat/completions", chat(""));
            own(limited.post("/v1/chat/completions", chat("")), 429);
            up.restore("/v1/chat/completions");
            client.arrived("/v1/chat/completions", chat(",\"stream\":true"));
            own(client.post("/v1/chat/completions", chat(",\"model\":\"x\"")), 400);
            own(client.post("/v1/chat/completions", chat("").substring(1)), 400);
            own(client.post("/v1/chat/completions", chat("").replace("gpt-4o", "away")), 502);
            own(stranger.post("/v1/chat/completions", chat("")), 401);
            for (int status : new int[] {401, 500}) {
                up.on("/v1/chat/completions", Script.answer(status, quoting, "Content-Type", "application/json"));
                noneOf(
                        never,
                        "an answer",
                        client.post("/v1/chat/completions", chat("")).body());
            }
            up.on(
                    "/v1/chat/completions",
                    Script.rawThenReset("HTTP/1.1 200 OK\r\nX-Key: " + SEALED + "\r\nbroken " + SEALED));
            own(client.post("/v1/chat/completions", chat("")), 502);
            up.restore("/v1/chat/completions");
            client.post("/v1/chat/completions", chat("").replace("gpt-4o", "other"));
        }
    }

    /** Its answer is kept, to be given again. */
    private static void idempotent(Http client) {
        for (int i = 0; i < 2; i++) {
            try {
                String body = new String(
                        client.open(client.request("/v1/chat/completions")
                                        .header("Content-Type", "application/json")
                                        .header("Idempotency-Key", "canary-1")
                                        .POST(BodyPublishers.ofString(chat(""))))
                                .body()
                                .readAllBytes(),
                        StandardCharsets.UTF_8);
                assertThat(body).contains(ANSWER);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** An answer of the gateway's own. */
    private void own(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        everythingPrivate("an error", answer.body() + answer.headers().map());
    }

    private void look(TestAppliance appliance, FakeCollector collector) throws IOException {
        collector.awaitSpans(span -> span.getName().startsWith("POST"), 8);
        try (Http admin =
                new Http(URI.create(String.valueOf(appliance.appliance().adminUrl())), "")) {
            for (String path : List.of("/metrics", "/health/ready", "/api/v1/status")) {
                everythingPrivate(path, admin.get(path).body());
            }
        }
        String id = appliance
                .ctl("-t", "acme", "audit", "list", "--requests", "--limit", "1", "-q")
                .value();
        Path bundle = directory.resolve("bundle.tar.gz");
        for (String command : List.of(
                "status -o json",
                "tenant show acme -o json",
                "key list -t acme -o json",
                "provider list -t acme -o json",
                "provider show other -t acme -o json",
                "limit usage -t acme -o json",
                "usage export -t acme -o jsonl",
                "usage report -t acme --by key,provider,model -o json",
                "audit list -o jsonl",
                "audit export -t acme",
                "audit list -t acme --requests --limit 100 -o jsonl",
                "explain -t acme " + id,
                "log search -o jsonl",
                "ledger check",
                "support-bundle " + bundle)) {
            TestAppliance.Ctl done = appliance.ctl(command.split(" "));
            assertThat(done.code()).as(command + ": " + done.err()).isZero();
            everythingPrivate(command, done.out() + done.err());
        }
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(bundle))) {
            everythingPrivate("the bundle", new String(in.readAllBytes(), StandardCharsets.ISO_8859_1));
        }
    }

    private void everythingPrivate(String where, String text) {
        noneOf(never, where, text);
        noneOf(List.of(PROMPT, ANSWER), where, text);
    }

    private static void noneOf(List<String> secrets, String where, String text) {
        for (String secret : secrets) {
            int at = text.indexOf(secret);
            if (at >= 0) {
                throw new AssertionError(secret + " is in " + where + ": "
                        + text.substring(Math.max(0, at - 200), Math.min(text.length(), at + 100)));
            }
        }
    }

    /** Every row of every table; of what is in bytes also what comes of them when they are decompressed. */
    private static String tables(Path data) throws SQLException {
        StringBuilder all = new StringBuilder();
        String url = "jdbc:h2:async:" + data.resolve("db/llmproxy")
                + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH";
        try (Connection connection = DriverManager.getConnection(url, "sa", "");
                Statement statement = connection.createStatement();
                ResultSet lines = statement.executeQuery("SCRIPT")) {
            while (lines.next()) {
                all.append(lines.getString(1)).append('\n');
            }
        }
        assertThat(all).contains("usage_blocks", "request_bodies", "audit_events");
        StringBuilder decoded = new StringBuilder();
        Matcher bytes = BYTES.matcher(all);
        while (bytes.find()) {
            if (bytes.group(1).length() % 2 == 0) {
                byte[] value = HexFormat.of().parseHex(bytes.group(1));
                decoded.append(new String(value, StandardCharsets.ISO_8859_1)).append('\n');
                decoded.append(inflated(value)).append('\n');
            }
        }
        assertThat(decoded.length()).isPositive();
        return all.append(decoded).toString();
    }

    private static String inflated(byte[] value) {
        return inflated(value, false) + inflated(value, true);
    }

    /** As much of it as can be decompressed. */
    private static String inflated(byte[] value, boolean raw) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (InflaterOutputStream inflater = new InflaterOutputStream(out, new Inflater(raw))) {
            inflater.write(value);
        } catch (ZipException none) {
            return out.toString(StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }
}
