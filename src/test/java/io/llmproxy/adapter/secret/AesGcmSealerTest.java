package io.llmproxy.adapter.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AesGcmSealerTest {
    private static final String PLAIN = "sk-very-secret-ü";
    private static final String CONTEXT = "acme/providers/1";

    private final MasterKey key = MasterKey.parse(Base64.getEncoder().encodeToString(new byte[32]), "test");
    private final AesGcmSealer sealer = new AesGcmSealer(key);
    private final Credential.Sealed sealed = sealer.seal(new Secret(PLAIN), CONTEXT);

    @Test
    void whatIsSealedIsOpenedInItsPlace() {
        assertThat(sealer.open(sealed, CONTEXT).reveal()).isEqualTo(PLAIN);
        assertThat(sealed.envelope()).matches("v1\\.66687aad\\.[A-Za-z0-9_-]{16}\\.[A-Za-z0-9_-]+");
    }

    @Test
    void theSameValueNeverLooksTheSame() {
        Set<String> envelopes = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            envelopes.add(sealer.seal(new Secret(PLAIN), CONTEXT).envelope());
        }
        assertThat(envelopes).hasSize(1000);
    }

    @Test
    void anotherPlaceDoesNotOpenIt() {
        for (String other : new String[] {"", "acme/providers/2", "beta/providers/1", CONTEXT + " "}) {
            assertThatThrownBy(() -> sealer.open(sealed, other))
                    .isInstanceOf(IllegalStateException.class)
                    .isNotInstanceOf(MasterKeyException.class);
        }
    }

    @Test
    void anotherKeyIsToldByItsId() {
        MasterKey other = MasterKey.parse("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", "test");
        assertThatThrownBy(() -> new AesGcmSealer(other).open(sealed, CONTEXT))
                .isInstanceOf(MasterKeyException.class)
                .hasMessageContaining(key.id())
                .hasMessageContaining(other.id());
    }

    @Test
    void everyCharacterOfTheEnvelopeCounts() {
        String envelope = sealed.envelope();
        for (int i = 0; i < envelope.length(); i++) {
            char c = envelope.charAt(i);
            String altered = envelope.substring(0, i) + (c == 'A' ? 'B' : 'A') + envelope.substring(i + 1);
            assertThatThrownBy(() -> sealer.open(new Credential.Sealed(altered), CONTEXT))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void otherFormsAreRefused() {
        String envelope = sealed.envelope();
        String[] forms = {
            "",
            "v1",
            "v1.66687aad..",
            "v1.66687aad.AAAAAAAAAAAAAAAA.AAAA",
            envelope + ".x",
            envelope + "=",
            envelope.substring(0, envelope.length() - 2),
            envelope.replace("v1.", "v2."),
            "v1.66687aad.!!!!!!!!!!!!!!!!.AAAA"
        };
        for (String form : forms) {
            assertThatThrownBy(() -> sealer.open(new Credential.Sealed(form), CONTEXT))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageNotContaining(PLAIN);
        }
    }

    @Test
    void nothingPrintsTheSecretTheKeyOrTheEnvelope() {
        String keyText = Base64.getEncoder().encodeToString(key.key().getEncoded());
        String printed = sealed + " " + key + " " + new Secret(PLAIN) + " " + Envelope.parse(sealed);
        assertThat(printed).doesNotContain(PLAIN, keyText, sealed.envelope());
    }
}
