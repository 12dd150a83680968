package io.llmproxy.domain.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.InvalidValueException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
    @ParameterizedTest
    @CsvSource({
        "openai/gpt-4o,openai,gpt-4o,-1",
        "openai/gpt-4o=3,openai,gpt-4o,3",
        "openai/*,openai,*,-1",
        "router/meta/llama-3=0,router,meta/llama-3,0",
        "odd/a=b,odd,a=b,-1",
        "odd/a=b=2,odd,a=b,2",
        "smart,smart,,-1",
        "smart=5,smart,,5"
    })
    void isReadAndWrittenAlike(String text, String name, @Nullable String model, int weight) {
        Target target = Target.parse("targets", text);

        assertThat(target).isEqualTo(new Target(name, model, weight));
        assertThat(target.alias()).isEqualTo(model == null);
        assertThat(Target.parse("targets", target.toString())).isEqualTo(target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "/m", "a/", "a b/m", "a/m=1000001", "a/m=99999999999", "=1", "a\u0000/m", "-a/m"})
    void whatIsNoneIsRefusedByItsField(String text) {
        assertThatThrownBy(() -> Target.parse("targets", text))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("targets");
    }

    @Test
    void aRouteHasTargetsEachOnceAndAWeightToDrawBy() {
        assertThatThrownBy(() -> route(BalancePolicy.FAILOVER, 0, null)).hasMessageContaining("1 to 32 targets");
        assertThatThrownBy(() -> route(BalancePolicy.FAILOVER, 0, null, "a/m", "a/m=2"))
                .hasMessageContaining("twice");
        assertThatThrownBy(() -> route(BalancePolicy.WEIGHTED, 0, null, "a/m=0", "b/m=0"))
                .hasMessageContaining("weight above 0");
        assertThatThrownBy(() -> route(BalancePolicy.FAILOVER, 11, null, "a/m")).hasMessageContaining("0 to 10");
        assertThatThrownBy(() -> route(BalancePolicy.FAILOVER, 0, Duration.ZERO, "a/m"))
                .hasMessageContaining("1ms to 1d");
        assertThat(route(BalancePolicy.FAILOVER, 0, null, "a/m", "a/n").named()).isTrue();
    }

    private static Route route(BalancePolicy strategy, int retries, @Nullable Duration timeout, String... targets) {
        return new Route(
                new UUID(0, 1),
                null,
                "r",
                RouteMatch.NONE,
                Choice.of(strategy),
                List.of(targets).stream().map(t -> Target.parse("targets", t)).toList(),
                retries,
                false,
                timeout,
                Instant.EPOCH,
                Instant.EPOCH);
    }

    @ParameterizedTest
    @ValueSource(strings = {"failover", "round-robin", "weighted", "least-latency", "cost"})
    void strategiesHaveTheirWords(String word) {
        assertThat(BalancePolicy.parse("strategy", word).word()).isEqualTo(word);
    }

    @ParameterizedTest
    @CsvSource({"user,user", "header:X-Conversation,header:x-conversation"})
    void stickinessHasItsWords(String text, String word) {
        assertThat(Stickiness.parse("sticky", text).word()).isEqualTo(word);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "users", "User", "header", "header:", "header:a b", "header:x:y", "none"})
    void whatIsNoStickinessIsRefused(String text) {
        assertThatThrownBy(() -> Stickiness.parse("sticky", text))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("sticky", "user or header:NAME");
    }

    @Test
    void anUnknownStrategyIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> BalancePolicy.parse("strategy", "random"))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("failover, round-robin, weighted, least-latency or cost");
    }
}
