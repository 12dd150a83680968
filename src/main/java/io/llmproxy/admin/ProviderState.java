package io.llmproxy.admin;

import io.llmproxy.port.CredentialState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a provider does, as this process sees it.
 *
 * @param targets its models
 * @param credentials where it has several
 * @param check null: there was none
 */
public record ProviderState(
        List<TargetState> targets,
        List<CredentialState> credentials,
        @Nullable Check check) {
    /**
     * What came of the last active check.
     *
     * @param state {@code ok}; {@code suspect}: it failed once; {@code failing}: it failed again, so others come first
     * @param reason what was wrong; null: nothing
     */
    public record Check(String state, @Nullable String reason, Instant at) {}

    /** Of a provider that is not live, or that nothing was sent to. */
    public static final ProviderState UNKNOWN = new ProviderState(List.of(), List.of(), null);

    public ProviderState {
        targets = List.copyOf(targets);
        credentials = List.copyOf(credentials);
    }
}
