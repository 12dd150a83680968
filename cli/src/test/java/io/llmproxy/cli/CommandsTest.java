package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What all commands have in common: their options, the tenant that they are about, their questions and their exit codes. */
class CommandsTest extends AgainstFakeServer {
    private static final String EMPTY = "{\"items\":[],\"next\":null}";
    private static final String KEY = """
            {"id":"k1","tenant":"acme","user":null,"name":"dev","prefix":"llmp_abcdefg","secret":"llmp_abcdefgXYZ",\
            "status":"active","models":[],"createdAt":"2026-11-20T11:59:58Z"}""";

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
    void printsTheIdOfWhatWasMadeWithQuiet() {
        server.answer("POST /api/v1/tenants", 201, "{\"id\":\"0199-aa\",\"slug\":\"acme\"}");

        assertThat(ctl.run("tenant", "create", "acme", "-q")).isZero();
        assertThat(ctl.out()).isEqualTo("0199-aa\n");
        assertThat(server.last().body()).isEqualTo("{\"slug\":\"acme\"}");
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
    void takesAUserToBeOfTheOnlyTenant() {
        server.answer("GET /api/v1/status", 200, "{\"tenant\":\"acme\"}")
                .answer("GET /api/v1/usage/report?tenant=acme&user=ada@acme.example", 200, "{\"items\":[]}");

        assertThat(ctl.run("usage", "report", "--user", "ada@acme.example")).isZero();
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "memory     | up   | 2026-11-20T10:00:00Z | 1    | memory, up for 2h, 1 process",
                "redis      | away | 2026-11-20T11:55:00Z | 3    | redis, away for 5m, 3 processes",
                "postgresql | up   | 2026-11-17T12:00:00Z | 1200 | postgresql, up for 3d, 1,200 processes",
                "redis      | up   | 2026-11-20T12:00:09Z | 2    | redis, up for 0s, 2 processes"
            })
    void showsWhereLimitsAreCounted(String store, String state, String since, int processes, String shown) {
        server.answer(
                "GET /api/v1/status",
                200,
                "{\"version\":\"1\",\"tenant\":\"*\",\"database\":\"H2\",\"counters\":\"" + store
                        + "\",\"countersState\":\"" + state + "\",\"countersSince\":\"" + since
                        + "\",\"countersProcesses\":" + processes + ",\"problems\":[]}");

        assertThat(ctl.run("status")).isZero();
        assertThat(ctl.out()).contains("Database  H2\nCounters  " + shown + "\nServes ");
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
}
