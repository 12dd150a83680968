package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.Redaction;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.testing.SampleSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What providers get to see of private text, and what clients get back. */
class RedactionTest {
    private static final String CHAT =
            "{ \"model\":\"m\",\"messages\":[{\"role\":\"user\",\n\"content\":\"Mail anna\\u0040example.com,"
                    + " \\\"bob@example.com\\\" or call +41 44 668 18 00 \\ud83d\\ude00\"}], \"x\":1.0}";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
    }

    private void redact(Redaction.Mode mode, boolean strict, Set<String> providers, String... patterns) {
        List<CustomPattern> custom = new ArrayList<>();
        for (String pattern : patterns) {
            custom.add(CustomPattern.parse(pattern));
        }
        fixture.settings(SampleSettings.redaction(new Redaction(mode, Set.of(), custom, providers, strict)));
    }

    private String seen(String body) {
        fixture.send(fixture.chat(body));
        return fixture.up().last().body();
    }

    @Test
    void aMaskTakesTheTextsPlaceAndAllElseStaysByteForByte() {
        redact(Redaction.Mode.MASK, true, Set.of());
        fixture.up().answers(r -> Script.json("{\"a\":\"[EMAIL]\"}"));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(fixture.up().last().body())
                .isEqualTo(CHAT.replace("anna\\u0040example.com", "[EMAIL]")
                        .replace("bob@example.com", "[EMAIL]")
                        .replace("+41 44 668 18 00", "[PHONE]"));
        assertThat(sink.header("x-llmproxy-redacted")).isEqualTo("email=2,phone=1");
        assertThat(sink.text()).isEqualTo("{\"a\":\"[EMAIL]\"}");
    }

    @Test
    void nothingIsLookedForUnlessTheTenantWantsIt() {
        fixture.up().answers(r -> Script.json("{}"));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(fixture.up().last().body()).isEqualTo(CHAT);
        assertThat(sink.headers().contains("x-llmproxy-redacted")).isFalse();
    }

    @Test
    void aVaultGivesBackWhatItTookWithTheEscapesOfTheAnswer() {
        redact(Redaction.Mode.VAULT, true, Set.of(), "quote=\"[^\"]+\"");
        fixture.up()
                .answers(
                        r -> Script.json(
                                "{\"choices\":[{\"message\":{\"content\":\"to [QUOTE_1], [PHONE_1] [EMAIL_9] [X]\","
                                        + "\"tool_calls\":[{\"function\":{\"arguments\":\"{\\\"to\\\":\\\"[EMAIL_1] [QUOTE_1]\\\"}\"}}]}}],\"n\":1}"));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(fixture.up().last().body()).contains("Mail [EMAIL_1], [QUOTE_1] or call [PHONE_1] ");
        assertThat(sink.text())
                .isEqualTo(
                        "{\"choices\":[{\"message\":{\"content\":\"to \\\"bob@example.com\\\", +41 44 668 18 00 [EMAIL_9] [X]\","
                                + "\"tool_calls\":[{\"function\":{\"arguments\":\"{\\\"to\\\":\\\"anna@example.com \\\\\\\"bob@example.com\\\\\\\"\\\"}\"}}]}}],\"n\":1}");
    }

    @Test
    void theSameTextHasTheSamePlaceholderAndOneOfTheClientsIsNotTaken() {
        redact(Redaction.Mode.VAULT, true, Set.of());
        fixture.up().answers(r -> Script.json("{\"t\":\"[EMAIL_1] [EMAIL_2] [EMAIL_3]\"}"));
        RecordingSink sink = fixture.send(
                fixture.chat("{\"model\":\"m\",\"input\":[\"a@b.example [EMAIL_2] c@d.example\",\"a@b.example\"]}"));
        assertThat(fixture.up().last().body())
                .isEqualTo("{\"model\":\"m\",\"input\":[\"[EMAIL_1] [EMAIL_2] [EMAIL_3]\",\"[EMAIL_1]\"]}");
        assertThat(sink.text()).isEqualTo("{\"t\":\"a@b.example [EMAIL_2] c@d.example\"}");
    }

    @Test
    void aPlaceholderSplitOverEventsIsPutTogetherWhereverItIsCut() {
        redact(Redaction.Mode.VAULT, true, Set.of());
        String text = "Hi [EMAIL_1]! [EM";
        for (int cut = 0; cut <= text.length(); cut++) {
            String first = chunk(text.substring(0, cut));
            String second = chunk(text.substring(cut));
            String end =
                    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
            fixture.up().answers(r -> Script.events(first, second, end));
            RecordingSink sink = fixture.send(
                    fixture.chat(
                            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"messages\":[{\"content\":\"a@b.example\"}]}"));
            String whole = sink.text();
            StringBuilder content = new StringBuilder();
            for (String part : whole.split("\"content\":\"", -1)) {
                content.append(part, 0, Math.max(0, part.indexOf("\"}")));
            }
            assertThat(content.toString()).as("cut at %d: %s", cut, whole).endsWith("Hi a@b.example! [EM");
            assertThat(whole).endsWith(end);
        }
    }

    private static String chunk(String content) {
        return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + content + "\"}}]}\n\n";
    }

    @Test
    void onlyTheProvidersThatAreNamedAreKeptFromIt() {
        fixture.addProvider("own", "own-*");
        fixture.addRoute("both", BalancePolicy.FAILOVER, "own/m", "up/m");
        redact(Redaction.Mode.MASK, true, Set.of("up"));
        fixture.provider("own").answers(r -> Script.json("{}").status(500));
        fixture.up().answers(r -> Script.json("{}"));
        fixture.send(fixture.chat(CHAT.replace("\"m\"", "\"both\"")));
        assertThat(fixture.provider("own").last().body()).contains("bob@example.com");
        assertThat(fixture.up().last().body()).doesNotContain("bob@example.com").contains("[EMAIL]");
    }

    @Test
    void aBodyThatCannotBeReadIsRefusedUnlessThatIsAllowed() {
        redact(Redaction.Mode.MASK, true, Set.of());
        RecordingSink refused = fixture.send(upload());
        assertThat(refused.error().status()).isEqualTo(403);
        assertThat(refused.error().code()).isEqualTo("redaction_impossible");
        redact(Redaction.Mode.MASK, false, Set.of());
        fixture.up().answers(r -> Script.json("{}"));
        assertThat(fixture.send(upload()).status()).isEqualTo(200);
    }

    private FakeRequest upload() {
        String form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--\r\n";
        return new FakeRequest("POST", "/v1/audio/transcriptions")
                .key(fixture.secret)
                .header("Content-Type", "multipart/form-data; boundary=b")
                .body(form.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void namesToolsAndDataStayAsTheyAre() {
        redact(Redaction.Mode.MASK, true, Set.of());
        fixture.up().answers(r -> Script.json("{}"));
        String kept =
                "{\"model\":\"a@b.example\",\"tools\":[{\"d\":\"a@b.example\"}],\"messages\":[{\"role\":\"a@b.example\",\"content\":"
                        + "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,4111111111111111\"}},"
                        + "{\"source\":{\"data\":\"4111111111111111\"}}]}]}";
        assertThat(seen(kept)).isEqualTo(kept);
        String changed =
                "{\"model\":\"m\",\"user\":\"a@b.example\",\"messages\":[{\"content\":[{\"type\":\"tool_use\",\"input\":{\"id\":\"a@b.example\"}}]}]}";
        assertThat(seen(changed)).isEqualTo(changed.replace("a@b.example", "[EMAIL]"));
    }

    @Test
    void anAnswerOfPlainTextIsGivenBackToo() {
        redact(Redaction.Mode.VAULT, true, Set.of());
        fixture.up()
                .answers(r -> new Script()
                        .header("Content-Type", "text/plain; charset=utf-8")
                        .piece("é [EMAIL_1]"));
        assertThat(fixture.send(fixture.chat(CHAT)).text()).isEqualTo("é anna@example.com");
    }
}
