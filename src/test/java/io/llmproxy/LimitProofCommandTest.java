package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command that proves limits under load. */
class LimitProofCommandTest {
    private static final List<String> ALL = List.of(
            "requests, fixed-window",
            "tokens, fixed-window",
            "output-tokens, fixed-window",
            "cost, fixed-window",
            "concurrency, none",
            "requests, sliding-window",
            "tokens, sliding-window",
            "requests, token-bucket",
            "tokens, token-bucket");

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
        assertThat(limits).extracting(LimitProofCommandTest::kind).containsExactly(ALL.toArray(String[]::new));
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

    /** With which concurrency is proven. */
    private static final String FIXED = LimitAlgorithm.FIXED_WINDOW.word();

    private static String kind(JsonNode limit) {
        return String.join(
                ", ", limit.path("metric").asString(), limit.path("algorithm").asString("none"));
    }

    @ParameterizedTest
    @EnumSource
    void provesOneAlgorithmAlone(LimitAlgorithm algorithm) {
        Ctl proof = commands.appliance()
                .ctl(("prove limits --requests 400 --parallel 40 -o json --algorithm " + algorithm.word()).split(" "));
        assertThat(proof.code()).as(proof.out() + proof.err()).isZero();
        List<JsonNode> limits = JsonMapper.shared()
                .readTree(proof.out())
                .path("limits")
                .valueStream()
                .toList();
        assertThat(limits)
                .as(proof.out())
                .hasSize(algorithm == LimitAlgorithm.FIXED_WINDOW ? 5 : 2)
                .allMatch(limit -> limit.path("algorithm").asString(FIXED).equals(algorithm.word()))
                .allMatch(LimitProofCommandTest::usedUpAndHeld);
    }

    @Test
    void refusesAnAlgorithmThatThereIsNot() {
        Ctl refused = commands.appliance().ctl("prove", "limits", "--algorithm", "leaky");
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).contains("token-bucket");
    }

    /**
     * Every one was driven to its end, where it refused; none was passed by more than answers that passed their reservation, and what
     * flows off of a bucket meanwhile, which is little.
     */
    private static boolean usedUpAndHeld(JsonNode limit) {
        BigDecimal refill = new BigDecimal(limit.path("refill").asString());
        boolean bucket = limit.path("algorithm").asString().equals("token-bucket");
        BigDecimal used = new BigDecimal(limit.path("used").asString());
        BigDecimal granted = new BigDecimal(limit.path("granted").asString());
        BigDecimal end = new BigDecimal(limit.path("limit").asString())
                .add(new BigDecimal(limit.path("overrun").asString()))
                .add(refill);
        return limit.path("refused").asLong() > 0
                && limit.path("holds").asBoolean()
                && new BigDecimal(limit.path("peak").asString()).signum() > 0
                && new BigDecimal(limit.path("peak").asString()).compareTo(end) <= 0
                && (bucket
                        ? refill.signum() > 0
                                && used.compareTo(granted.subtract(refill)) >= 0
                                && used.compareTo(end) <= 0
                        : refill.signum() == 0 && used.compareTo(granted) == 0);
    }

    @ParameterizedTest
    @CsvSource({"--requests,0", "--requests,1000001", "--parallel,1", "--parallel,10001"})
    void refusesAProofOfNothingAndOneWithoutEnd(String option, String value) {
        Ctl refused = commands.appliance().ctl("prove", "limits", option, value);
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err()).contains("must be from ");
    }
}
