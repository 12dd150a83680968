package io.llmproxy.domain.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-a",
                "A",
                "a_b",
                "a.b",
                "a b",
                "ä",
                "a/b",
                "../x",
                "a\n",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            })
    void refusesSlugsOutsideTheirForm(String slug) {
        assertThatThrownBy(() -> Checks.slug("slug", slug)).isInstanceOf(InvalidValueException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "acme", "acme-2", "a--b"})
    void takesSlugs(String slug) {
        assertThat(Checks.slug("slug", slug)).isEqualTo(slug);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "@", "a@", "@b", "a@@b", "a b@c", "a@b\n", "a@.b", "a@b..c", "a@b.", "<a@b>", "a/b@c"})
    void refusesWhatIsNoEmailAddress(String email) {
        assertThatThrownBy(() -> User.email(email)).isInstanceOf(InvalidValueException.class);
    }

    @Test
    void keepsEmailAddressesInLowerCase() {
        assertThat(User.email("Ann.O'Neil+x@Example.COM")).isEqualTo("ann.o'neil+x@example.com");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "env:LLMPROXY_MASTER_KEY",
                "env:llmproxy_x",
                "env:A B",
                "env:",
                "file:relative",
                "credential:../x",
                "vault:x",
                "plain"
            })
    void refusesSecretReferencesOutsideTheirForm(String ref) {
        assertThatThrownBy(() -> SecretRef.parse(ref)).isInstanceOf(InvalidValueException.class);
    }

    @Test
    void errorsShowNoControlCharacters() {
        assertThatThrownBy(() -> Checks.name("name", "a\u001b[31m\nb")).hasMessageNotContaining("\u001b");
    }

    @Test
    void aSecretPrintsAsStars() {
        assertThat(new Secret("sk-1234")).hasToString("***");
    }
}
