package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import org.jspecify.annotations.Nullable;

/** How a provider is told who calls. Thread-safe. */
public interface Login {
    /** What holds at present; never blocks. Null: nothing yet, see {@link #await}. */
    @Nullable
    State now();

    /**
     * Waits until something holds.
     *
     * @throws UpstreamException where that takes too long
     */
    default State await() throws UpstreamException {
        throw new IllegalStateException("there is nothing to wait for");
    }

    /** Adds what depends on the request itself; {@code fields} are complete but for that. */
    default void sign(String method, String target, HeaderFields fields, RequestBody body) {}

    /** Ends what goes on in the background. */
    default void retire() {}

    /** The same for every request, for as long as the provider is open. */
    static Login fixed(HeaderFields fields, AccountCredential credential) {
        State state = State.of(fields, credential);
        return () -> state;
    }

    /**
     * What holds for a while.
     *
     * @param fields sent with every request, in the place of the client's of the same name
     * @param redactor takes out of answers what they quote of the credential; null: there is none
     * @param fault why nobody can log in; null: one can
     */
    record State(
            HeaderFields fields,
            @Nullable CredentialRedactor redactor,
            @Nullable String fault) {
        public static State of(HeaderFields fields, AccountCredential credential) {
            var secret = credential.secret();
            return new State(fields, secret == null ? null : new CredentialRedactor(secret), credential.fault());
        }
    }
}
