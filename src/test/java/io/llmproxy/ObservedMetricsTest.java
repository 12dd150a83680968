package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeCollector;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAuthority;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The metrics of an appliance that has served requests of every kind: what docs/metrics.md says of them, and what the dashboards and
 * alerts of conf/ ask for.
 */
class ObservedMetricsTest {
    private static final String PROMPT = "canary-prompt-0815";
    private static final String MAIL = "canary@example.com";
    private static final String SECRET = "sk-upstream-secret";
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"");

    /** What a selector of an expression asks for: a name of ours, and what its braces hold. */
    private static final Pattern SELECTOR = Pattern.compile("\\b((?:llmproxy|gen_ai)_[a-z0-9_]+)\\s*(?:\\{([^}]*)})?");

    private static final Pattern BY = Pattern.compile("\\bby\\s*\\(([^)]*)\\)");

    /** Given by Prometheus itself, or by a histogram. */
    private static final Set<String> ALWAYS = Set.of("instance", "job", "le");

    /** Of each series' name, the names of its labels. */
    private static final Map<String, Set<String>> LABELS = new TreeMap<>();

    private static final Map<String, String> TYPES = new TreeMap<>();
    private static final Map<String, String> HELP = new TreeMap<>();
    private static String text = "";
    private static String key = "";

    @BeforeAll
    static void serveEverything(@TempDir Path directory) throws Exception {
        TestAuthority authority = TestAuthority.create("admin");
        TestAuthority.PemPair own = authority.issue("CN=admin", "ip:127.0.0.1").write(directory, "admin");
        try (FakeCollector collector = new FakeCollector();
                FakeProvider up = FakeProvider.start();
                RedisServer redis = RedisServer.start();
                TestAppliance appliance = TestAppliance.builder()
                        .set("tracing.endpoint", collector.endpoint().toString())
                        .set("redis.url", redis.url())
                        .set("admin.tls.certificate", own.certificate().toString())
                        .set("admin.tls.key", own.key().toString())
                        .start()) {
            key = appliance.tenantWithKey("acme", up.baseUrl());
            serve(appliance, up);
            URI metrics = URI.create(appliance.appliance().adminUrl() + "/metrics");
            try (HttpClient admin =
                    HttpClient.newBuilder().sslContext(authority.client(null)).build()) {
                text = admin.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                        .body();
            }
        }
        text.lines().forEach(ObservedMetricsTest::read);
    }

    private static void serve(TestAppliance appliance, FakeProvider up) {
        appliance.ctl("tenant", "update", "acme", "--redact", "mask").value();
        String[] limit = {"-t", "acme", "limit", "set", "--scope", "key", "--per", "month", "--metric"};
        appliance.ctl(with(limit, "requests", "--amount", "6")).value();
        appliance.ctl(with(limit, "tokens", "--amount", "1", "--soft")).value();
        try (Http client = new Http(appliance.gateway(), key);
                Http stranger = new Http(appliance.gateway(), "llmp_nobody")) {
            assertThat(client.post("/v1/chat/completions", chat("gpt-4o", true)).statusCode())
                    .isEqualTo(200);
            assertThat(client.post("/v1/chat/completions", chat("gpt-4o", false))
                            .statusCode())
                    .isEqualTo(200);
            up.on("/v1/chat/completions", Script.answer(500, "{}"));
            client.chat();
            up.restore("/v1/chat/completions");
            client.post("/v1/chat/completions", "{");
            for (int i = 0; i < 6; i++) {
                client.chat();
            }
            stranger.chat();
        }
    }

    private static String[] with(String[] first, String... more) {
        return Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new);
    }

    private static String chat(String model, boolean stream) {
        return "{\"model\":\"" + model + "\",\"stream\":" + stream + ",\"messages\":[{\"role\":\"user\",\"content\":\""
                + PROMPT + " " + MAIL + "\"}]}";
    }

    private static void read(String line) {
        String[] words = line.split(" ", 4);
        if (line.startsWith("# HELP")) {
            HELP.put(words[2], words.length > 3 ? words[3] : "");
        } else if (line.startsWith("# TYPE")) {
            assertThat(TYPES.put(words[2], words[3]))
                    .as("a second TYPE of " + words[2])
                    .isNull();
        } else if (!line.isEmpty()) {
            Matcher sample = SAMPLE.matcher(line);
            assertThat(sample.matches()).as("a sample: " + line).isTrue();
            Set<String> labels = LABELS.computeIfAbsent(sample.group(1), n -> new TreeSet<>());
            Matcher label = LABEL.matcher(String.valueOf(sample.group(2)));
            while (label.find()) {
                labels.add(label.group(1));
            }
        }
    }

    @Test
    void everyMetricIsDescribedInTheDocumentation() throws IOException {
        String documented = Files.readString(Path.of("docs/metrics.md"));
        List<String> missing = new ArrayList<>();
        TYPES.forEach((name, type) -> {
            String row = row(name, type);
            if (!documented.contains(row)) {
                missing.add(row);
            }
        });
        assertThat(String.join("\n", missing))
                .as("rows that docs/metrics.md lacks")
                .isEmpty();
        Matcher rows = Pattern.compile("(?m)^\\| `([a-z0-9_]+)` \\|").matcher(documented);
        Set<String> gone = new TreeSet<>();
        while (rows.find()) {
            gone.add(rows.group(1));
        }
        gone.removeAll(TYPES.keySet());
        assertThat(gone).as("metrics of docs/metrics.md that there are not").isEmpty();
    }

    private static String row(String name, String type) {
        Set<String> labels = new TreeSet<>();
        for (String suffix : List.of("", "_bucket", "_count", "_sum")) {
            labels.addAll(LABELS.getOrDefault(name + suffix, Set.of()));
        }
        labels.remove("le");
        labels.remove("quantile");
        String named = labels.isEmpty() ? "" : "`" + String.join("`, `", labels) + "`";
        return "| `" + name + "` | " + type + " | " + named + " | " + HELP.getOrDefault(name, "") + " |";
    }

    @Test
    void everyKindOfProblemIsShownIsDescribedAndIsWhatAlertsAskFor() throws IOException {
        String documented = Files.readString(Path.of("docs/metrics.md"));
        Set<String> shown = new TreeSet<>();
        Matcher sample = Pattern.compile("(?m)^llmproxy_problems\\{kind=\"([a-z-]+)\"} [01](?:\\.0)?$")
                .matcher(text);
        while (sample.find()) {
            shown.add(sample.group(1));
        }
        assertThat(shown)
                .hasSizeGreaterThan(10)
                .allSatisfy(kind -> assertThat(documented).contains("`" + kind + "`"));
        Matcher asked = Pattern.compile("llmproxy_problems\\{kind=\"([^\"]*)\"}")
                .matcher(Files.readString(Path.of("conf/prometheus/alerts.yml")));
        int alerts = 0;
        while (asked.find()) {
            assertThat(shown).contains(asked.group(1));
            alerts++;
        }
        assertThat(alerts).isEqualTo(5);
    }

    @Test
    void dashboardsAskForWhatIsThere() throws IOException {
        JsonMapper json = JsonMapper.builder().build();
        int asked = 0;
        for (Path file : files("conf/grafana", ".json")) {
            JsonNode board = json.readTree(Files.readString(file));
            assertThat(board.path("uid").asString("")).as(file.toString()).startsWith("llmproxy-");
            Set<String> variables = new HashSet<>();
            for (JsonNode variable : board.path("templating").path("list")) {
                variables.add(variable.path("name").asString(""));
                check(file, variable.path("definition").asString(""));
            }
            for (JsonNode panel : board.path("panels")) {
                for (JsonNode target : panel.path("targets")) {
                    String expression = target.path("expr").asString("");
                    check(file, expression);
                    Matcher used = Pattern.compile("\\$([a-z]+)\\b").matcher(expression);
                    while (used.find()) {
                        assertThat(variables).as(file + ": " + expression).contains(used.group(1));
                    }
                    asked++;
                }
            }
        }
        assertThat(asked).isGreaterThan(50);
    }

    @Test
    void alertsAskForWhatIsThereAndSayWhatToDo() throws IOException {
        Path file = Path.of("conf/prometheus/alerts.yml");
        Object root = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
        int rules = 0;
        for (Object group : list(map(root).get("groups"))) {
            for (Object rule : list(map(group).get("rules"))) {
                Map<?, ?> alert = map(rule);
                check(file, String.valueOf(alert.get("expr")));
                Map<?, ?> annotations = map(alert.get("annotations"));
                assertThat(String.valueOf(annotations.get("summary")))
                        .as(alert.toString())
                        .hasSizeGreaterThan(10);
                assertThat(String.valueOf(annotations.get("action")))
                        .as(alert.toString())
                        .hasSizeGreaterThan(10);
                assertThat(String.valueOf(map(alert.get("labels")).get("severity")))
                        .isIn("critical", "warning", "info");
                rules++;
            }
        }
        assertThat(rules).isGreaterThan(10);
    }

    /** Every name and every label of an expression, and the value of a label where it is one of a closed list. */
    private static void check(Path file, String expression) {
        assertThat(expression.chars().filter(c -> c == '(').count())
                .as("brackets of " + expression)
                .isEqualTo(expression.chars().filter(c -> c == ')').count());
        Matcher selector = SELECTOR.matcher(expression);
        Set<String> labels = new HashSet<>(ALWAYS);
        while (selector.find()) {
            String name = selector.group(1);
            if (expression.startsWith("label_values")
                    || !name.startsWith("gen_ai_")
                    || name.matches(".*_(bucket|sum|count)")) {
                assertSeries(file, expression, name, selector.group(2), labels);
            }
        }
        Matcher by = BY.matcher(expression);
        while (by.find()) {
            for (String label : by.group(1).split(",", -1)) {
                assertThat(labels).as(file + ": " + expression).contains(label.strip());
            }
        }
    }

    private static void assertSeries(
            Path file, String expression, String name, @Nullable String braces, Set<String> labels) {
        assertThat(LABELS).as(file + ": " + expression).containsKey(name);
        Set<String> own = new HashSet<>(LABELS.getOrDefault(name, Set.of()));
        own.addAll(ALWAYS);
        labels.addAll(own);
        Matcher label = Pattern.compile("([a-z_]+)\\s*(?:=~|!=|!~|=)").matcher(braces == null ? "" : braces);
        while (label.find()) {
            assertThat(own).as(file + ": " + expression).contains(label.group(1));
        }
    }

    @Test
    void nothingPrivateIsInMetrics() {
        assertThat(text).doesNotContain(PROMPT, MAIL, SECRET, key, key.substring(0, 12));
    }

    private static List<Path> files(String directory, String ending) throws IOException {
        try (Stream<Path> files = Files.list(Path.of(directory))) {
            return files.filter(f -> f.toString().endsWith(ending)).sorted().toList();
        }
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : new HashMap<>();
    }

    private static List<?> list(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }
}
