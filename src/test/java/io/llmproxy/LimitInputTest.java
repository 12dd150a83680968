package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.TestAppliance.Ctl;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators say of limits that makes no sense is refused, and named. */
class LimitInputTest {
    private static LimitCommands commands;

    @BeforeAll
    static void start() {
        commands = LimitCommands.start();
    }

    @AfterAll
    static void stop() {
        commands.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "user|requests|0|hour|amount",
                "user|requests|-1|hour|amount",
                "user|requests|1.5|hour|amount",
                "user|requests|99999999999999999999|hour|amount",
                "user|requests|1e300|hour|amount",
                "user|requests|many|hour|amount",
                "nobody|requests|1|hour|scope",
                "user=|requests|1|hour|scope",
                "tenant=acme|requests|1|hour|scope",
                "ip=10.0.0.0/99|requests|1|hour|scope",
                "user|requests|1|fortnight|per",
                "user|smiles|1|hour|metric",
                "user|cost|0|day|amount",
                "user|cost|-1.50|day|amount",
                "user|cost|0.0000001|day|amount",
                "user|cost|1000000001|day|amount",
                "user|cost|$5|day|amount",
                "user|cost|1,50|day|amount",
                "user|cost|1.50||per",
            })
    void aLimitThatMakesNoSense(String scope, String metric, String amount, String per, String field) {
        commands.tenantOnce("odd");
        Ctl ctl = commands.ctl("odd", "set", "--scope", scope, "--metric", metric, "--amount", amount, "--per", per);
        // 1: refused by the server, 2: by llmproxyctl, which knows the words
        assertThat(ctl.code()).as(ctl.err()).isBetween(1, 2);
        assertThat(ctl.err()).contains(field + ":");
    }

    @Test
    void aLimitOfSomebodyWhoDoesNotExist() {
        commands.tenantOnce("odd");
        assertThat(commands.ctl(
                                "odd",
                                "set",
                                "--scope",
                                "user=x@y.example",
                                "--metric",
                                "requests",
                                "--amount",
                                "1",
                                "--per",
                                "day")
                        .code())
                .isEqualTo(4);
    }

    @Test
    void anEndpointThatBeginsWithNoSlash() {
        commands.tenantOnce("odd");
        Ctl plain = commands.ctl(
                "odd",
                "set",
                "--scope",
                "endpoint=v1/chat/completions",
                "--metric",
                "requests",
                "--amount",
                "1",
                "--per",
                "day");
        assertThat(plain.code()).isNotZero();
        assertThat(plain.err()).contains("scope: an endpoint begins with `/`");
        Ctl globbed = commands.ctl(
                "odd", "set", "--scope", "endpoint=*/nothing", "--metric", "requests", "--amount", "1", "--per", "day");
        assertThat(globbed.code()).isZero();
    }

    @Test
    void aTotalIsNoBucketAndConcurrencyHasNoPeriod() {
        commands.tenantOnce("odd");
        Ctl bucket = commands.ctl(
                "odd",
                "set",
                "--scope",
                "key",
                "--metric",
                "requests",
                "--amount",
                "1",
                "--per",
                "total",
                "--algorithm",
                "token-bucket");
        assertThat(bucket.err()).contains("algorithm:");
        assertThat(commands.ctl(
                                "odd",
                                "set",
                                "--scope",
                                "key",
                                "--metric",
                                "concurrency",
                                "--amount",
                                "1",
                                "--per",
                                "day")
                        .err())
                .contains("per:");
    }

    @ParameterizedTest
    @CsvSource({
        "--max-requests-per-minute,-1", "--max-requests-per-day,many", "--max-tokens-per-day,99999999999999999999",
        "--max-tokens-per-day,1.5", "--max-output-tokens,-7", "--max-output-tokens,0"
    })
    void aSettingThatMakesNoSenseIsRefused(String option, String value) {
        commands.tenantOnce("odd");
        Ctl ctl = commands.appliance().ctl("tenant", "update", "odd", option, value);
        assertThat(ctl.code()).as(ctl.out() + ctl.err()).isBetween(1, 2);
        assertThat(ctl.err()).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1.5", "many", "99999999999999999999"})
    void aKeyForANumberOfRequestsThatMakesNoSenseIsRefused(String value) {
        commands.tenantOnce("odd");
        Ctl ctl = commands.appliance()
                .ctl("-t", "odd", "key", "create", "k" + value.replaceAll("\\W", ""), "--max-requests", value);
        assertThat(ctl.code()).as(ctl.out() + ctl.err()).isBetween(1, 2);
    }
}
