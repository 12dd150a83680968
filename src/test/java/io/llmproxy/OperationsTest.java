package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an operator has to look at a running appliance: its log, top, the support bundle, reports; and no secret in any of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OperationsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String PROMPT = "canary-prompt-7f3a";
    private static final String PASSWORD = "canary-password-91c2";
    private static final String CREDENTIAL = "sk-upstream-secret";

    private final FakeProvider upstream = FakeProvider.start();
    private Path file = Path.of("");
    private TestAppliance appliance;
    private Http http;
    private String key = "";

    OperationsTest(@TempDir Path directory) {
        file = directory.resolve("llmproxy.log");
        appliance = TestAppliance.builder()
                .set("log.file.path", file.toString())
                .set("log.level", "info")
                .set("log.access", "all")
                .set("upstream.proxy", "http://operator:" + PASSWORD + "@127.0.0.1:9")
                .set("upstream.no-proxy", "127.0.0.1")
                .start();
        http = new Http(appliance.gateway(), "");
    }

    @BeforeAll
    void traffic() {
        key = appliance.tenantWithKey("acme", upstream.baseUrl());
        http = new Http(appliance.gateway(), key);
        appliance
                .ctl(
                        "-t",
                        "acme",
                        "limit",
                        "set",
                        "--scope",
                        "tenant",
                        "--metric",
                        "cost",
                        "--amount",
                        "1000",
                        "--per",
                        "month")
                .value();
    }

    @AfterAll
    void tearDown() {
        http.close();
        appliance.close();
        upstream.close();
    }

    private String chat() {
        return http.post("/v1/chat/completions", Http.CHAT.replace("\"hi\"", "\"" + PROMPT + "\""))
                .headers()
                .firstValue("x-request-id")
                .orElseThrow();
    }

    private static <T> T await(Supplier<T> value, java.util.function.Predicate<T> good) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        T last = value.get();
        while (!good.test(last)) {
            assertThat(System.nanoTime() - end).as("last seen: " + last).isNegative();
            LockSupport.parkNanos(20_000_000);
            last = value.get();
        }
        return last;
    }

    private String search(String... arguments) {
        List<String> all = new java.util.ArrayList<>(List.of("log", "search", "-o", "jsonl"));
        all.addAll(List.of(arguments));
        return appliance.ctl(all.toArray(String[]::new)).value();
    }

    @Test
    void aRequestHasALineWithAllThatIsKnownOfIt() {
        String id = chat();
        JsonNode line = JSON.readTree(await(() -> search("--request-id", id, "--event", "6201"), s -> !s.isEmpty()));
        assertThat(line.get("tenant").asString()).isEqualTo("acme");
        assertThat(line.get("key").asString()).isEqualTo("dev");
        assertThat(line.get("method").asString()).isEqualTo("POST");
        assertThat(line.get("path").asString()).isEqualTo("/v1/chat/completions");
        assertThat(line.get("status").asInt()).isEqualTo(200);
        assertThat(line.get("outcome").asString()).isEqualTo("completed");
        assertThat(line.get("model").asString()).isEqualTo("gpt-4o");
        assertThat(line.get("provider").asString()).isEqualTo("up");
        assertThat(line.get("inputTokens").asInt()).isEqualTo(7);
        assertThat(line.get("outputTokens").asInt()).isEqualTo(3);
        assertThat(line.get("attempts").asInt()).isEqualTo(1);
        assertThat(line.get("durationMs").isNumber()).isTrue();
        assertThat(line.get("ttftMs").isNumber()).isTrue();
        assertThat(new java.math.BigDecimal(line.get("cost").asString())).isPositive();
        assertThat(line.has("address")).isFalse();
    }

    @Test
    void aStrangersRequestHasALineToo() {
        try (Http stranger = new Http(appliance.gateway(), "llmp_" + "x".repeat(43))) {
            String id = stranger.chat().headers().firstValue("x-request-id").orElseThrow();
            JsonNode line = JSON.readTree(await(() -> search("--request-id", id), s -> !s.isEmpty()));
            assertThat(line.get("status").asInt()).isEqualTo(401);
            assertThat(line.has("tenant")).isFalse();
        }
    }

    @Test
    void searchFindsWhatWasSetAsideAndPacked() throws IOException {
        String old =
                "{\"time\":\"2026-01-02T03:04:05Z\",\"level\":\"WARN\",\"event\":6301,\"logger\":\"x\",\"message\":\"provider"
                        + " `gone` fails\",\"tenant\":\"globex\"}\n{\"cut\":\"by a cra";
        Path packed = file.resolveSibling("llmproxy.log.9.gz");
        try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(old.getBytes(StandardCharsets.UTF_8));
        }
        Files.setLastModifiedTime(packed, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));
        assertThat(search("--event", "6301", "--text", "GONE")).contains("`gone`");
        assertThat(search("--level", "error", "--text", "gone")).isEmpty();
        assertThat(search("-t", "globex")).contains("`gone`");
        assertThat(search("--since", "2026-01-03", "--text", "gone")).isEmpty();
        assertThat(appliance.ctl("log", "search", "--text", "gone").value())
                .isEqualTo("2026-01-02T03:04:05Z WARN 6301 provider `gone` fails tenant=globex");
        Ctl wrong = appliance.ctl("log", "search", "--event", "x");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(appliance.ctl("log", "search", "--file", "/nowhere/at.all").code())
                .isEqualTo(4);
        Files.move(packed, packed.resolveSibling("other"), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void levelsAreShownAndChanged() {
        assertThat(appliance.ctl("log", "level", "-o", "csv").value()).contains("all,info");
        assertThat(appliance
                        .ctl("log", "level", "io.llmproxy.nothing", "debug", "-o", "csv")
                        .value())
                .contains("io.llmproxy.nothing,debug");
        assertThat(search("--event", "6004", "--text", "io.llmproxy.nothing")).contains("is debug now");
        assertThat(appliance
                        .ctl("log", "level", "io.llmproxy.nothing", "default", "-o", "csv")
                        .value())
                .doesNotContain("nothing");
        assertThat(appliance.ctl("log", "level", "loud").code()).isEqualTo(2);
        Ctl indiscreet = appliance.ctl("log", "level", "sun.net.www.protocol.http", "debug");
        assertThat(indiscreet.code()).isNotZero();
        assertThat(indiscreet.err()).contains("credentials");
        Ctl refused = appliance.ctl("log", "level", "no name", "debug");
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err()).contains("logger");
    }

    @Test
    void topShowsWhatHappens() {
        appliance.ctl("top", "--count", "1", "--interval", "1s").value();
        String shown = await(
                () -> {
                    chat();
                    return appliance.ctl("top", "--count", "1", "-o", "jsonl").value();
                },
                s -> JSON.readTree(s).at("/all/requestsPerSecond").asDouble() > 0
                        && !JSON.readTree(s).at("/limits").isEmpty());
        JsonNode live = JSON.readTree(shown);
        assertThat(live.at("/tenants/0/name").asString()).isEqualTo("acme");
        assertThat(live.at("/providers/0/name").asString()).isEqualTo("up");
        assertThat(live.at("/providers/0/state").asString()).isEqualTo("ok");
        assertThat(live.at("/models/0/name").asString()).isEqualTo("gpt-4o");
        assertThat(live.at("/all/p99Ms").isNumber()).isTrue();
        assertThat(live.at("/limits/0/metric").asString()).isEqualTo("cost");
        assertThat(live.at("/limits/0/tenant").asString()).isEqualTo("acme");
        assertThat(appliance.ctl("top", "--count", "1").value()).contains("REQ/S");
        noSecret("top", shown);
        assertThat(appliance.ctl("top", "--interval", "10ms").code()).isEqualTo(2);
        assertThat(appliance.ctl("top", "--count", "0").code()).isEqualTo(2);
    }

    @Test
    void theBundleTellsAllButSecrets(@TempDir Path directory) throws IOException {
        chat();
        Path bundle = directory.resolve("bundle.tar.gz");
        assertThat(appliance.ctl("support-bundle", bundle.toString()).value()).contains("bundle.tar.gz", "files");
        assertThat(Files.getPosixFilePermissions(bundle)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        Map<String, String> files = unpacked(bundle);
        assertThat(files.keySet())
                .contains(
                        "process.txt",
                        "memory.txt",
                        "threads.txt",
                        "heap.txt",
                        "configuration.txt",
                        "database.txt",
                        "ledger.txt",
                        "log.txt",
                        "status.json",
                        "metrics.txt",
                        "limits.json",
                        "tenants/acme-providers.json");
        assertThat(files.get("configuration.txt"))
                .contains("upstream.proxy = ***", "log.access = all\n", "  # default");
        assertThat(files.get("database.txt")).contains("V1 ", "usage_blocks");
        assertThat(files.get("threads.txt")).contains("request-feed");
        assertThat(files.get("heap.txt")).contains("java.lang.String");
        assertThat(files.get("log.txt")).contains("\"event\":6201");
        assertThat(files.get("metrics.txt")).contains("llmproxy_requests");
        files.forEach(OperationsTest.this::noSecret);
        assertThat(appliance.ctl("support-bundle", bundle.toString()).code()).isEqualTo(5);
        TestAppliance.Ctl nowhere = appliance.ctl("support-bundle", "/nowhere/b.tar.gz");
        assertThat(nowhere.code()).isEqualTo(1);
        assertThat(nowhere.err())
                .contains("no such file or directory: /nowhere/b.tar.gz")
                .doesNotContain("java.");
        noSecret("the log", Files.readString(file));
    }

    @Test
    void whatTheListenerRefusesItselfIsCountedAndHasALine() throws IOException {
        String answer;
        try (Socket raw =
                new Socket(appliance.gateway().getHost(), appliance.gateway().getPort())) {
            raw.getOutputStream()
                    .write(("POST /v1/x/" + key + "?key=" + key + " HTTP/1.1\r\nHost: a\r\nX-A: \u0001\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            raw.shutdownOutput();
            answer = new String(raw.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
        assertThat(answer).startsWith("HTTP/1.1 400 ");
        String id = answer.replaceAll("(?s).*x-request-id: ([-0-9a-f]{36}).*", "$1");
        String line = await(() -> accessLine(id), found -> !found.isEmpty());
        assertThat(line).contains("\"method\":\"POST\",\"path\":\"/v1/x/llmp_", "\"status\":400");
        noSecret("the line", line);
        try (Http admin =
                new Http(URI.create(String.valueOf(appliance.appliance().adminUrl())), "")) {
            assertThat(admin.get("/metrics").body())
                    .containsPattern("llmproxy_requests_refused_total\\{status=\"400\",?} [1-9]");
        }
    }

    @Test
    void anAccessLineSaysTheTraceOfItsRequest() {
        String trace = "0af7651916cd43dd8448eb211c80319c";
        String id = http.send(http.request("/v1/chat/completions")
                        .header("Content-Type", "application/json")
                        .header("traceparent", "00-" + trace + "-b7ad6b7169203331-01")
                        .POST(BodyPublishers.ofString(Http.CHAT)))
                .headers()
                .firstValue("x-request-id")
                .orElseThrow();
        assertThat(await(() -> accessLine(id), found -> !found.isEmpty())).contains("\"traceId\":\"" + trace + "\"");
    }

    /** Empty: there is none yet. */
    private String accessLine(String id) {
        try (var lines = Files.lines(file)) {
            return lines.filter(l -> l.contains(id) && l.contains("\"event\":6201"))
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void noSecret(String where, String text) {
        assertThat(text).as(where).doesNotContain(PROMPT, PASSWORD, CREDENTIAL, key);
    }

    private static Map<String, String> unpacked(Path bundle) throws IOException {
        byte[] tar;
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(bundle))) {
            tar = in.readAllBytes();
        }
        Map<String, String> files = new TreeMap<>();
        ByteArrayInputStream in = new ByteArrayInputStream(tar);
        byte[] header = in.readNBytes(512);
        while (header.length == 512 && header[0] != 0) {
            String name = new String(header, 0, 100, StandardCharsets.US_ASCII).replaceAll("\0.*", "");
            int size = Integer.parseInt(new String(header, 124, 11, StandardCharsets.US_ASCII), 8);
            assertThat(new String(header, 257, 5, StandardCharsets.US_ASCII)).isEqualTo("ustar");
            files.put(name.substring(name.indexOf('/') + 1), new String(in.readNBytes(size), StandardCharsets.UTF_8));
            in.skipNBytes((512 - size % 512) % 512);
            header = in.readNBytes(512);
        }
        return files;
    }

    @Test
    void reportsAreOfAnyGrouping() {
        chat();
        String rows = appliance
                .ctl("usage", "report", "--by", "endpoint,status,month,week,hour", "-o", "jsonl")
                .value();
        assertThat(rows).contains("\"endpoint\":\"/v1/chat/completions\"", "\"status\":\"200\"");
        assertThat(rows).containsPattern("\"week\":\"20\\d\\d-W\\d\\d\"").containsPattern("\"hour\":\"[^\"]*:00Z\"");
        assertThat(appliance.ctl("usage", "report", "--by", "colour").code()).isEqualTo(2);
        assertThat(appliance
                        .ctl("usage", "report", "--by", "outcome,operation", "-o", "jsonl")
                        .value())
                .contains("\"outcome\":\"completed\",\"operation\":\"chat\"");
    }

    @Test
    void reportsHaveTheDaysOfTheTenant() {
        String own = appliance.tenantWithKey("tokyo", upstream.baseUrl());
        try (Http client = new Http(appliance.gateway(), own)) {
            client.chat();
        }
        Instant now = appliance.clock().instant();
        String utc = now.atZone(ZoneOffset.UTC).toLocalDate().toString();
        // as far from UTC as zones are, so that one of the two has another day whatever the time
        String east = now.atZone(ZoneId.of("Pacific/Kiritimati")).toLocalDate().toString();
        String west = now.atZone(ZoneId.of("Pacific/Pago_Pago")).toLocalDate().toString();
        assertThat(day("tokyo")).isEqualTo(utc);
        appliance
                .ctl("tenant", "update", "tokyo", "--time-zone", "Pacific/Kiritimati")
                .value();
        assertThat(day("tokyo")).isEqualTo(east);
        assertThat(day("tokyo", "--from", east)).isEqualTo(east);
        assertThat(day("tokyo", "--time-zone", "Pacific/Pago_Pago")).isEqualTo(west);
        assertThat(appliance.ctl("usage", "report", "--time-zone", "Mars/Base").err())
                .contains("is no time zone");
    }

    private String day(String tenant, String... options) {
        List<String> line = new ArrayList<>(List.of("-t", tenant, "usage", "report", "--by", "day", "-q"));
        line.addAll(List.of(options));
        return appliance.ctl(line.toArray(String[]::new)).value().strip();
    }

    @Test
    void reportsAndExportsAreNarrowed() {
        String own =
                appliance.ctl("-t", "acme", "key", "create", "narrow", "-q").value();
        try (Http client = new Http(appliance.gateway(), own)) {
            client.chat();
            client.chat();
            client.post("/v1/chat/completions", "{");
        }
        assertThat(narrowed("--key", "narrow")).isEqualTo("3");
        assertThat(narrowed("--key", "narrow", "--model", "gpt-4o", "--provider", "up"))
                .isEqualTo("2");
        assertThat(narrowed("--key", "narrow", "--model", "none")).isEqualTo("0");
        assertThat(narrowed("--key", "narrow", "--status", "4xx")).isEqualTo("1");
        assertThat(narrowed("--key", "narrow", "--status", "200")).isEqualTo("2");
        assertThat(appliance
                        .ctl("-t", "acme", "usage", "export", "--key", "narrow", "--status", "4xx")
                        .value()
                        .lines())
                .hasSize(1)
                .allSatisfy(line -> assertThat(line).contains("\"status\":400"));
        assertThat(appliance.ctl("usage", "export", "--status", "9xx").err()).contains("as 502, or a class");
        assertThat(appliance
                        .ctl("usage", "report", "--month", "2026-10", "--model", "m")
                        .code())
                .isEqualTo(2);
    }

    /** How many requests a report counts. */
    private String narrowed(String... options) {
        List<String> line = new ArrayList<>(List.of("-t", "acme", "usage", "report", "-q"));
        line.addAll(List.of(options));
        return appliance.ctl(line.toArray(String[]::new)).value().strip();
    }

    @Test
    void reportsAreByLabelsOfKeys() {
        String labelled = appliance
                .ctl("-t", "acme", "key", "create", "lab", "--label", "team=blue", "--label", "env=prod", "-q")
                .value();
        try (Http lab = new Http(appliance.gateway(), labelled)) {
            lab.chat();
            lab.chat();
        }
        chat();
        assertThat(report("label:team"))
                .contains("label,requests")
                .contains("\nblue,2")
                .contains("\n,");
        assertThat(report("label:nothing")).doesNotContain("blue", "prod");
        appliance.ctl("-t", "acme", "key", "delete", "lab", "--yes").value();
        assertThat(report("label")).contains("\n\"env=prod,team=blue\",2");
        assertThat(report("label:env,key")).contains("\nprod,lab,2");
        assertThat(appliance.ctl("usage", "report", "--by", "label:").code()).isEqualTo(2);
        assertThat(appliance.ctl("usage", "report", "--by", "label:a,label:b").code())
                .isEqualTo(1);
    }

    private String report(String by) {
        String csv = appliance
                .ctl("-t", "acme", "usage", "report", "--by", by, "-o", "csv")
                .value();
        return csv.replaceFirst("label:[a-z]+", "label");
    }

    @Test
    void aMonthIsAPageToRead() {
        chat();
        String model = "<script>alert('" + UUID.randomUUID() + "')</script>|*";
        http.post("/v1/chat/completions", Http.CHAT.replace("gpt-4o", model));
        String month = appliance.clock().instant().toString().substring(0, 7);
        String html = appliance
                .ctl("usage", "report", "--month", month, "--format", "html")
                .value();
        assertThat(html)
                .startsWith("<!DOCTYPE html>")
                .endsWith("</html>")
                .contains("<h2>Tenant acme</h2>", "<svg ", "class=\"bar\"", "gpt-4o", "&lt;script&gt;")
                .doesNotContain("<script", "http://", "https://");
        String markdown = appliance.ctl("usage", "report", "--month", month).value();
        assertThat(markdown).contains("# Usage of " + month, "## Tenant acme", "| gpt-4o |", "█", "\\<script\\>");
        String csv = appliance
                .ctl("-t", "acme", "usage", "report", "--month", month, "--format", "csv")
                .value();
        assertThat(csv.lines().toList().getFirst()).startsWith("month,tenant,user,model,requests,");
        assertThat(csv).contains(month + ",acme,,gpt-4o,");
        assertThat(appliance.ctl("usage", "report", "--month", "october").code())
                .isEqualTo(2);
        assertThat(appliance
                        .ctl("usage", "report", "--month", month, "--by", "key")
                        .code())
                .isEqualTo(2);
        assertThat(appliance.ctl("usage", "report", "--format", "html").code()).isEqualTo(2);
        assertThat(appliance.ctl("usage", "report", "--month", "2020-02").value())
                .contains("Usage of 2020-02");
    }

    @Test
    void aFileThatCannotBeWrittenIsTheReasonWhyNothingStarts(@TempDir Path directory) throws Exception {
        Path plain = Files.writeString(directory.resolve("plain"), "");
        try {
            TestAppliance.builder()
                    .set("log.file.path", plain.resolve("x.log").toString())
                    .tryStart()
                    .close();
            throw new AssertionError("it started");
        } catch (StartException e) {
            assertThat(e.getMessage()).contains("log.file.path", "cannot be written", "give the directory");
            assertThat(e.exitCode()).isEqualTo(StartException.FAILURE);
        }
    }
}
