package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits of endpoints may name paths that clients ask for, which are not what the gateway calls its endpoints. */
class EndpointPathLimitsTest {
    private static final String BODY =
            "{\"model\":\"m1\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.scope(GatewayFixture.scope(List.of(), Set.of(), true));
        fixture.up().answers(r -> Script.json("{\"choices\":[],\"candidates\":[]}"));
    }

    private void limit(String pattern) {
        fixture.limits.add(new Limit(
                new UUID(0, 1).toString(),
                fixture.tenant.id(),
                LimitScope.ENDPOINT,
                pattern,
                LimitMetric.REQUESTS,
                1,
                LimitPeriod.MINUTE,
                LimitAlgorithm.SLIDING_WINDOW,
                6,
                LimitMode.HARD,
                LimitOrigin.ADMIN,
                ZoneOffset.UTC));
        fixture.publish();
    }

    private boolean limited(String path) {
        return fixture.send(FakeRequest.post(path, BODY).key(fixture.secret)).status() == 429;
    }

    @ParameterizedTest
    @CsvSource({
        "/p/up/*, /p/up/v1/chat/completions, /p/other/v1/chat/completions",
        "/p/up/v1/chat/completions, /p/up/v1/chat/completions, /p/up/v1/embeddings",
        "/p/up/v1/chat/completions, /p/up/v1/chat/completions/, /p/up/v1/embeddings",
        "/openai/deployments/m1/*, /openai/deployments/m1/chat/completions, /v1/chat/completions",
        "/v1beta/models/m1:generateContent, /v1beta/models/m1:generateContent, /v1beta/models/m2:generateContent",
        // by the template, as it ever was
        "/v1/chat/*, /openai/deployments/m1/chat/completions, /p/up/v1/chat/completions",
        "/p/{provider}/*, /p/up/v1/chat/completions, /v1/chat/completions"
    })
    void aPatternHoldsThePathsThatItNames(String pattern, String held, String free) {
        limit(pattern);
        assertThat(limited(free)).isFalse();
        assertThat(limited(free)).isFalse();
        assertThat(limited(held)).isFalse();
        assertThat(limited(held)).isTrue();
        assertThat(limited(free)).isFalse();
    }
}
