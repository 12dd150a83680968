package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.TestAppliance.Ctl;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command that proves limits under load. */
class LimitProofCommandTest {
    private static LimitCommands commands;

    @BeforeAll
    static void start() {
        commands = LimitCommands.start();
    }

    @AfterAll
    static void stop() {
        commands.close();
    }

    @Test
    void provesUnderLoadThatLimitsHoldAndLeavesNothingBehind() {
        String usage = commands.appliance()
                .ctl("usage", "report", "--by", "tenant", "-o", "json")
                .value();
        Ctl proof =
                commands.appliance().ctl("prove", "limits", "--requests", "1000", "--parallel", "100", "-o", "json");
        assertThat(proof.code()).as(proof.out() + proof.err()).isZero();
        JsonNode report = JsonMapper.shared().readTree(proof.out());
        assertThat(report.path("store").asString()).isEqualTo("memory");
        assertThat(report.path("answered").asInt()).isPositive();
        assertThat(report.path("failed").asInt()).isPositive();
        List<JsonNode> limits = report.path("limits").valueStream().toList();
        assertThat(limits)
                .extracting(limit -> limit.path("metric").asString())
                .containsExactly("requests", "tokens", "output-tokens", "cost", "concurrency");
        assertThat(limits).as(proof.out()).allMatch(LimitProofCommandTest::usedUpAndHeld);
        assertThat(commands.appliance()
                        .ctl("usage", "report", "--by", "tenant", "-o", "json")
                        .value())
                .isEqualTo(usage);
        assertThat(commands.appliance().ctl("tenant", "show", "proof").code()).isEqualTo(4);
        Ctl table = commands.appliance().ctl("prove", "limits", "--requests", "50", "--parallel", "5");
        assertThat(table.value()).containsIgnoringCase("granted").containsIgnoringCase("used");
        assertThat(table.err()).contains("HOLDS");
    }

    /** Every one was driven to its end, where it refused; none was passed by more than answers that passed their reservation. */
    private static boolean usedUpAndHeld(JsonNode limit) {
        BigDecimal end = new BigDecimal(limit.path("limit").asString())
                .add(new BigDecimal(limit.path("overrun").asString()));
        return limit.path("refused").asLong() > 0
                && limit.path("holds").asBoolean()
                && new BigDecimal(limit.path("peak").asString()).signum() > 0
                && new BigDecimal(limit.path("peak").asString()).compareTo(end) <= 0
                && limit.path("used").equals(limit.path("granted"));
    }

    @ParameterizedTest
    @CsvSource({"--requests,0", "--requests,1000001", "--parallel,1", "--parallel,10001"})
    void refusesAProofOfNothingAndOneWithoutEnd(String option, String value) {
        Ctl refused = commands.appliance().ctl("prove", "limits", option, value);
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err()).contains("must be from ");
    }
}
