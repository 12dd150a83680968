package io.llmproxy.domain.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateNameTest {
    private static final String DIGITS = "ab".repeat(32);

    @Test
    void aFingerprintIsReadInItsUsualSpellings() {
        CertificateName plain = CertificateName.parse("c", "fingerprint:" + DIGITS);
        assertThat(CertificateName.parse("c", "FINGERPRINT: " + "AB:".repeat(31) + "AB"))
                .isEqualTo(plain);
        assertThat(plain).hasToString("fingerprint:" + DIGITS);
    }

    @Test
    void namesAndAddressesAreOneInSmallAndCapitalLettersUrisAreNot() {
        assertThat(CertificateName.parse("c", "dns:App.Test")).isEqualTo(CertificateName.parse("c", "dns:app.test"));
        assertThat(CertificateName.parse("c", "email:A@b.c")).isEqualTo(CertificateName.parse("c", "email:a@B.C"));
        assertThat(CertificateName.parse("c", "uri:x:A")).isNotEqualTo(CertificateName.parse("c", "uri:x:a"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "app.test", "ip:127.0.0.1", "dns:", "dns:*.test", "fingerprint:abcd", "fingerprint:", "uri:"
            })
    void whatIsNoNameIsRefused(String text) {
        assertThatThrownBy(() -> CertificateName.parse("certificates", text))
                .isInstanceOfSatisfying(
                        InvalidValueException.class, e -> assertThat(e.field()).isEqualTo("certificates"));
    }

    @Test
    void aKeyHasAtMostThirtyTwoAndSomeWhereTheyStandForIt() {
        CertificateName name = CertificateName.parse("c", "dns:a");
        assertThat(new KeyCertificates(List.of(name, name), true).names()).containsExactly(name);
        assertThatThrownBy(() -> new KeyCertificates(Collections.nCopies(33, name), false))
                .isInstanceOf(InvalidValueException.class);
        assertThatThrownBy(() -> new KeyCertificates(List.of(), true)).isInstanceOf(InvalidValueException.class);
    }
}
