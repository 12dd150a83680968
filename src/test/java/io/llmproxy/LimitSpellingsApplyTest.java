package io.llmproxy;

import static io.llmproxy.testing.Documents.tenant;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Documents;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Limits whose subjects are written in different ways, by the real llmproxyctl against the real appliance. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitSpellingsApplyTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final TestAppliance server = TestAppliance.start();

    @AfterAll
    void close() {
        server.close();
    }

    private JsonNode show(String slug, String what, String name) {
        return JSON.readTree(
                server.ctl("-t", slug, what, "show", name, "-o", "json").value());
    }

    private String set(String slug, String scope, int amount) {
        return server.ctl(
                        "-t",
                        slug,
                        "limit",
                        "set",
                        "--scope",
                        scope,
                        "--metric",
                        "requests",
                        "--amount",
                        String.valueOf(amount),
                        "--per",
                        "hour",
                        "-q")
                .value();
    }

    @Test
    void whatOneSpellingRefusesAnotherOneRaises() {
        String slug = tenant();
        try (FakeProvider upstream = FakeProvider.start();
                Http http = new Http(server.gateway(), server.tenantWithKey(slug, upstream.baseUrl()))) {
            String id = set(slug, "key=dev", 1);
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(429);
            assertThat(set(slug, "key=" + show(slug, "key", "dev").path("id").asString(), 2))
                    .isEqualTo(id);
            // what was used before counts on
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(429);
        }
    }

    @Test
    void aDeclaredLimitIsTheOneThatIsThereInAnySpelling() {
        String slug = tenant();
        String whom = "users: {Ann@x.example: {}}\nkeys: {ci: {}}\nlimits:\n";
        String limits = """
                - {scope: user=%s, metric: requests, amount: 5, per: hour}
                - {scope: key=%s, metric: requests, amount: 6, per: hour}
                - {scope: ip=%s, metric: requests, amount: 7, per: hour}
                """;
        // whom the file creates it may name as it likes
        Ctl first = Documents.apply(
                server, Documents.of(slug, whom + limits.formatted("ANN@x.example", "ci", "10.1.2.3/8")));
        assertThat(first.value()).contains("+ limit " + slug + "/user=ann@x.example requests per hour");
        String user = show(slug, "user", "ann@x.example").path("id").asString();
        JsonNode key = show(slug, "key", "ci");
        String id = set(slug, "user=" + user.toUpperCase(Locale.ROOT), 5);
        for (String spelled : List.of(
                limits.formatted("ANN@x.example", "ci", "10.0.0.0/8"),
                limits.formatted(user, key.path("id").asString(), "10.9.9.9/8"),
                limits.formatted("ann@X.example", key.path("prefix").asString(), "10.0.0.0/8"))) {
            Ctl same = Documents.apply(server, Documents.of(slug, whom + spelled), "--prune", "--yes");
            assertThat(same.value()).as(spelled).startsWith("nothing to change");
        }
        Ctl changed = Documents.apply(
                server,
                Documents.of(
                        slug, whom + limits.formatted(user, "ci", "10.0.0.0/8").replace("amount: 5", "amount: 9")),
                "--prune",
                "--yes");
        assertThat(changed.value())
                .contains("user=ann@x.example requests per hour: amount 5 → 9", "0 created, 1 changed, 0 deleted");
        assertThat(show(slug, "limit", id).path("amount").asString()).isEqualTo("9");
        assertThat(server.ctl("-t", slug, "export").value())
                .contains("user=ann@x.example", "key=ci", "ip=10.0.0.0/8")
                .doesNotContain(user);
    }

    @Test
    void aFileThatNamesOneLimitTwiceIsRefused() {
        String slug = tenant();
        Ctl refused = Documents.apply(server, Documents.of(slug, """
                users: {ann@x.example: {}}
                limits:
                - {scope: user=ann@x.example, metric: requests, amount: 5, per: hour}
                - {scope: user=ANN@x.example, metric: requests, amount: 6, per: hour}
                """));
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err())
                .contains(
                        "standard input:7: ",
                        ".limits.1.scope: is declared already, at /tenants/" + slug + "/limits/0",
                        "the scopes of both mean user=ann@x.example")
                .contains("nothing was changed");
    }

    @Test
    void pruneKeepsNobodyWhoseLimitIsDeclaredByTheId() {
        String slug = tenant();
        Documents.apply(server, Documents.of(slug, "keys: {ci: {}}")).value();
        String id = show(slug, "key", "ci").path("id").asString();
        Ctl refused = Documents.apply(
                server,
                Documents.of(slug, "keys:\nlimits: [{scope: key=" + id + ", metric: requests, amount: 5, per: hour}]"),
                "--prune",
                "--yes");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("the limit is for the key ci, which --prune deletes");
        assertThat(server.ctl("-t", slug, "key", "show", "ci").code()).isZero();
    }
}
