package io.llmproxy.gateway.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.PrivateKind;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns of the operator: what they match, what is refused, and that no text makes them slow. */
class PatternTest {
    private static Redactor of(String... patterns) {
        List<CustomPattern> all = new java.util.ArrayList<>();
        for (int i = 0; i < patterns.length; i++) {
            all.add(new CustomPattern("p" + i, patterns[i]));
        }
        return Redactor.of(Set.of(), all);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "ACME-\\d{4,6}~see ACME-12345, ACME-1~see [P0], ACME-1",
                "\\bpat\\w*\\b~a patient spat~a [P0] spat",
                "(?i)secret (one|two)~Secret ONE, secret twofold~[P0], [P0]fold",
                "[^a-z ]+~abc D3 ef~abc [P0] ef",
                "a~aaa~[P0][P0][P0]",
                "a+b?~aab aac~[P0] [P0]c",
                "x{2}~xxxxx~[P0][P0]x",
                "(a.c){2,3}~abcaxc abc~[P0] abc",
                "^id:.+$~id:7~[P0]",
                "[\\d.]+~v1.2 x~v[P0] x",
                "\\(\\w\\)~f(x)~f[P0]",
            })
    void matchesTheLongestThatBeginsFirst(String pattern, String text, String redacted) {
        Redactor redactor = of(pattern);
        assertThat(redactor.redact(text)).isEqualTo(redacted);
        RedactorTest.assertPiecesAgree(redactor, text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(",
                ")",
                "a)",
                "[",
                "[b-a]",
                "*",
                "a**",
                "a{3,2}",
                "a{x}",
                "a{999}",
                "\\1",
                "(?=a)",
                "(?<n>a)",
                "\\",
                "[\\",
                "\\p",
                "a+?",
                "(((a{200}){200}))",
                "[a-",
                "{"
            })
    void refusesWhatIsNoPatternAndSaysWhy(String pattern) {
        assertThatThrownBy(() -> new CustomPattern("x", pattern))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("redactPatterns x");
    }

    @Test
    void agreesWithTheLibraryOnSimplePatterns() {
        Random random = new Random(7);
        for (String pattern : List.of("ab+a", "(ab|ba)+", "a[bc]{1,3}", "c+\\b", "\\ba", "a.?c")) {
            Redactor ours = of(pattern);
            Pattern theirs = Pattern.compile(pattern);
            for (int n = 0; n < 300; n++) {
                StringBuilder text = new StringBuilder();
                for (int i = 0; i < 12; i++) {
                    text.append("abc ".charAt(random.nextInt(4)));
                }
                assertThat(ours.redact(text.toString()))
                        .isEqualTo(theirs.matcher(text).replaceAll("[P0]"));
            }
        }
    }

    @Test
    void comesBeforeTheKindsAndIsNeverPartOfThem() {
        Redactor redactor =
                Redactor.of(PrivateKind.DEFAULTS, List.of(new CustomPattern("host", "mail\\.acme\\.example")));
        String text = "to anna@mail.acme.example or anna@acme.example";
        assertThat(redactor.redact(text)).isEqualTo("to anna@[HOST] or [EMAIL]");
        RedactorTest.assertPiecesAgree(redactor, text);
        for (String sample : RedactorTest.SAMPLES) {
            RedactorTest.assertPiecesAgree(
                    Redactor.of(PrivateKind.DEFAULTS, List.of(new CustomPattern("p", "[aeiou]\\w+n"))), sample);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"(a|a)*b", "(a*)*b", "(\\w+\\s?)+$", ".*.*.*=", "a{1,200}c"})
    void noTextMakesItSlow(String pattern) {
        String text = "a".repeat(100_000);
        Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(60), () -> of(pattern).redact(text));
    }
}
