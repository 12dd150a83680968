package io.llmproxy.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignedCallIdTest {
    private static final String MODEL = "gemini-3-pro-preview";
    private static final String PLAIN = "call_0123456789abcdef01234567";
    private static final String SIGNATURE = "CiQBcsjafC9+/w==";
    private static final String SIGNED = SignedCallId.of(PLAIN, MODEL, SIGNATURE);

    @Test
    void bringsTheSignatureBackAsItWas() {
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = new byte[1 + random.nextInt(3000)];
            random.nextBytes(bytes);
            Base64.Encoder alphabet = random.nextBoolean() ? Base64.getEncoder() : Base64.getUrlEncoder();
            String signature = (random.nextBoolean() ? alphabet : alphabet.withoutPadding()).encodeToString(bytes);
            String plain = Integer.toString(random.nextInt(Integer.MAX_VALUE), 36);
            String id = SignedCallId.of(plain, MODEL, signature);

            assertThat(id).matches("[A-Za-z0-9_-]+").hasSizeLessThanOrEqualTo(SignedCallId.LONGEST);
            assertThat(SignedCallId.signature(id, MODEL)).isEqualTo(signature);
            assertThat(SignedCallId.plain(id)).isEqualTo(plain);
        }
    }

    @Test
    void givesNoSignatureToAnotherModel() {
        assertThat(SignedCallId.signature(SIGNED, "gemini-3-flash-preview")).isNull();
    }

    @Test
    void knowsACutIdAtAnyLength() {
        for (int length = 0; length < SIGNED.length(); length++) {
            String cut = SIGNED.substring(0, length);

            assertThat(SignedCallId.signature(cut, MODEL)).as(cut).isNull();
            assertThat(SignedCallId.plain(cut)).as(cut).hasSizeLessThan(50);
        }
    }

    @Test
    void knowsAChangedIdAtAnyPlace() {
        for (int i = 0; i < SIGNED.length(); i++) {
            char other = SIGNED.charAt(i) == 'x' ? 'y' : 'x';
            String changed = SIGNED.substring(0, i) + other + SIGNED.substring(i + 1);

            assertThat(SignedCallId.signature(changed, MODEL)).as(changed).isNull();
        }
        assertThat(SignedCallId.signature(SIGNED + "A", MODEL)).isNull();
        assertThat(SignedCallId.signature(SIGNED.toLowerCase(Locale.ROOT), MODEL))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "call_1",
                "toolu_01A09q90qw90lq917835lq9",
                "call_7__thought__CiQBcsjafC9",
                "call_signed1_",
                "call_signed1_0",
                "call_signed1_00_AAAAAA0x",
                "call_signed1_-1x_AAAAAA0x",
                "call_signed1_99x_AAAAAA0x",
                "call_signed1_٠١x_AAAAAA0x",
                "call_signed1_01é_AAAAAA0x",
                "call_signed1_13call_signed1__AAAAAA0x",
                "call_signed1_02x_AAAAAA0x"
            })
    void leavesOtherIdsAlone(String id) {
        assertThat(SignedCallId.plain(id)).isEqualTo(id);
        assertThat(SignedCallId.signature(id, MODEL)).isNull();
    }

    @Test
    void doesWithoutASignatureThatIsTooLongOrNone() {
        assertThat(SignedCallId.of(PLAIN, MODEL, "A".repeat(8000))).hasSizeGreaterThan(8000);
        assertThat(SignedCallId.of(PLAIN, MODEL, "A".repeat(SignedCallId.LONGEST)))
                .isEqualTo(PLAIN);
        assertThat(SignedCallId.of(PLAIN, MODEL, "A".repeat(10_000_000))).isEqualTo(PLAIN);
        assertThat(SignedCallId.of(PLAIN, MODEL, "")).isEqualTo(PLAIN);
        assertThat(SignedCallId.of(PLAIN, MODEL, "+_")).isEqualTo(PLAIN);
        assertThat(SignedCallId.of(PLAIN, MODEL, "no base64")).isEqualTo(PLAIN);
    }

    @Test
    void takesNoSignatureFromAnOverlongId() {
        assertThat(SignedCallId.signature(SIGNED + "A".repeat(10_000_000), MODEL))
                .isNull();
        assertThat(SignedCallId.plain(SIGNED + "A".repeat(10_000_000))).isEqualTo(PLAIN);
    }

    @Test
    void carriesBesideShortIdsOfUsualCharactersAlone() {
        assertThat(SignedCallId.carries(PLAIN)).isTrue();
        assertThat(SignedCallId.carries("x".repeat(41))).isFalse();
        assertThat(SignedCallId.carries("a b")).isFalse();
        assertThat(SignedCallId.carries("")).isFalse();
        assertThat(SignedCallId.carries(SIGNED)).isFalse();
        assertThat(SignedCallId.carries("call_signed1_x")).isFalse();
    }
}
