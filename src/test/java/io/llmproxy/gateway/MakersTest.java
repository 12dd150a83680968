package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a tenant's own providers the one that made an object is asked for it. */
class MakersTest {
    @TempDir
    Path directory;

    private GatewayFixture fixture = new GatewayFixture(Path.of("unset"));

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.addProvider("second", "second-*");
        fixture.up().answers(request -> Script.json("{\"id\":\"at-up\"}"));
        fixture.provider("second").answers(request -> Script.json("{\"id\":\"at-second\"}"));
    }

    private RecordingSink send(String method, String path, String json) {
        FakeRequest request = method.equals("POST") ? FakeRequest.post(path, json) : new FakeRequest(method, path);
        return fixture.send(request.key(fixture.secret));
    }

    private int asked(String provider) {
        return fixture.provider(provider).asked().size();
    }

    @Test
    void aRequestWithoutAModelGoesToTheMakerElseToTheDefault() {
        send("POST", "/v1/responses", "{\"model\":\"second-m\"}");
        send("GET", "/v1/responses/at-second", "");
        send("POST", "/v1/responses/at-second/cancel", "{}");
        assertThat(asked("second")).isEqualTo(3);
        send("GET", "/v1/responses/unknown", "");
        send("GET", "/v1/responses", "");
        send("GET", "/v1/assistants/asst_1", "");
        assertThat(asked("up")).isEqualTo(3);
        send("DELETE", "/v1/responses/at-second", "");
        send("GET", "/v1/responses/at-second", "");
        assertThat(asked("second")).isEqualTo(4);
    }

    @Test
    void whatIsMadeOfAnObjectIsMadeWhereThatIs() {
        send("POST", "/v1/fine_tuning/jobs", "{\"model\":\"second-m\"}");
        fixture.provider("second")
                .answers(request -> Script.json("{\"id\":\"at-second\",\"result_files\":[\"file-a\",\"file-b\"]}"));
        send("GET", "/v1/fine_tuning/jobs/at-second", "");
        send("POST", "/v1/batches", "{\"input_file_id\":\"file-b\"}");
        assertThat(fixture.provider("second").last().path()).isEqualTo("/batches");
        send("POST", "/v1/batches", "{\"input_file_id\":\"file-c\"}");
        assertThat(fixture.up().last().path()).isEqualTo("/batches");
    }

    @Test
    void aKeyOfOneProviderHasNoWayToAnother() {
        send("POST", "/v1/responses", "{\"model\":\"second-m\"}");
        fixture.scope(GatewayFixture.scope(List.of(), Set.of("up"), false));
        assertThat(send("GET", "/v1/responses/at-second", "").refusal())
                .isEqualTo("403 permission_error/provider_not_allowed");
    }

    @Test
    void aProviderThatIsNoMoreLeavesItsObjectsToTheDefault() {
        send("POST", "/v1/responses", "{\"model\":\"second-m\"}");
        fixture.removeProvider("second");
        assertThat(send("GET", "/v1/responses/at-second", "").status()).isEqualTo(200);
        assertThat(fixture.up().last().path()).isEqualTo("/responses/at-second");
    }

    @Test
    void generationGoesOnWhileMakersCannotBeKept() {
        fixture.stores.goAway();
        assertThat(send("POST", "/v1/responses", "{\"model\":\"second-m\"}").text())
                .isEqualTo("{\"id\":\"at-second\"}");
        assertThat(send("GET", "/v1/responses/at-second", "").refusal()).isEqualTo("503 overloaded_error/overloaded");
    }

    @Test
    void oneProviderOfHisOwnNeedsNoStore() {
        fixture.removeProvider("second");
        fixture.stores.goAway();
        for (String line : List.of("POST /v1/responses", "GET /v1/responses/x", "GET /v1/files", "GET /v1/anything")) {
            String[] parts = line.split(" ", 2);
            assertThat(send(parts[0], parts[1], "{}").status()).as(line).isEqualTo(200);
        }
        FakeRequest coded =
                FakeRequest.post("/v1/responses", "{}").key(fixture.secret).header("Accept-Encoding", "gzip");
        fixture.send(coded);
        assertThat(fixture.up().last().headers().first("accept-encoding")).contains("gzip");
    }

    @Test
    void whatIsUncertainOfOwnObjectsIsTheProvidersToSay() {
        String body = "{\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"}],\"previous_response_id\":\"other\"}";
        assertThat(send("POST", "/v1/responses", body).status()).isEqualTo(200);
        assertThat(send("POST", "/v1/evals", "{}").status()).isEqualTo(200);
    }

    @Test
    void whatNamesAnObjectGoesToItsMakerAloneThoughOthersHaveTheModel() {
        fixture.addProvider("a-twin", "second-*");
        fixture.provider("a-twin").answers(request -> Script.json("{\"id\":\"at-twin\"}"));
        fixture.provider("second").answers(request -> Script.json("{\"id\":\"at-second\"}"));
        send("POST", "/v1/responses", "{\"model\":\"second/second-m\"}");
        int twin = asked("a-twin");
        int second = asked("second");

        String follow = "{\"model\":\"second-m\",\"previous_response_id\":\"at-second\"}";
        assertThat(send("POST", "/v1/responses", follow).status()).isEqualTo(200);
        assertThat(asked("second")).isEqualTo(second + 1);
        fixture.provider("second").answers(request -> Script.json("{}").status(503));
        assertThat(send("POST", "/v1/responses", follow).status()).isEqualTo(503);

        assertThat(asked("a-twin")).isEqualTo(twin);
    }
}
