package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.wire.admin.UsageJson;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {
    private static final String EMPTY = "{\"items\":[],\"next\":null}";
    private static final String KEY = """
            {"id":"k1","tenant":"acme","user":null,"name":"dev","prefix":"llmp_abcdefg","secret":"llmp_abcdefgXYZ",\
            "status":"active","models":[],"createdAt":"2026-11-20T11:59:58Z"}""";

    private FakeAdminServer server;
    private CtlRun ctl;

    @BeforeEach
    void setUp(@TempDir Path directory) throws IOException {
        Path socket = directory.resolve("s");
        server = FakeAdminServer.on(socket);
        ctl = new CtlRun(directory).env("LLMPROXY_SOCKET", socket.toString());
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void takesGlobalOptionsAnywhereOnTheLine() {
        server.answer("POST /api/v1/tenants/acme/keys", 201, KEY);

        assertThat(ctl.run("-t", "acme", "-q", "key", "create", "dev")).isZero();
        assertThat(ctl.out()).isEqualTo("llmp_abcdefgXYZ\n");
        assertThat(ctl.run("key", "-tacme", "create", "--quiet", "dev")).isZero();
        assertThat(ctl.out()).isEqualTo("llmp_abcdefgXYZ\n");
        assertThat(ctl.run("key", "create", "dev", "-q", "--tenant=acme")).isZero();
        assertThat(ctl.out()).isEqualTo("llmp_abcdefgXYZ\n");
        assertThat(ctl.err()).isEmpty();
    }

    @Test
    void showsTheSecretOfANewKeyOnceAndSaysSoOnStandardError() {
        server.answer("POST /api/v1/tenants/acme/keys", 201, KEY);

        assertThat(ctl.run("-t", "acme", "key", "create", "dev")).isZero();
        assertThat(ctl.out())
                .contains("Secret      llmp_abcdefgXYZ\n")
                .contains("Created at  2026-11-20T11:59:58Z (just now)");
        assertThat(ctl.err()).contains("will not be shown again");
    }

    @Test
    void sendsAllOptionsOfANewKey() {
        server.answer("POST /api/v1/tenants/acme/keys", 201, KEY);

        ctl.run(
                "-t",
                "acme",
                "key",
                "create",
                "dev",
                "--user",
                "ada@x.example",
                "--expires",
                "30d",
                "--models",
                "a,b*",
                "--models",
                "c",
                "--providers",
                "up",
                "--cidr",
                "10.0.0.0/8",
                "--passthrough",
                "--label",
                "team=a,b",
                "--label",
                "env=x=y");

        assertThat(server.last().body())
                .isEqualTo(
                        "{\"name\":\"dev\",\"user\":\"ada@x.example\",\"expires\":\"30d\",\"models\":[\"a\",\"b*\",\"c\"],"
                                + "\"providers\":[\"up\"],\"cidrs\":[\"10.0.0.0/8\"],\"passthrough\":true,"
                                + "\"labels\":{\"team\":\"a,b\",\"env\":\"x=y\"}}");
        assertThat(server.last().head())
                .containsPattern("Idempotency-Key: [0-9a-f-]{36}\r\n")
                .contains("Content-Type: application/json\r\n")
                .doesNotContain("Authorization");
    }

    @Test
    void aChangeWhoseAnswerBreaksOffIsSentOnceMoreWithTheSameKey() {
        server.raw("POST /api/v1/tenants", "201 X\r\nContent-Length: 999\r\n\r\n{")
                .answer("POST /api/v1/tenants", 201, "{\"id\":\"t1\",\"slug\":\"acme\"}");

        assertThat(ctl.run("tenant", "create", "acme")).isZero();

        List<String> keys = server.seen().stream()
                .map(seen -> seen.head().replaceAll("(?s).*Idempotency-Key: ([0-9a-f-]{36}).*", "$1"))
                .toList();
        assertThat(keys).hasSize(2);
        assertThat(keys.getFirst()).hasSize(36).isEqualTo(keys.getLast());
        assertThat(server.seen().getFirst().body())
                .isEqualTo(server.seen().getLast().body());
    }

    @Test
    void updatesWithAMergePatchOfWhatWasNamedAndNoneClears() {
        server.answer("PATCH /api/v1/tenants/acme", 200, "{\"id\":\"t1\",\"slug\":\"acme\"}");

        assertThat(ctl.run(
                        "tenant",
                        "update",
                        "acme",
                        "--max-users",
                        "none",
                        "--allowed-models",
                        "none",
                        "--max-api-keys",
                        "5",
                        "--usage-retention",
                        "90d"))
                .isZero();

        assertThat(server.last().body())
                .isEqualTo("{\"allowedModels\":null,\"maxUsers\":null,\"maxApiKeys\":5,\"usageRetentionDays\":90}");
        assertThat(server.last().head())
                .contains("application/merge-patch+json")
                .contains("Idempotency-Key: ");
        assertThat(ctl.out()).isEqualTo("tenant acme updated\n");
    }

    @Test
    void patternsOfPrivateTextAreSentAsTheyAre() {
        server.answer("PATCH /api/v1/tenants/acme", 200, "{\"id\":\"t1\",\"slug\":\"acme\"}");

        assertThat(ctl.run(
                        "tenant",
                        "update",
                        "acme",
                        "--redact",
                        "mask",
                        "--redact-kinds",
                        "email,card",
                        "--redact-pattern",
                        "a=x{1,2}",
                        "--redact-pattern",
                        "b=y",
                        "--redact-strict",
                        "off"))
                .isZero();

        assertThat(server.last().body())
                .isEqualTo("{\"redact\":\"mask\",\"redactKinds\":[\"email\",\"card\"],"
                        + "\"redactPatterns\":[\"a=x{1,2}\",\"b=y\"],\"redactStrict\":false}");
    }

    @Test
    void refusesAnUpdateOfNothing() {
        assertThat(ctl.run("tenant", "update", "acme")).isEqualTo(2);
        assertThat(ctl.err()).contains("nothing to change");
        assertThat(server.seen()).isEmpty();
    }

    @Test
    void printsTheIdOfWhatWasMadeWithQuiet() {
        server.answer("POST /api/v1/tenants", 201, "{\"id\":\"0199-aa\",\"slug\":\"acme\"}");

        assertThat(ctl.run("tenant", "create", "acme", "-q")).isZero();
        assertThat(ctl.out()).isEqualTo("0199-aa\n");
        assertThat(server.last().body()).isEqualTo("{\"slug\":\"acme\"}");
    }

    @Test
    void referencesAProvidersCredentialInEachWay() {
        server.answer("POST /api/v1/providers", 201, "{\"id\":\"p\",\"name\":\"up\",\"fault\":\"env:K is not set\"}");
        String[] make = {"provider", "create", "up", "--shared", "--type", "openai"};

        assertThat(ctl.run(with(make, "--api-key-env", "K"))).isZero();
        assertThat(server.last().body()).contains("\"credentialRef\":\"env:K\"");
        assertThat(ctl.err()).contains("warning: env:K is not set");
        ctl.run(with(make, "--api-key-file", "/etc/k"));
        assertThat(server.last().body()).contains("\"credentialRef\":\"file:/etc/k\"");
        ctl.run(with(make, "--api-key-file", "k"));
        assertThat(server.last().body()).containsPattern("\"credentialRef\":\"file:/.*/k\"");
        ctl.run(with(make, "--secret", "credential:up"));
        assertThat(server.last().body()).contains("\"credentialRef\":\"credential:up\"");
        ctl.stdin("sk-1\n").run(with(make, "--api-key-stdin"));
        assertThat(server.last().body()).contains("\"apiKey\":\"sk-1\"");
    }

    @Test
    void refusesTwoCredentialsAnEmptyOneAndOneAsPlainArgument() {
        String[] make = {"provider", "create", "up", "--shared", "--type", "openai"};

        assertThat(ctl.run(with(make, "--api-key-env", "K", "--api-key-stdin"))).isEqualTo(2);
        assertThat(ctl.err()).contains("one credential");
        assertThat(ctl.stdin("\n").run(with(make, "--api-key-stdin"))).isEqualTo(2);
        assertThat(ctl.err()).contains("standard input is empty");
        assertThat(ctl.run(with(make, "--secret", "sk-live-123"))).isEqualTo(2);
        assertThat(ctl.err()).contains("env:NAME").doesNotContain("sk-live-123");
        assertThat(ctl.run(with(make, "--header", "sk-live-123"))).isEqualTo(2);
        assertThat(ctl.err()).doesNotContain("sk-live-123");
        assertThat(ctl.run(with(make, "--api-key", "sk-live-123"))).isEqualTo(2);
        assertThat(ctl.run("provider", "create", "up", "--shared")).isEqualTo(2);
        assertThat(server.seen()).isEmpty();
    }

    @Test
    void sendsAProvidersSettings() {
        server.answer("POST /api/v1/tenants/acme/providers", 201, "{\"id\":\"p\",\"name\":\"up\"}");

        ctl.run(
                "-t",
                "acme",
                "provider",
                "create",
                "up",
                "--type",
                "custom",
                "--base-url",
                "http://10.0.0.1/v1",
                "--models",
                "a,b*",
                "--priority",
                "1",
                "--weight",
                "3",
                "--header",
                "x-a=1,2",
                "--api-version",
                "v9",
                "--connect-timeout",
                "2s",
                "--first-byte-timeout",
                "1m",
                "--idle-timeout",
                "30s",
                "--timeout",
                "1h30m");

        assertThat(server.last().body())
                .isEqualTo(
                        "{\"name\":\"up\",\"type\":\"custom\",\"baseUrl\":\"http://10.0.0.1/v1\",\"models\":[\"a\",\"b*\"],"
                                + "\"priority\":1,\"weight\":3,\"headers\":{\"x-a\":\"1,2\"},\"apiVersion\":\"v9\","
                                + "\"connectTimeout\":\"2s\",\"firstByteTimeout\":\"1m\",\"idleTimeout\":\"30s\",\"timeout\":\"1h30m\"}");
    }

    @Test
    void failsWhereAProviderFailsItsTest() {
        server.answer(
                "POST /api/v1/tenants/acme/providers/up/test",
                200,
                "{\"ok\":false,\"status\":401,\"latencyMs\":12,\"message\":\"answered 401\",\"models\":[]}");

        assertThat(ctl.run("-t", "acme", "provider", "test", "up")).isEqualTo(1);
        assertThat(ctl.err()).isEqualTo("llmproxyctl: provider up: answered 401\n");
    }

    @Test
    void asksForYesWithoutATerminal() {
        assertThat(ctl.run("tenant", "delete", "acme", "--cascade")).isEqualTo(2);
        assertThat(ctl.err())
                .contains("delete the tenant acme with all its users")
                .contains("--yes");
        assertThat(ctl.run("-t", "acme", "key", "revoke", "dev")).isEqualTo(2);
        assertThat(ctl.run("-t", "acme", "key", "revoke-all")).isEqualTo(2);
        assertThat(ctl.run("-t", "acme", "key", "delete", "dev")).isEqualTo(2);
        assertThat(ctl.run("-t", "acme", "key", "rotate", "dev", "--grace", "0s"))
                .isEqualTo(2);
        assertThat(ctl.run("-t", "acme", "user", "delete", "a@b.c")).isEqualTo(2);
        assertThat(ctl.run("-t", "acme", "provider", "delete", "up")).isEqualTo(2);
        assertThat(server.seen()).isEmpty();
    }

    @Test
    void destroysWithYesOrAfterTheQuestion() {
        server.answer("DELETE /api/v1/tenants/acme?cascade=true", 204, "")
                .answer("DELETE /api/v1/tenants/acme", 204, "")
                .answer("POST /api/v1/tenants/acme/keys/revoke-all", 200, "{\"revoked\":3}");

        assertThat(ctl.run("tenant", "delete", "acme", "--cascade", "--yes")).isZero();
        assertThat(ctl.out()).isEqualTo("tenant acme deleted\n");
        assertThat(ctl.run("-t", "acme", "key", "revoke-all", "--now", "--yes")).isZero();
        assertThat(ctl.out()).isEqualTo("3 keys revoked\n");
        assertThat(server.last().body()).isEqualTo("{\"now\":true}");
        ctl.terminal(0, false);
        assertThat(ctl.stdin("y\n").run("tenant", "delete", "acme")).isZero();
        assertThat(ctl.err()).contains("This will delete the tenant acme").contains("[y/N]");
        int before = server.seen().size();
        assertThat(ctl.stdin("\n").run("tenant", "delete", "acme")).isEqualTo(1);
        assertThat(ctl.err()).contains("nothing was done");
        assertThat(server.seen()).hasSize(before);
    }

    @Test
    void takesTheProcesssOwnTenantWhereNoneIsNamed() {
        server.answer("GET /api/v1/status", 200, "{\"tenant\":\"acme\"}")
                .answer("GET /api/v1/tenants/acme/keys?limit=1000", 200, EMPTY);

        assertThat(ctl.run("key", "list")).isZero();
        assertThat(ctl.err()).isEqualTo("no keys in tenant acme; make one with llmproxyctl -t acme key create NAME\n");
        assertThat(ctl.out()).isEmpty();
    }

    @Test
    void takesTheOnlyTenantWhereNoneIsNamed() {
        server.answer("GET /api/v1/status", 200, "{\"tenant\":\"*\"}")
                .answer("GET /api/v1/tenants", 200, "{\"items\":[{\"slug\":\"solo\"}],\"next\":null}")
                .answer("GET /api/v1/tenants/solo/keys?limit=1000", 200, EMPTY);

        assertThat(ctl.run("key", "list", "-o", "json")).isZero();
        assertThat(ctl.out()).isEqualTo("[]\n");
    }

    @Test
    void wantsATenantNamedWhereThereAreSeveralOrNone() {
        server.answer("GET /api/v1/status", 200, "{\"tenant\":\"*\"}")
                .answer("GET /api/v1/tenants", 200, "{\"items\":[{\"slug\":\"a\"},{\"slug\":\"b\"}],\"next\":null}")
                .answer("GET /api/v1/tenants", 200, EMPTY);

        assertThat(ctl.run("key", "list")).isEqualTo(2);
        assertThat(ctl.err()).contains("name one with -t SLUG or LLMPROXY_TENANT: a, b");
        assertThat(ctl.run("key", "list")).isEqualTo(2);
        assertThat(ctl.err()).contains("llmproxyctl tenant create SLUG");
    }

    @Test
    void takesTheTenantOfTheEnvironmentUnlessTheLineNamesOne() {
        server.answer("GET /api/v1/tenants/env/keys?limit=1000", 200, EMPTY)
                .answer("GET /api/v1/tenants/line/keys?limit=1000", 200, EMPTY);
        ctl.env("LLMPROXY_TENANT", "env");

        assertThat(ctl.run("key", "list")).isZero();
        assertThat(ctl.run("key", "list", "-t", "line")).isZero();
        assertThat(ctl.run("key", "list", "-t", "../etc")).isEqualTo(2);
    }

    @Test
    void encodesWhatStandsInAPath() {
        server.answer("GET /api/v1/tenants/acme/keys/a%2Fb%20%C3%A9%3F", 200, "{\"id\":\"k\"}");

        assertThat(ctl.run("-t", "acme", "key", "show", "a/b é?", "-q")).isZero();
        assertThat(ctl.run("-t", "acme", "key", "show", "..")).isEqualTo(2);
        assertThat(ctl.run("-t", "acme", "key", "show", "")).isEqualTo(2);
    }

    @Test
    void reportsUsageWithATotalOverSeveralRows() {
        server.answer(
                "GET /api/v1/usage/report?tenant=acme&from=2026-11-13T12%3A00%3A00Z&to=2026-11-20T00%3A00%3A00Z&by=model",
                200, """
                {"items":[{"model":"gpt-4o","requests":1200,"errors":1,"inputTokens":1234567,"outputTokens":5,"totalTokens":1234572,
                "cost":"12.500000001","unpriced":3},
                {"model":null,"requests":1,"errors":1,"inputTokens":0,"outputTokens":0,"totalTokens":0,
                "cost":"0.5","unpriced":0}],"next":null}""");

        assertThat(ctl.run("-t", "acme", "usage", "report", "--by", "model", "--from", "7d", "--to", "2026-11-20"))
                .isZero();
        assertThat(ctl.out()).isEqualTo("""
                MODEL   REQUESTS  ERRORS      INPUT  OUTPUT      TOTAL  CACHED  CACHE WRITE  REASONING           USD  UNPRICED
                gpt-4o     1,200       1  1,234,567       5  1,234,572       -            -          -  12.500000001         3
                -              1       1          0       0          0       -            -          -           0.5         0
                TOTAL      1,201       2  1,234,567       5  1,234,572       0            0          0  13.000000001         3
                """);
        ctl.run("-t", "acme", "usage", "report", "--by", "model", "--from", "7d", "--to", "2026-11-20", "-o", "csv");
        assertThat(ctl.out().lines()).hasSize(3).contains("gpt-4o,1200,1,1234567,5,1234572,,,,12.500000001,3");
    }

    @Test
    void saysWhatALedgerLacksAndExitsWithOne() {
        server.answer("GET /api/v1/ledger/check", 200, """
                {"sound":false,"checks":[{"check":"blocks","count":7,"faults":1}],"faults":[{"check":"blocks","block":901,
                "tenant":"acme","time":"2026-11-20T10:00:00Z","detail":"its bytes do not have their digest"}]}""");

        assertThat(ctl.run("ledger", "check")).isEqualTo(1);
        assertThat(ctl.out()).isEqualTo("""
                CHECK   LOOKED AT  FAULTS
                blocks          7       1
                """);
        assertThat(ctl.err())
                .contains("the first fault: blocks, block 901, tenant acme, time 2026-11-20T10:00:00Z:"
                        + " its bytes do not have their digest");
        assertThat(ctl.run("ledger", "check", "-q")).isEqualTo(1);
        assertThat(ctl.out()).isEqualTo("faults\n");
    }

    @Test
    void saysThatALedgerIsSound() {
        server.answer("GET /api/v1/ledger/check", 200, """
                {"sound":true,"checks":[{"check":"blocks","count":7,"faults":0}],"faults":[]}""");
        assertThat(ctl.run("ledger", "check", "-o", "json")).isZero();
        assertThat(ctl.out()).contains("\"sound\"");
        assertThat(ctl.err()).isEmpty();
    }

    private static String proof(boolean holds, int refused) {
        return """
                {"holds":%s,"store":"memory","processes":1,"answered":370,"refused":600,"failed":30,"milliseconds":412,
                "limits":[{"scope":"tenant","metric":"tokens","period":"day","limit":"20000","peak":"20000",
                "granted":"19000","used":"19000","overrun":"0","refused":%d,"holds":%s}]}""".formatted(holds, refused, holds || refused == 0);
    }

    @Test
    void provesThatLimitsHoldAndSaysWhatWasGranted() {
        server.answer("POST /api/v1/prove/limits", 200, proof(true, 600));

        assertThat(ctl.run("prove", "limits", "--requests", "1000", "--parallel", "50"))
                .isZero();
        assertThat(server.last().body()).isEqualTo("{\"requests\":1000,\"parallel\":50}");
        assertThat(ctl.out()).isEqualTo("""
                SCOPE   METRIC  PER  LIMIT   PEAK  GRANTED   USED  OVERRUN  REFUSED  HOLDS
                tenant  tokens  day  20000  20000    19000  19000        0      600  true
                """);
        assertThat(ctl.err())
                .contains(
                        "370 requests answered, 600 refused by limits, 30 failed on purpose, in 412 ms",
                        "counted in memory, shared by 1",
                        ": HOLDS");
        assertThat(ctl.run("prove", "limits", "-q")).isZero();
        assertThat(ctl.out()).isEqualTo("holds\n");
        assertThat(ctl.run("prove", "limits", "-o", "json")).isZero();
        assertThat(ctl.out()).contains("\"peak\"").doesNotContain("answered,");
    }

    @Test
    void aLimitThatDoesNotHoldIsExitCodeOne() {
        server.answer("POST /api/v1/prove/limits", 200, proof(false, 600));

        assertThat(ctl.run("prove", "limits")).isEqualTo(1);
        assertThat(ctl.err()).contains("BROKEN", "limits do not hold");
        assertThat(ctl.run("prove", "limits", "-q")).isEqualTo(1);
        assertThat(ctl.out()).isEqualTo("broken\n");
    }

    @Test
    void aLimitThatRefusedNobodyIsNotProven() {
        server.answer("POST /api/v1/prove/limits", 200, proof(false, 0));

        assertThat(ctl.run("prove", "limits")).isEqualTo(1);
        assertThat(ctl.err())
                .contains("UNPROVEN", "nothing was proven")
                .doesNotContain("BROKEN", "do not hold", "HOLDS");
        assertThat(ctl.run("prove", "limits", "-q")).isEqualTo(1);
        assertThat(ctl.out()).isEqualTo("unproven\n");
    }

    @Test
    void aProofOfNoNumberIsWrongUsage() {
        assertThat(ctl.run("prove", "limits", "--requests", "many")).isEqualTo(2);
        assertThat(server.seen()).isEmpty();
    }

    @Test
    void exportsRecordsAsJsonLinesOverAllPages() {
        server.answer(
                        "GET /api/v1/usage/records?limit=1000",
                        200,
                        "{\"items\":[{\"requestId\":\"1\"}],\"next\":\"c 1\"}")
                .answer(
                        "GET /api/v1/usage/records?limit=1000&cursor=c%201",
                        200, "{\"items\":[{\"requestId\":\"2\"}],\"next\":null}");

        assertThat(ctl.run("usage", "export")).isZero();
        assertThat(ctl.out()).isEqualTo("{\"requestId\":\"1\"}\n{\"requestId\":\"2\"}\n");
    }

    @Test
    void exportsWholeRecordsAsCsv() {
        server.answer(
                "GET /api/v1/usage/records?limit=1000",
                200,
                "{\"items\":[{\"requestId\":\"1\",\"user\":\"ada@acme.example\",\"cachedInputTokens\":7}],\"next\":null}");

        assertThat(ctl.run("usage", "export", "-o", "csv")).isZero();
        assertThat(ctl.out()).startsWith("requestId,clientRequestId,upstreamRequestId,startedAt,tenant,user,key,");
        assertThat(ctl.out().lines().toList().get(1))
                .contains("ada@acme.example")
                .contains(",7,");
    }

    @Test
    void exportsEveryFieldThatARecordHas() {
        server.answer("GET /api/v1/usage/records?limit=1000", 200, EMPTY);
        ctl.run("usage", "export", "-o", "csv");

        assertThat(ctl.out().strip().split(","))
                .containsExactly(Stream.of(UsageJson.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toArray(String[]::new));
    }

    @Test
    void takesAUserToBeOfTheOnlyTenant() {
        server.answer("GET /api/v1/status", 200, "{\"tenant\":\"acme\"}")
                .answer("GET /api/v1/usage/report?tenant=acme&user=ada@acme.example", 200, "{\"items\":[]}");

        assertThat(ctl.run("usage", "report", "--user", "ada@acme.example")).isZero();
    }

    @Test
    void saysNothingOfASecretThatIsNotShown() {
        server.answer(
                "GET /api/v1/tenants/acme/keys/dev", 200, "{\"id\":\"k1\",\"secret\":null,\"prefix\":\"llmp_a\"}");

        assertThat(ctl.run("-t", "acme", "key", "show", "dev")).isZero();
        assertThat(ctl.out()).contains("Prefix").doesNotContain("Secret");
        assertThat(ctl.run("-t", "acme", "key", "show", "dev", "-o", "json")).isZero();
        assertThat(ctl.out()).contains("\"secret\": null");
    }

    @Test
    void showsTheWholeStatusAndTestAsCsv() {
        server.answer(
                        "GET /api/v1/status",
                        200,
                        "{\"version\":\"1\",\"tenant\":\"*\",\"keys\":3,\"problems\":[\"a\",\"b\"]}")
                .answer(
                        "POST /api/v1/tenants/acme/providers/up/test",
                        200,
                        "{\"ok\":true,\"status\":200,\"latencyMs\":12,\"message\":\"fine\",\"models\":[\"m\"]}");

        ctl.run("status", "-o", "csv");
        assertThat(ctl.out())
                .startsWith("version,tenant,startedAt,uptimeSeconds,")
                .endsWith(",3,,\"a,b\"\r\n");
        ctl.run("-t", "acme", "provider", "test", "up", "-o", "csv");
        assertThat(ctl.out()).isEqualTo("ok,status,latencyMs,message,models\r\ntrue,200,12,fine,m\r\n");
    }

    @Test
    void tailsFromTheEndOn() {
        String path = "GET /api/v1/usage/records?tenant=acme&limit=500&tail=true&cursor=";
        server.answer(path + "end", 200, "{\"items\":[],\"next\":\"7\"}")
                .answer(path + "7", 200, "{\"items\":[],\"next\":\"7\"}")
                .answer(path + "7", 200, "{\"items\":[{\"requestId\":\"r8\"}],\"next\":\"8\"}")
                .answer(path + "8", 200, "{\"items\":[{\"requestId\":\"r9\"}],\"next\":\"9\"}");
        AtomicInteger pauses = new AtomicInteger();

        assertThat(ctl.pause(() -> pauses.incrementAndGet() < 3).run("-t", "acme", "usage", "tail", "-o", "name"))
                .isZero();
        assertThat(ctl.out()).isEqualTo("r8\nr9\n");
        assertThat(server.lines()).startsWith(path + "end", path + "7", path + "7", path + "8");
    }

    @Test
    void endsQuietlyWhereNobodyReadsAnyMore() {
        server.answer(
                "GET /api/v1/tenants?limit=1000",
                200,
                "{\"items\":[{\"slug\":\"a\"},{\"slug\":\"b\"}],\"next\":\"more\"}");
        PrintStream closed = new PrintStream(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        });

        assertThat(ctl.run(closed, "tenant", "list", "-o", "name")).isZero();
        assertThat(ctl.err()).isEmpty();
        assertThat(server.seen()).hasSize(1);
    }

    @Test
    void showsAnOverviewWithItsProblems() {
        server.answer("GET /api/v1/status", 200, """
                {"version":"0.1.0","tenant":"*","startedAt":"2026-11-20T10:00:00Z","uptimeSeconds":7300,"gateway":"http://127.0.0.1:8080",
                "admin":null,"database":"H2","requestsInFlight":1,"journalBacklog":1500,"tenants":2,"keys":3,"providers":1,
                "problems":["provider up is unhealthy: env:K is not set"]}""");

        assertThat(ctl.run("status")).isZero();
        assertThat(ctl.out()).contains("""
                Server    llmproxy 0.1.0, up 2h
                Tenants   2
                Gateway   http://127.0.0.1:8080
                Admin     -
                """).endsWith("""
                Database  H2
                Serves    1 provider, 3 keys
                Now       1 request in flight, 1,500 usage records to store
                Problems  1
                  ! provider up is unhealthy: env:K is not set
                """);
    }

    @Test
    void saysWhyTheServerIsNotReady() {
        server.answer("GET /health/ready", 200, "{\"status\":\"UP\",\"checks\":[]}")
                .answer(
                        "GET /health/ready",
                        503,
                        "{\"status\":\"DOWN\",\"checks\":[{\"name\":\"database\",\"status\":\"DOWN\"},{\"name\":\"disk\",\"status\":\"UP\"}]}");

        assertThat(ctl.run("health")).isZero();
        assertThat(ctl.out()).isEqualTo("ready\n");
        assertThat(ctl.run("health")).isEqualTo(1);
        assertThat(ctl.err()).isEqualTo("llmproxyctl: the server is not ready: database is DOWN\n");
    }

    private static String[] with(String[] args, String... more) {
        String[] all = java.util.Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        return all;
    }
}
