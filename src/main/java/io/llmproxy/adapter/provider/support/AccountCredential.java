package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.SecretSealer;
import io.llmproxy.port.SecretSource;
import org.jspecify.annotations.Nullable;

/**
 * An account's credential in the clear, for the header it belongs in; or why there is none.
 *
 * @param secret null: the account has none, or there is a fault
 * @param fault names the reference, never a value; null: there is none
 */
public record AccountCredential(
        @Nullable Secret secret, @Nullable String fault) {
    private static final int LONGEST = 16 * 1024;

    /**
     * Reads files and the environment; never throws for what is missing there.
     *
     * @param account with one credential at most
     */
    public static AccountCredential resolve(ProviderAccount account, SecretSource source, SecretSealer sealer) {
        return switch (account.credential()) {
            case Credential.None() -> new AccountCredential(null, null);
            case Credential.Referenced(var ref) ->
                source.resolve(ref)
                        .map(secret -> checked(secret, ref.toString()))
                        .orElseGet(() -> faulty("credential " + ref + " is not set: " + hint(ref.kind())));
            case Credential.Sealed sealed -> opened(account, sealed, sealer);
            case Credential.Several _ -> throw new IllegalArgumentException("one is taken of several before");
        };
    }

    private static AccountCredential opened(ProviderAccount account, Credential.Sealed sealed, SecretSealer sealer) {
        try {
            return checked(sealer.open(sealed, Credential.context(account.tenantId(), account.id())), "given by value");
        } catch (IllegalStateException e) {
            return faulty("the stored credential cannot be opened with the present master key: give it anew with"
                    + " `llmproxyctl provider update " + account.name() + " --api-key-stdin`");
        }
    }

    private static String hint(io.llmproxy.domain.secret.SecretRef.Kind kind) {
        return switch (kind) {
            case ENV -> "set the variable in the server's environment and restart it";
            case FILE -> "make the file readable for the server, below one of secrets.directories";
            case CREDENTIAL -> "add it to the unit by LoadCredential= and restart the server";
        };
    }

    /** A header value (RFC 9110, section 5.5): a line break in it would begin another field. */
    private static AccountCredential checked(Secret secret, String name) {
        String text = secret.reveal();
        if (text.isEmpty() || text.length() > LONGEST) {
            return faulty("credential " + name + (text.isEmpty() ? " is empty" : " is too long for a header"));
        }
        boolean plain = text.chars().allMatch(c -> c >= ' ' && c != 127 && c <= 255);
        return plain
                ? new AccountCredential(secret, null)
                : faulty("credential " + name + " has line breaks or other characters that no header can carry");
    }

    private static AccountCredential faulty(String fault) {
        return new AccountCredential(null, fault);
    }
}
