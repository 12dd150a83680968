package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an operator sets of private text, and what comes of it. */
class PrivacyTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String ASKED =
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"I am CUST-123456, anna@example.com, SSN 536-22-1234\"}]}";

    private static final FakeProvider UP = FakeProvider.start();
    private static final TestAppliance APPLIANCE = TestAppliance.start();
    private static final Http HTTP = new Http(APPLIANCE.gateway(), APPLIANCE.tenantWithKey("acme", UP.baseUrl()));

    @AfterAll
    static void stop() {
        HTTP.close();
        APPLIANCE.close();
        UP.close();
    }

    private static void set(String... options) {
        String[] all = new String[options.length + 3];
        System.arraycopy(new String[] {"tenant", "update", "acme"}, 0, all, 0, 3);
        System.arraycopy(options, 0, all, 3, options.length);
        Ctl ctl = APPLIANCE.ctl(all);
        assertThat(ctl.code()).as(ctl.err()).isZero();
    }

    @Test
    void aVaultTakesOutAndGivesBackWhatTheOperatorNames() {
        set(
                "--redact",
                "vault",
                "--redact-kinds",
                "email,us-ssn",
                "--redact-pattern",
                "customer=CUST-\\d{6,8}",
                "--redact-strict",
                "on");
        UP.on(
                CHAT,
                Script.answer(
                        200, "{\"t\":\"[CUSTOMER_1] [EMAIL_1] [US_SSN_1]\"}", "Content-Type", "application/json"));
        HttpResponse<String> answer = HTTP.post(CHAT, ASKED);
        assertThat(UP.lastRequest().text())
                .isEqualTo(ASKED.replace(
                        "CUST-123456, anna@example.com, SSN 536-22-1234", "[CUSTOMER_1], [EMAIL_1], SSN [US_SSN_1]"));
        assertThat(answer.body()).isEqualTo("{\"t\":\"CUST-123456 anna@example.com 536-22-1234\"}");
        assertThat(answer.headers().firstValue("x-llmproxy-redacted")).contains("customer=1,email=1,us-ssn=1");
        assertThat(APPLIANCE.ctl("tenant", "show", "acme", "-o", "json").out())
                .contains("\"vault\"", "us-ssn", "customer=CUST-\\\\d{6,8}");
        set("--redact", "off", "--redact-pattern", "none", "--redact-kinds", "none");
        HTTP.post(CHAT, ASKED);
        assertThat(UP.lastRequest().text()).isEqualTo(ASKED);
    }

    @ParameterizedTest
    @CsvSource({
        "--redact,maybe,must be off",
        "--redact-kinds,emial,is no kind",
        "--redact-pattern,x=(a,not closed",
        "--redact-pattern,x=(?=a),look-around",
        "--redact-pattern,nothing,name=regex",
        "--redact-pattern,Email=a,lower-case",
        "--redact-pattern,email=a,is that of a kind",
        "--redact-providers,nobody,nobody",
    })
    void refusesWhatMeansNothing(String option, String value, String why) {
        Ctl ctl = APPLIANCE.ctl("tenant", "update", "acme", option, value);
        assertThat(ctl.code()).isEqualTo(1);
        assertThat(ctl.err()).contains(why);
    }

    @Test
    void aSwitchIsOnOrOff() {
        assertThat(APPLIANCE
                        .ctl("tenant", "update", "acme", "--redact-strict", "perhaps")
                        .code())
                .isEqualTo(2);
    }
}
