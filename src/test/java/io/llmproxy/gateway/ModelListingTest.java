package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.runtime.KeySecrets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelListingTest {
    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.addProvider("declared", "gpt-x", "own-*");
        list("up", "a", "b");
        list("declared", "own-1", "foreign");
    }

    private void list(String provider, String... ids) {
        StringBuilder json = new StringBuilder("{\"object\":\"list\",\"extra\":[{}],\"data\":[7");
        for (String id : ids) {
            json.append(",{\"permission\":[{\"id\":\"no\"}],\"id\":\"")
                    .append(id)
                    .append("\",\"created\":5,\"owned_by\":\"them\"}");
        }
        fixture.provider(provider).answers(r -> Script.json(json + "]}"));
    }

    private RecordingSink get() {
        return fixture.send(FakeRequest.get("/v1/models").key(fixture.secret));
    }

    private List<String> ids() {
        List<String> ids = new ArrayList<>();
        java.util.regex.Matcher matcher =
                java.util.regex.Pattern.compile("\"id\":\"([^\"]*)\"").matcher(get().text());
        while (matcher.find()) {
            ids.add(matcher.group(1));
        }
        return ids;
    }

    @Test
    void listsWhatIsDeclaredAndWhatProvidersListThemselves() {
        assertThat(ids()).containsExactlyInAnyOrder("a", "b", "gpt-x", "own-1");
        RecordingSink sink = get();
        assertThat(sink.text())
                .startsWith("{\"object\":\"list\",\"data\":[")
                .contains("{\"id\":\"a\",\"object\":\"model\",\"created\":5,\"owned_by\":\"them\"}")
                .contains("{\"id\":\"gpt-x\",\"object\":\"model\",\"created\":1767225600,\"owned_by\":\"declared\"}");
        assertThat(sink.header("content-type")).isEqualTo("application/json");
        assertThat(fixture.journal.records.getFirst().outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(fixture.journal.records).hasSize(2);
    }

    @Test
    void asksAProviderOnceInFiveMinutesAndKeepsItsListWhileItIsDown() {
        ids();
        ids();
        assertThat(fixture.up().asked()).hasSize(1);
        fixture.clock.advance(Duration.ofMinutes(5));
        fixture.up().answers(r -> new Script().failsBeforeHead(Kind.CONNECT));
        assertThat(ids()).contains("a", "b");
        assertThat(fixture.up().asked()).hasSize(2);
        ids();
        assertThat(fixture.up().asked()).hasSize(2);
        fixture.clock.advance(Duration.ofSeconds(10));
        list("up", "c");
        assertThat(ids()).contains("c").doesNotContain("a");
    }

    @Test
    void aProviderThatAnswersGarbageHasNoModels() {
        fixture.up().answers(r -> Script.json("{\"data\":[{\"id\":"));
        assertThat(ids()).containsExactlyInAnyOrder("gpt-x", "own-1");
    }

    @Test
    void aKeySeesWhatItMayUse() {
        fixture.scope(GatewayFixture.scope(List.of("b", "declared/gpt*"), Set.of(), false));
        assertThat(ids()).containsExactlyInAnyOrder("b", "declared/gpt-x");
        fixture.scope(GatewayFixture.scope(List.of(), Set.of("declared"), false));
        assertThat(ids()).containsExactlyInAnyOrder("gpt-x", "own-1");
    }

    @Test
    void aModelIsListedUnderANameThatLeadsToItsProvider() {
        fixture.addProvider("zwei");
        list("zwei", "b", "only-there");
        // "b" and "only-there" alone go to the default provider, up
        assertThat(ids()).containsExactlyInAnyOrder("a", "b", "gpt-x", "own-1", "zwei/only-there");
        fixture.scope(GatewayFixture.scope(List.of(), Set.of("zwei"), false));
        assertThat(ids()).containsExactlyInAnyOrder("zwei/b", "zwei/only-there");
        assertThat(fixture.send(fixture.chat("{\"model\":\"zwei/b\"}")).status())
                .isEqualTo(200);
    }

    @Test
    void noTenantSeesWhatAnothersAccountLists() {
        var other = fixture.addTenant("other", KeySecrets.generate());
        fixture.addAccount(GatewayFixture.account("theirs", other.id(), List.of()));
        list("theirs", "secret-model");
        assertThat(ids()).doesNotContain("secret-model");
        assertThat(fixture.provider("theirs").asked()).isEmpty();
    }

    @Test
    void aHeadRequestGetsTheLengthAlone() {
        RecordingSink sink = fixture.send(new FakeRequest("HEAD", "/v1/models").key(fixture.secret));
        assertThat(sink.contentLength()).isPositive();
        assertThat(sink.calls()).containsExactly("head", "append", "end");
    }
}
