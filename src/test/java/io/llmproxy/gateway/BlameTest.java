package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.runtime.KeySecrets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A provider that tenants share: what one of them causes is not held against the others. */
class BlameTest {
    private static final String BAD = "{\"model\":\"m\",\"user\":\"bad\"}";
    private static final String GOOD = "{\"model\":\"m\"}";

    @TempDir
    Path directory;

    private final String other = KeySecrets.generate();
    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.addAccount(GatewayFixture.account("pool", null, List.of("m")));
        fixture.addTenant("other", other);
    }

    private ScriptedProvider pool() {
        return fixture.provider("pool");
    }

    private int mine(String body) {
        return fixture.send(fixture.chat(body)).status();
    }

    private int theirs() {
        return fixture.send(FakeRequest.post("/v1/chat/completions", GOOD).key(other))
                .status();
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 520, 599})
    void oneTenantsFailingRequestsCloseTheModelToItAlone(int status) {
        pool().answers(r -> Script.json("{}").status(status));
        for (int i = 0; i < 10; i++) {
            assertThat(mine(BAD)).isEqualTo(status);
        }
        pool().answers(r -> Script.json("{}"));

        assertThat(mine(GOOD)).isEqualTo(503);
        for (int i = 0; i < 20; i++) {
            assertThat(theirs()).isEqualTo(200);
        }
        assertThat(mine(GOOD)).as("others' successes do not open it again").isEqualTo(503);
        assertThat(fixture.gateway.health().open()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"NO_ANSWER", "FIRST_BYTE_TIMEOUT", "PROTOCOL", "TRUNCATED"})
    void soDoCallsThatTheyBreak(Kind kind) {
        pool().answers(r -> Script.json("{}").failsBeforeHead(kind));
        for (int i = 0; i < 12; i++) {
            mine(BAD);
        }
        pool().answers(r -> Script.json("{}"));

        assertThat(mine(GOOD)).isEqualTo(503);
        assertThat(theirs()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(ints = {502, 503, 504, 529})
    void whatNoRequestCausesIsHeldAgainstTheProvider(int status) {
        pool().answers(r -> Script.json("{}").status(status));
        for (int i = 0; i < 10; i++) {
            mine(GOOD);
        }
        int asked = pool().asked().size();

        assertThat(theirs()).isEqualTo(503);
        assertThat(pool().asked()).hasSize(asked);
    }

    @Test
    void aProviderThatCannotBeReachedIsLeftAloneByAll() {
        pool().answers(r -> Script.json("{}").failsBeforeHead(Kind.CONNECT));
        for (int i = 0; i < 10; i++) {
            mine(GOOD);
        }
        int asked = pool().asked().size();

        assertThat(theirs()).isEqualTo(503);
        assertThat(pool().asked()).hasSize(asked);
    }

    @Test
    void theTenantsOwnProviderIsItsOwnMatter() {
        fixture.addProvider("own", "x");
        fixture.provider("own").answers(r -> Script.json("{}").status(500));
        for (int i = 0; i < 12; i++) {
            mine("{\"model\":\"x\"}");
        }

        assertThat(fixture.provider("own").asked()).hasSize(10);
    }
}
