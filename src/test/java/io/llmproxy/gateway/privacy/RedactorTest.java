package io.llmproxy.gateway.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.privacy.PrivateKind;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found and how it is replaced, whole and at every border between pieces. */
class RedactorTest {
    private static final Redactor ALL = Redactor.of(EnumSet.allOf(PrivateKind.class));
    private static final String BODY = "MIIEpAIBAAKCAQEA7bq8\n+/AbCdEf==\n";

    static final List<String> SAMPLES = List.of(
            "Write to anna.schmidt+news@mail.example.co.uk, please.",
            "müller@bücher.example and 张伟@例子.中国 and to%40escaped.example",
            "Call +41 44 668 18 00 or (555) 234-5678, 030 901820-0, 0171/1234567.",
            "Card 4111 1111 1111 1111, 5500-0000-0000-0004, 378282246310005.",
            "IBAN DE89 3704 0044 0532 0130 00, gb29nwbk60161331926819!",
            "from 203.0.113.7 and 2001:db8::ff00:42:8329 via fe80::1%eth0",
            "key sk-ant-api03-abcDEF123456_abcDEF-7890 and AKIAIOSFODNN7EXAMPLE.",
            "ABSKQmVkcm9ja0FQSUtleS1abcdefghijklmnopqrstuvwx+/0123456789== and pa-Ab0Ab0Ab0Ab0Ab0Ab0Ab0Ab0Ab0Ab0Ab0Ab0Ab0Ab.",
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "postgres://scott:tiger99@db.internal/app api_key: 'a1b2c3d4e5f6a7b8c9d0'",
            "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P end",
            "x -----BEGIN RSA PRIVATE KEY-----\n" + BODY + "-----END RSA PRIVATE KEY----- y",
            "-----BEGIN PRIVATE KEY-----\\n" + BODY,
            "756.9217.0769.85, 536-22-1234, AB 12 34 56 C, 12345678Z, RSSMRA85T10A562S",
            "version 10.2.3.4, 1.2.3.4, 2024-01-02 10:30:00, 978-3-16-148410-0, a@b, user@host",
            "550e8400-e29b-41d4-a716-446655440000 order 1234-5678-9012-3456",
            "");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mail anna@example.com now|mail [EMAIL] now",
                "call +41 44 668 18 00.|call [PHONE].",
                "card 4111 1111 1111 1111|card [CARD]",
                "DE89370400440532013000|[IBAN]",
                "at 203.0.113.7:80|at [IP]:80",
                "sk-proj-abcdefghij0123456789ABCD|[KEY]",
                "llmp_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG|[KEY]",
                "https://u:pass1@h.example/x|https://[KEY]@h.example/x",
                "a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.x_y b|a [JWT] b",
                "ssn 536-22-1234|ssn [US_SSN]",
                "ahv 756.9217.0769.85|ahv [CH_AHV]",
                "git@github.com:a/b.git|git@github.com:a/b.git",
            })
    void replacesWhatIsPrivateByTheNameOfItsKind(String text, String redacted) {
        assertThat(ALL.redact(text)).isEqualTo(redacted);
    }

    @Test
    void takesAWholePrivateKey() {
        String pem = "-----BEGIN EC PRIVATE KEY-----\n" + BODY + "-----END EC PRIVATE KEY-----";
        assertThat(ALL.redact("a " + pem + "\nb")).isEqualTo("a [PRIVATE_KEY]\nb");
    }

    @Test
    void looksForNoNumbersOfCountriesUnlessAsked() {
        String text = "536-22-1234 and 756.9217.0769.85";
        assertThat(Redactor.DEFAULT.redact(text)).isSameAs(text);
    }

    @Test
    void piecesMakeNoDifferenceWhereverTheyAreCut() {
        for (String sample : SAMPLES) {
            assertPiecesAgree(ALL, sample);
        }
        assertPiecesAgree(ALL, String.join(" ", SAMPLES));
    }

    static void assertPiecesAgree(Redactor redactor, String sample) {
        String whole = redactor.redact(sample);
        for (int cut = 0; cut <= sample.length(); cut++) {
            RedactingStream stream = new RedactingStream(redactor);
            String pieces =
                    stream.feed(sample.substring(0, cut)) + stream.feed(sample.substring(cut)) + stream.finish();
            assertThat(pieces).as("cut at %d of %s", cut, sample).isEqualTo(whole);
        }
        RedactingStream single = new RedactingStream(redactor);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < sample.length(); i++) {
            out.append(single.feed(sample.substring(i, i + 1)));
            assertThat(single.held()).isLessThan(2048);
        }
        assertThat(out + single.finish()).isEqualTo(whole);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a@",
                "1",
                "1.",
                "1 ",
                "a.",
                "-",
                "0-",
                "+1",
                "(1",
                "::",
                "2001:",
                "eyJ",
                "sk-",
                "AAAA",
                "a@a.",
                "://a:",
                "=a",
                "4111 ",
                "é",
                "%40",
                "'",
                "-----BEGIN ",
                "-----BEGIN PRIVATE KEY-----",
                "DE89 3704 ",
                "secret=",
                "tel ",
                "@",
                "\n",
                "_",
                "756."
            })
    void hostileTextsTakeTimeInLineWithTheirLength(String piece) {
        String text = piece.repeat(150_000 / piece.length());
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            ALL.redact(text);
            RedactingStream stream = new RedactingStream(ALL);
            for (int at = 0; at < text.length(); at += 997) {
                stream.feed(text.substring(at, Math.min(text.length(), at + 997)));
                assertThat(stream.held()).isLessThan(2048);
            }
            stream.finish();
        });
    }
}
