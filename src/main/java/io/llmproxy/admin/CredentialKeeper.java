package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.CredentialChanges;
import io.llmproxy.admin.AdminCommand.ProviderChanges;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.SecretSealer;
import io.llmproxy.port.SecretSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes of what a command says about a credential what is stored: nothing, a reference, or a sealed value. */
final class CredentialKeeper {
    private static final int LONGEST = 8192;
    private static final int MOST = 16;
    private final SecretSource secrets;
    private final SecretSealer sealer;

    CredentialKeeper(SecretSource secrets, SecretSealer sealer) {
        this.secrets = secrets;
        this.sealer = sealer;
    }

    /** Refuses what needs no database to be refused; that the secret is there now is not asked. */
    void check(ProviderChanges changes) {
        SecretRef ref = changes.credentialRef().value();
        Secret apiKey = changes.apiKey().value();
        if (ref != null && apiKey != null) {
            throw new InvalidValueException("credentialRef", "give a reference or apiKey, not both");
        }
        if (ref != null) {
            secrets.check(ref);
        }
        if (apiKey != null) {
            checkValue(apiKey.reveal());
        }
        CredentialChanges more = changes.credentials();
        if (more.addRef() != null) {
            secrets.check(more.addRef());
        }
        if (more.addKey() != null) {
            checkValue(more.addKey().reveal());
        }
    }

    /** The credential after the change; naming one form replaces all that there were, then what is removed goes and what is added comes. */
    Credential over(Credential current, ProviderChanges changes, @Nullable UUID tenantId, UUID providerId) {
        Credential one = replaced(current, changes, tenantId, providerId);
        CredentialChanges more = changes.credentials();
        if (more.equals(CredentialChanges.NONE)) {
            return one;
        }
        List<Credential.Named> all = new ArrayList<>(one.each());
        for (String name : more.remove()) {
            if (!all.removeIf(c -> c.name().equals(name))) {
                throw new InvalidValueException(
                        "removeCredentials",
                        "there is no credential " + Checks.quoted(name) + "; see `credentials` of the provider");
            }
        }
        if (more.addRef() != null) {
            add(all, more.addRef().toString(), new Credential.Referenced(more.addRef()));
        }
        if (more.addKey() != null) {
            Secret value = new Secret(more.addKey().reveal().strip());
            add(all, unused(all), sealer.seal(value, Credential.context(tenantId, providerId)));
        }
        return Credential.of(all);
    }

    private static void add(List<Credential.Named> all, String name, Credential credential) {
        if (taken(all, name)) {
            throw new InvalidValueException("addCredentialRef", "the provider has it already");
        }
        if (all.size() == MOST) {
            throw new InvalidValueException("addCredentialRef", "a provider has at most " + MOST + " credentials");
        }
        all.add(new Credential.Named(name, credential));
    }

    private static String unused(List<Credential.Named> all) {
        int number = 1;
        while (taken(all, "key-" + number)) {
            number++;
        }
        return "key-" + number;
    }

    private static boolean taken(List<Credential.Named> all, String name) {
        return all.stream().anyMatch(c -> c.name().equals(name));
    }

    private Credential replaced(Credential current, ProviderChanges changes, @Nullable UUID tenantId, UUID providerId) {
        SecretRef ref = changes.credentialRef().value();
        Secret apiKey = changes.apiKey().value();
        if (ref != null) {
            return new Credential.Referenced(ref);
        }
        if (apiKey != null) {
            return sealer.seal(new Secret(apiKey.reveal().strip()), Credential.context(tenantId, providerId));
        }
        return cleared(current, changes) ? new Credential.None() : current;
    }

    /** @throws InvalidValueException where the provider cannot work without */
    static void require(ProviderKind kind, Credential credential) {
        if (kind.needsCredential() && credential instanceof Credential.None) {
            throw new InvalidValueException(
                    "credential",
                    "a provider of type " + kind.word()
                            + " needs one: --api-key-env NAME, --api-key-file PATH, --api-key-stdin or --secret NAME"
                            + " (credentialRef or apiKey)");
        }
    }

    private static boolean cleared(Credential current, ProviderChanges changes) {
        return switch (current) {
            case Credential.None _ -> false;
            case Credential.Referenced _ -> changes.credentialRef().named();
            case Credential.Sealed _ -> changes.apiKey().named();
            case Credential.Several _ ->
                changes.credentialRef().named() || changes.apiKey().named();
        };
    }

    private static void checkValue(String value) {
        String text = value.strip();
        boolean printable = text.chars().allMatch(c -> c > ' ' && c < 127);
        if (text.isEmpty() || text.length() > LONGEST || !printable) {
            throw new InvalidValueException(
                    "apiKey", "must be 1 to " + LONGEST + " visible ASCII characters without spaces");
        }
    }
}
