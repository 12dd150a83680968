package io.llmproxy.domain.secret;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SecretMaskTest {
    @Test
    void takesOutWhatLooksLikeASecret() {
        for (String secret : List.of(
                "llmp_" + "aB3".repeat(14) + "x",
                "llmpa_" + "aB3".repeat(14) + "x",
                "sk-proj-abcdefghijklmnop1234",
                "AIzaSyA1234567890abcdefghijklmno",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
                "AKIAIOSFODNN7EXAMPLE")) {
            assertThat(SecretMask.mask("before " + secret + " after"))
                    .doesNotContain(secret)
                    .startsWith("before ")
                    .endsWith(" after");
        }
        assertThat(SecretMask.mask("GET http://me:pass%40word@proxy:3128/x")).isEqualTo("GET http://***@proxy:3128/x");
        assertThat(SecretMask.mask("Authorization: Bearer abcdefgh12345")).isEqualTo("Authorization: Bearer ***");
        assertThat(SecretMask.mask("-Ddb.password=hunter2x -Xmx1g")).isEqualTo("-Ddb.password=*** -Xmx1g");
        assertThat(SecretMask.mask("{\"token\": \"abcdef\"}")).isEqualTo("{\"token\": \"***\"}");
    }

    @Test
    void leavesTheRest() {
        for (String plain : List.of(
                "inputTokens: 123456",
                "secrets.directories = [/etc/llmproxy/secrets]",
                "database.password-file = /etc/pw",
                "http://127.0.0.1:8080/v1/models",
                "llmp_abcdefg")) {
            assertThat(SecretMask.mask(plain)).isEqualTo(plain);
        }
    }
}
