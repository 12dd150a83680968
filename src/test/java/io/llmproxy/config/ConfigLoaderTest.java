package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.ConfigException.Problem;
import io.llmproxy.config.ConfigLoader.Loaded;
import io.llmproxy.config.ConfigLoader.Sources;
import io.llmproxy.domain.limit.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
    @TempDir
    Path directory;

    @Test
    void withoutSourcesEveryKeyHasItsDefault() throws ConfigException {
        ApplianceConfig config = load("").config();
        assertThat(config.tenant()).isNull();
        assertThat(config.gateway().listen()).hasToString("127.0.0.1:8080");
        assertThat(config.gateway().maxBody()).isEqualTo(32L << 20);
        assertThat(config.gateway().maxUpload()).isEqualTo(512L << 20);
        assertThat(config.gateway().sseKeepAlive()).isEqualTo(Duration.ofSeconds(15));
        assertThat(config.gateway().clients().head()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.gateway().clients().rate()).isEqualTo(1024);
        assertThat(config.database().url()).isNull();
        assertThat(config.limits().concurrency()).isEqualTo(500);
        assertThat(config.limits().user().segments()).isEqualTo(6);
        assertThat(config.journal().sync()).isEqualTo(Duration.ofMillis(100));
        assertThat(config.shutdown().grace()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void aFileWithADashMayBeMissingAndNothingElse() throws Exception {
        String missing = "-" + directory.resolve("acme.yaml");
        assertThat(ConfigLoader.load(sources(missing)).explicit()).isEmpty();
        assertThat(problems(sources(missing.substring(1))))
                .singleElement()
                .hasToString(missing.substring(1) + ": no such file");
        Files.createDirectory(directory.resolve("acme.yaml"));
        assertThat(problems(sources(missing))).singleElement().asString().contains("cannot be read");
        Files.delete(directory.resolve("acme.yaml"));
        Files.writeString(directory.resolve("acme.yaml"), "gateway: {lissten: 1}\n");
        assertThat(problems(sources(missing))).singleElement().asString().contains("acme.yaml:1: gateway.lissten");
        assertThat(ConfigFile.of("-").path()).hasToString("-");
    }

    private static Sources sources(String file) {
        return new Sources(List.of(ConfigFile.of(file)), Map.of(), List.of(), Map.of());
    }

    @Test
    void laterSourcesWin() throws Exception {
        Path first =
                file("a.yaml", "gateway: {listen: 127.0.0.1:1}\nshutdown: {grace: 1s}\nadmin: {listen: 127.0.0.1:1}");
        Path second = file("b.yaml", "gateway:\n  listen: 127.0.0.1:2\n");
        Sources sources = new Sources(
                List.of(new ConfigFile(first, false), ConfigFile.of("-" + second)),
                Map.of("LLMPROXY_SHUTDOWN_GRACE", "3s", "LLMPROXY_JOURNAL_SYNC", "3s"),
                List.of("journal.sync=4s", "admin.listen=127.0.0.1:4"),
                Map.of("admin.listen", new Sources.Option("--admin-listen", "127.0.0.1:5")));
        ApplianceConfig config = ConfigLoader.load(sources).config();
        assertThat(config.gateway().listen().port()).isEqualTo(2);
        assertThat(config.shutdown().grace()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.journal().sync()).isEqualTo(Duration.ofSeconds(4));
        assertThat(config.admin().listen().port()).isEqualTo(5);
    }

    @Test
    void tellsEveryFaultAtOnceWithItsKeyAndLine() throws IOException {
        Path file = file("bad.yaml", """
                gateway:
                  lissten: 127.0.0.1:8080
                  max-body: huge
                database:
                  pool: 0
                limits:
                  ip: { per: fortnight }
                colour: blue
                """);
        List<Problem> problems = problems(Sources.files(List.of(file)));
        assertThat(problems)
                .extracting(Problem::toString)
                .containsExactly(
                        file + ":2: gateway.lissten: unknown key; did you mean `gateway.listen`?",
                        file + ":3: gateway.max-body: must be a size such as 512KiB, 32MiB or 1GiB, of at most 1024GiB;"
                                + " got `huge`",
                        file + ":5: database.pool: must be a whole number of 1 to 200; got `0`",
                        file
                                + ":7: limits.ip.per: must be one of second, minute, hour, day, month, total; got `fortnight`",
                        file + ":8: colour: unknown key");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gateway: 5                              | :1: gateway: is a section of keys, not a key",
                "gateway: {listen: {host: a}}            | :1: gateway.listen: takes a value, not a mapping",
                "gateway: {listen: [a, b]}               | :1: gateway.listen: must be one value, not a list",
                "gateway: {trusted-proxies: 10.0.0.1}    | :1: gateway.trusted-proxies: must be a list, as [a, b]",
                "gateway: {trusted-proxies: [nonsense]}  | :1: gateway.trusted-proxies: is no IP address or CIDR range",
                "gateway: {listen: 127.0.0.1:99999}      | :1: gateway.listen: must be HOST:PORT with a port of 0 to 65535",
                "gateway: {listen: 127.0.0.1}            | :1: gateway.listen: must be HOST:PORT",
                "tenant: Not A Slug                      | :1: tenant: must be 1 to 63 lower-case letters",
                "database: {url: 'mysql://x'}            | :1: database.url: must begin with jdbc:postgresql:",
                "database: {url: 'jdbc:postgresql://h/d?password=x'} | :1: database.url: must not hold a password",
                "secrets: {directories: [relative]}      | :1: secrets.directories: must be an absolute path",
                "journal: {sync: 100}                    | :1: journal.sync: is no duration",
                "limits: {tenant: {requests: 1e999999999}} | :1: limits.tenant.requests: must be a whole number, 0 or more; got `1e999999999`",
                "gateway: {max-body: 1e999999999MiB}     | :1: gateway.max-body: must be a size such as 512KiB",
                "tracing: {sample-ratio: 1e-999999999}   | :1: tracing.sample-ratio: must be a number of 0 to 1",
                "journal: {sync: 1e999999999s}           | :1: journal.sync: is no duration",
                "'- a'                                   | :1: must be a mapping",
                "'tenant: [a'                            | :1: is not YAML",
            })
    void refuses(String yaml, String expected) throws IOException {
        String text = yaml.startsWith("'") ? yaml.substring(1, yaml.length() - 1) : yaml;
        Path file = file("bad.yaml", text.replace("''", "'"));
        assertThat(problems(Sources.files(List.of(file))))
                .singleElement()
                .extracting(Problem::toString)
                .asString()
                .startsWith(file + expected.strip());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gateway: {tls: {key-password-file: /p}} | gateway.tls.key-password-file | without gateway.tls.key",
                "admin: {tls: {key: /k}} | admin.tls.key | without admin.tls.certificate",
                "admin: {tls: {certificate: /c}} | admin.tls.certificate | without admin.tls.key",
                "gateway: {tls: {certificate: /c, key: /k, client-auth: required}}"
                        + "| gateway.tls.client-auth | without gateway.tls.client-ca",
                "gateway: {tls: {certificate: /c, key: /k, client-ca: /a}}"
                        + "| gateway.tls.client-ca | while gateway.tls.client-auth is none",
                "gateway: {tls: {client-ca: /a, client-auth: optional}}"
                        + "| gateway.tls.client-ca | without gateway.tls.certificate",
                "gateway: {tls: {min-version: 1.1}} | gateway.tls.min-version | must be one of 1.2, 1.3",
                "gateway: {tls: {client-auth: maybe}} | gateway.tls.client-auth | none, optional",
                "gateway: {proxy-protocol: on} | gateway.proxy-protocol | without gateway.trusted-proxies",
                "gateway: {proxy-protocol: v2} | gateway.proxy-protocol | off, on",
            })
    void whatIsOfNoUseAloneIsAFault(String yaml, String key, String expected) throws IOException {
        assertThat(problems(Sources.files(List.of(file("c.yaml", yaml)))))
                .anySatisfy(p -> assertThat(p.toString()).contains(key, expected));
    }

    @Test
    void tlsIsAsItWasTold() throws ConfigException {
        ApplianceConfig.TlsConfig tls =
                load("gateway:\n  tls: {certificate: /c, key: /k, min-version: 1.3, client-ca: /a,"
                                + " client-auth: optional, key-password-file: /p}\n  proxy-protocol: on\n"
                                + "  trusted-proxies: [10.0.0.0/8]\n")
                        .config()
                        .gateway()
                        .tls();
        assertThat(tls)
                .isEqualTo(new ApplianceConfig.TlsConfig(
                        Path.of("/c"),
                        Path.of("/k"),
                        Path.of("/p"),
                        true,
                        Path.of("/a"),
                        ApplianceConfig.TlsConfig.ClientAuth.OPTIONAL));
        assertThat(load("").config().admin().tls()).isNull();
        assertThat(load("").config().gateway().proxyProtocol()).isFalse();
    }

    @Test
    void refusesAKeyThatIsSetTwiceInOneFile() throws IOException {
        Path file = file("twice.yaml", "tenant: a\ntenant: b\n");
        assertThat(problems(Sources.files(List.of(file))))
                .extracting(Problem::toString)
                .containsExactly(file + ":2: tenant: is set twice in this file");
    }

    @Test
    void checksAValueThatIsOverriddenLater() throws IOException {
        Path first = file("a.yaml", "database: {pool: many}");
        Path second = file("b.yaml", "database: {pool: 3}");
        assertThat(problems(Sources.files(List.of(first, second)))).hasSize(1);
    }

    @Test
    void refusesAFileThatIsNotThere() {
        Path missing = directory.resolve("none.yaml");
        assertThat(problems(Sources.files(List.of(missing))))
                .containsExactly(new Problem(missing.toString(), null, "no such file"));
    }

    @Test
    void refusesUnknownAndMalformedSettings() {
        Sources sources = new Sources(List.of(), Map.of(), List.of("nonsense", "limits.ipp.requests=1"), Map.of());
        assertThat(problems(sources))
                .extracting(Problem::toString)
                .containsExactly(
                        "--set: must be KEY=VALUE; got `nonsense`",
                        "--set: limits.ipp.requests: unknown key; did you mean `limits.ip.requests`?");
    }

    @Test
    void refusesUnknownSectionsThoughTheyHoldNothing() throws IOException {
        Path file = Files.writeString(
                directory.resolve("empty.yaml"), "gatway: {}\nlimits: {}\nlimits.x: {}\ntenant: {}\n");
        Sources sources = new Sources(List.of(ConfigFile.of(file.toString())), Map.of(), List.of(), Map.of());
        assertThat(problems(sources))
                .extracting(Problem::toString)
                .satisfiesExactly(
                        p -> assertThat(p).startsWith(file + ":4: tenant: takes a value"),
                        p -> assertThat(p).startsWith(file + ":1: gatway: unknown key"),
                        p -> assertThat(p).startsWith(file + ":3: limits.x: unknown key"));
    }

    @Test
    void warnsOfUnknownVariablesAndPassesOverThoseThatAreNoKeys() throws ConfigException {
        Map<String, String> environment = Map.of(
                "LLMPROXY_SOCKET",
                "x",
                "LLMPROXY_TENANT",
                "x",
                "LLMPROXY_URL",
                "x",
                "LLMPROXY_JAVA_OPTS",
                "x",
                "LLMPROXYCTL_JAVA_OPTS",
                "x",
                "LLMPROXY_NONSENSE",
                "x",
                "PATH",
                "/bin");
        Loaded loaded = ConfigLoader.load(new Sources(List.of(), environment, List.of(), Map.of()));
        assertThat(loaded.warnings())
                .containsExactly(
                        "the environment variable LLMPROXY_NONSENSE is no key of the configuration and is ignored");
        assertThat(loaded.config().tenant()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://x",
                "redis://",
                "redis://x:0",
                "redis://x:70000",
                "redis://x/one",
                "redis://x/-1",
                "redis://x/99999",
                "redis://x/1/2",
                "redis://x?a=b",
                "redis://x#y",
                "redis://a b",
                "redis://user:secret@x"
            })
    void aUrlOfRedisThatMakesNoSense(String url) {
        assertThatThrownBy(() -> load("redis: {url: '" + url + "'}"))
                .hasMessageContaining("redis.url")
                .hasMessageNotContaining("secret");
    }

    @Test
    void aUrlOfRedisNamesHostPortAndDatabase() throws ConfigException {
        assertThat(load("redis: {url: 'rediss://[::1]:6380/3'}")
                        .config()
                        .redis()
                        .url())
                .isEqualTo("rediss://[::1]:6380/3");
        assertThat(load("redis: {url: 'redis://x'}").warnings()).isEmpty();
    }

    @Test
    void limitsThatMakeNoSenseAreFaults() {
        assertThatThrownBy(() -> load("limits: {global: {per: total}, ip: {requests: 9223372036854775807}}"))
                .hasMessageContaining("limits.global.algorithm: what never begins anew is counted by `fixed-window`")
                .hasMessageContaining("limits.ip.requests: must be from 1 to 1000000000000000");
        assertThatThrownBy(() -> load("limits: {user: {requests: -1}}")).hasMessageContaining("limits.user.requests");
    }

    @Test
    void zeroRequestsTurnALevelOff() throws ConfigException {
        assertThat(load("limits: {ip: {requests: 0}, global: {requests: 0}, concurrency: 0}")
                        .config()
                        .limits()
                        .limits())
                .extracting(Limit::id)
                .containsExactly("config:tenant", "config:user");
    }

    @Test
    void aWrongValueInTheEnvironmentNamesTheVariable() {
        Sources sources = new Sources(List.of(), Map.of("LLMPROXY_DATABASE_POOL", "x"), List.of(), Map.of());
        assertThat(problems(sources)).extracting(Problem::origin).containsExactly("environment LLMPROXY_DATABASE_POOL");
    }

    @Test
    void readsListsFromFilesAndFromText() throws Exception {
        Path file = file("l.yaml", "secrets: {directories: [/a, /b]}\n");
        assertThat(ConfigLoader.load(Sources.files(List.of(file)))
                        .config()
                        .secrets()
                        .directories())
                .containsExactly(Path.of("/a"), Path.of("/b"));
        Sources set = new Sources(List.of(), Map.of(), List.of("secrets.directories=/c, /d"), Map.of());
        assertThat(ConfigLoader.load(set).config().secrets().directories())
                .containsExactly(Path.of("/c"), Path.of("/d"));
    }

    @Test
    void nullAndBareSectionsMeanTheDefault() throws ConfigException, IOException {
        ApplianceConfig config =
                load("tenant: null\ngateway:\nlimits:\n  concurrency: null\n").config();
        assertThat(config.limits().concurrency()).isEqualTo(500);
        assertThat(load("# nothing but a comment\n").explicit()).isEmpty();
    }

    @Test
    void whatIsShownMayBeWrittenAgain() throws Exception {
        Loaded loaded = load("""
                gateway: {keep-alive: 1m30s, sse-keep-alive: 2m, trusted-proxies: [10.0.0.0/8, "::1"]}
                log: {level: warn, access: all}
                tracing: {sample-ratio: 0.0001}
                """);
        assertThat(loaded.shown())
                .containsEntry("gateway.keep-alive", "1m30s")
                .containsEntry("gateway.trusted-proxies", "[10.0.0.0/8, ::1/128]")
                .containsEntry("log.access", "all");
        List<String> again = loaded.shown().entrySet().stream()
                .filter(e -> !e.getValue().equals("null"))
                .map(e -> e.getKey() + "=" + e.getValue().replaceAll("^\\[|]$", ""))
                .toList();
        Loaded set = ConfigLoader.load(new Sources(List.of(), Map.of(), again, Map.of()));
        assertThat(set.shown()).isEqualTo(loaded.shown());
        assertThat(set.config()).isEqualTo(loaded.config());
    }

    @Test
    void refusesAliasesThatCouldStandForMuch() throws IOException {
        Path file = file("bomb.yaml", "a: &a [x, x]\nb: &b [*a, *a]\n");
        assertThat(problems(Sources.files(List.of(file)))).isNotEmpty();
    }

    @Test
    void theFileOfEveryKeyHoldsExactlyTheKeysAndTheirDefaults() throws Exception {
        Path shipped = Path.of("conf/llmproxy.yaml");
        Loaded loaded = ConfigLoader.load(Sources.files(List.of(shipped)));
        assertThat(loaded.config()).isEqualTo(load("").config());
        String text = Files.readString(shipped);
        for (ConfigKey<?> key : ConfigReference.keys()) {
            String leaf = key.name().substring(key.name().lastIndexOf('.') + 1);
            assertThat(text).as("conf/llmproxy.yaml documents " + key.name()).contains(leaf + ":");
        }
        assertThat(loaded.explicit())
                .containsExactlyInAnyOrderElementsOf(ConfigReference.keys().stream()
                        .map(ConfigKey::name)
                        .filter(name -> !name.endsWith(".segments") || name.equals("limits.user.segments"))
                        .toList());
    }

    private Loaded load(String yaml) throws ConfigException {
        try {
            return ConfigLoader.load(Sources.files(List.of(file("c.yaml", yaml))));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<Problem> problems(Sources sources) {
        List<Problem> problems = new java.util.ArrayList<>();
        assertThatThrownBy(() -> ConfigLoader.load(sources))
                .isInstanceOfSatisfying(ConfigException.class, e -> problems.addAll(e.problems()));
        return problems;
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }
}
