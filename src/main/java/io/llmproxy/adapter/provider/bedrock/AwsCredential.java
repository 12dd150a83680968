package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.domain.secret.Secret;
import org.jspecify.annotations.Nullable;

/**
 * A pair of keys, with the token of a session where they are temporary.
 *
 * @param session null: the keys are lasting ones
 */
record AwsCredential(
        String accessKeyId, Secret secretKey, @Nullable Secret session) {
    /** Of {@code ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]}; null where it has another form, as an API key has. */
    static @Nullable AwsCredential parse(Secret credential) {
        String[] parts = credential.reveal().split(":", 3);
        if (parts.length < 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
            return null;
        }
        boolean temporary = parts.length == 3 && !parts[2].isEmpty();
        return new AwsCredential(parts[0], new Secret(parts[1]), temporary ? new Secret(parts[2]) : null);
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return "AwsCredential[" + accessKeyId + "]";
    }
}
