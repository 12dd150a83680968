package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExitCodeTest extends AgainstFakeServer {
    @ParameterizedTest
    @CsvSource({"400,1", "401,1", "403,1", "404,4", "409,5", "500,1", "503,1"})
    void followsTheServersStatusAndPrintsItsDetail(int status, int code) {
        server.answer(
                "GET /api/v1/tenants/acme", status, "{\"title\":\"no\",\"detail\":\"because\\u001b[31m of that\"}");

        assertThat(ctl.run("tenant", "show", "acme")).isEqualTo(code);
        assertThat(ctl.err()).isEqualTo("llmproxyctl: because?[31m of that\n");
        assertThat(ctl.out()).isEmpty();
    }

    @Test
    void saysTheStatusWhereTheServerGivesNoReason() {
        server.answer("GET /api/v1/tenants/acme", 502, "<html>");

        assertThat(ctl.run("tenant", "show", "acme")).isEqualTo(1);
        assertThat(ctl.err()).contains("answered 502");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tennant list",
                "tenant lst",
                "tenant",
                "tenant create",
                "tenant create a b",
                "tenant list --frobnicate",
                "tenant list -o xml",
                "tenant list -o",
                "tenant update acme --max-users many",
                "tenant update acme --max-users -1",
                "tenant update acme --usage-retention soon",
                "-t acme user create a@b.c --role king",
                "-t acme key create k --expires never-ever",
                "-t acme key create k --models a,,b",
                "-t acme key create k --models a,none",
                "-t acme key create k --label novalue",
                "-t acme key rotate k --grace x",
                "usage report --by colour",
                "usage report --from yesteryear",
                "completion tcsh",
                "tenant show @/etc/hostname more",
                "tenant list --socket a --url http://b",
                "tenant list --url ftp://b",
                "tenant list --url http://user:pw@b",
                "tenant list --url http://127.0.0.1:1 --token-file /nonexistent",
            })
    void isTwoForWrongUsageWithoutAskingTheServer(String line) {
        assertThat(ctl.run(line.split(" "))).isEqualTo(2);
        assertThat(ctl.err()).startsWith("llmproxyctl: ");
        assertThat(ctl.out()).isEmpty();
        assertThat(server.seen()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "tenant create, SLUG",
        "user create, EMAIL",
        "user show, USER",
        "-t acme key revoke, NAME",
        "completion, SHELL"
    })
    void namesTheArgumentThatIsMissing(String line, String label) {
        assertThat(ctl.run(line.split(" "))).isEqualTo(2);
        assertThat(ctl.err()).startsWith("llmproxyctl: " + label + " is missing\nsee llmproxyctl ");
    }

    @Test
    void suggestsWhatWasMeant() {
        ctl.run("tenant", "lst");
        assertThat(ctl.err()).isEqualTo("""
                llmproxyctl: unknown command or argument 'lst'; did you mean list?
                see llmproxyctl tenant --help
                """);
        ctl.run("tenant", "suspend", "acme", "--nwo");
        assertThat(ctl.err()).contains("unknown option '--nwo'").contains("--now");
    }

    @Test
    void printsHelpAndIsZeroWithoutACommand() {
        assertThat(ctl.run()).isZero();
        assertThat(ctl.out())
                .contains("EXIT CODES")
                .contains("3  no server there")
                .contains("tenant");
        assertThat(ctl.run("help", "key", "create")).isZero();
        assertThat(ctl.out()).contains("llmproxyctl key create NAME [OPTIONS]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"200 X\r\nContent-Length: 5\r\n\r\nhello", "200 X\r\nContent-Length: 99\r\n\r\n{}", "garbage", ""
            })
    void isThreeWhereNoServerOfOursAnswers(String message) {
        server.raw("GET /api/v1/tenants/acme", message);

        assertThat(ctl.run("tenant", "show", "acme")).isEqualTo(3);
        assertThat(ctl.err()).startsWith("llmproxyctl: ");
    }

    @Test
    void readsAChunkedAnswer() {
        server.raw(
                "GET /api/v1/tenants/acme",
                "200 X\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"sl\r\n9\r\nug\":\"a\"}\n\r\n0\r\n\r\n");

        assertThat(ctl.run("tenant", "show", "acme", "-o", "name")).isZero();
        assertThat(ctl.out()).isEqualTo("a\n");
    }

    @Test
    void isThreeWhereAListNeverEnds() {
        server.answer("GET /api/v1/tenants?limit=1000", 200, "{\"items\":[],\"next\":\"1\"}")
                .answer("GET /api/v1/tenants?limit=1000&cursor=1", 200, "{\"items\":[],\"next\":\"1\"}");

        assertThat(ctl.run("tenant", "list")).isEqualTo(3);
        assertThat(ctl.err()).contains("broken list");
    }
}
