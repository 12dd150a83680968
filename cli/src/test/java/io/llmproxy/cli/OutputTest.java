package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputTest {
    private static final String FIRST = """
            {"items":[{"id":"u1","tenant":"acme","email":"ada@acme.example","name":"Ada, \\"the first\\"","role":"user",\
            "status":"enabled","createdAt":"2026-11-17T12:00:00Z","updatedAt":"2026-11-17T12:00:00Z"}],"next":"u1"}""";
    private static final String SECOND = """
            {"items":[{"id":"u2","tenant":"acme","email":"bob@acme.example","name":null,"role":"tenant-admin",\
            "status":"disabled","createdAt":"2026-11-20T11:59:00Z","updatedAt":"2026-11-20T11:59:00Z"}],"next":null}""";

    private FakeAdminServer server;
    private CtlRun ctl;

    @BeforeEach
    void setUp(@TempDir Path directory) throws IOException {
        Path socket = directory.resolve("s");
        server = FakeAdminServer.on(socket)
                .answer("GET /api/v1/tenants/acme/users?limit=1000", 200, FIRST)
                .answer("GET /api/v1/tenants/acme/users?limit=1000&cursor=u1", 200, SECOND);
        ctl = new CtlRun(directory).env("LLMPROXY_SOCKET", socket.toString());
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void printsATableOverAllPages() {
        assertThat(list("table")).isEqualTo("""
                EMAIL             NAME              ROLE          STATUS    CREATED
                ada@acme.example  Ada, "the first"  user          enabled   3d ago
                bob@acme.example  -                 tenant-admin  disabled  60s ago
                """);
    }

    @Test
    void printsAListAsOneJsonArray() {
        assertThat(list("json")).isEqualTo("""
                [
                  {
                    "id": "u1",
                    "tenant": "acme",
                    "email": "ada@acme.example",
                    "name": "Ada, \\"the first\\"",
                    "role": "user",
                    "status": "enabled",
                    "createdAt": "2026-11-17T12:00:00Z",
                    "updatedAt": "2026-11-17T12:00:00Z"
                  },
                  {
                    "id": "u2",
                    "tenant": "acme",
                    "email": "bob@acme.example",
                    "name": null,
                    "role": "tenant-admin",
                    "status": "disabled",
                    "createdAt": "2026-11-20T11:59:00Z",
                    "updatedAt": "2026-11-20T11:59:00Z"
                  }
                ]
                """);
    }

    @Test
    void printsJsonLinesCsvNamesAndIds() {
        assertThat(list("jsonl").lines()).hasSize(2).allMatch(l -> l.startsWith("{\"id\":\"u") && l.endsWith("Z\"}"));
        assertThat(list("csv"))
                .isEqualTo("email,name,role,status,createdAt\r\n"
                        + "ada@acme.example,\"Ada, \"\"the first\"\"\",user,enabled,2026-11-17T12:00:00Z\r\n"
                        + "bob@acme.example,,tenant-admin,disabled,2026-11-20T11:59:00Z\r\n");
        assertThat(list("name")).isEqualTo("ada@acme.example\nbob@acme.example\n");
        ctl.run("-t", "acme", "user", "list", "-q");
        assertThat(ctl.out()).isEqualTo("u1\nu2\n");
    }

    @Test
    void printsYaml() {
        server.answer("GET /api/v1/tenants/acme", 200, """
                {"id":"t","slug":"no","name":"12","n":12,"on":true,"x":null,"list":["a: b","- c"],"empty":[],"map":{"k":"multi\\nline"}}""");

        ctl.run("tenant", "show", "acme", "-o", "yaml");

        assertThat(ctl.out()).isEqualTo("""
                id: t
                slug: no
                name: '12'
                n: 12
                on: true
                x: null
                list:
                - 'a: b'
                - '- c'
                empty: []
                map:
                  k: |-
                    multi
                    line
                """);
        assertThat(list("yaml")).startsWith("- id: u1\n  tenant: acme\n").contains("\n- id: u2\n");
    }

    @Test
    void showsOneThingAsAListOfFields() {
        server.answer("GET /api/v1/tenants/acme", 200, """
                {"id":"t","slug":"acme","maxApiKeys":1500,"allowedModels":["a","b*"],"defaultProvider":null,"createdAt":"2026-10-20T12:00:00Z"}""");

        ctl.run("tenant", "show", "acme");

        assertThat(ctl.out()).isEqualTo("""
                Id                t
                Slug              acme
                Max api keys      1,500
                Allowed models    a, b*
                Default provider  -
                Created at        2026-10-20T12:00:00Z (31d ago)
                """);
    }

    @Test
    void passesJsonThroughUnchanged() {
        server.answer(
                "GET /api/v1/tenants/acme",
                200,
                "{\"big\":123456789012345678901234567890,\"d\":0.10,\"u\":\"é😀\\u0007\\u007f/\",\"e\":{},\"a\":[[1,{}]]}");

        ctl.run("tenant", "show", "acme", "-o", "jsonl");

        assertThat(ctl.out())
                .isEqualTo(
                        "{\"big\":123456789012345678901234567890,\"d\":0.10,\"u\":\"é😀\\u0007\\u007f/\",\"e\":{},\"a\":[[1,{}]]}\n");
    }

    @Test
    void coloursTheStatusOnATerminalAlone() {
        assertThat(list("table")).doesNotContain("\u001b");
        ctl.terminal(0, true);
        assertThat(list("table")).contains("\u001b[32menabled\u001b[0m").contains("\u001b[33mdisabled\u001b[0m");
        ctl.run("-t", "acme", "user", "list", "--no-color");
        assertThat(ctl.out()).doesNotContain("\u001b");
    }

    @Test
    void shortensToTheWidthOfATerminalAlone() {
        ctl.terminal(56, false);
        assertThat(list("table").lines())
                .allMatch(line -> Text.width(line) <= 56)
                .anyMatch(line -> line.contains("…"));
        assertThat(list("csv")).doesNotContain("…");
    }

    @Test
    void neverLetsAStrangersNameSteerTheTerminal() {
        server.answer(
                "GET /api/v1/tenants?limit=1000",
                200,
                "{\"items\":[{\"slug\":\"a\",\"name\":\"x\\u001b]0;evil\\u0007\\n\\u202ey\"}]}");

        ctl.run("tenant", "list");

        assertThat(ctl.out()).contains("x?]0;evil? ?y").doesNotContain("\u001b").hasLineCount(2);
    }

    @Test
    void alignsWideCharacters() {
        server.answer(
                "GET /api/v1/tenants?limit=1000",
                200,
                "{\"items\":[{\"slug\":\"a\",\"name\":\"日本\",\"status\":\"active\"},{\"slug\":\"b\",\"name\":\"abcd\",\"status\":\"active\"}]}");

        ctl.run("tenant", "list");

        assertThat(ctl.out().lines().skip(1)).allMatch(line -> line.matches("(a     日本|b     abcd)  active .*"));
    }

    private String list(String format) {
        assertThat(ctl.run("-t", "acme", "user", "list", "-o", format)).isZero();
        assertThat(ctl.err()).isEmpty();
        return ctl.out();
    }
}
