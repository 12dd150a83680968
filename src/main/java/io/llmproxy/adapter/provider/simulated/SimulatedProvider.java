package io.llmproxy.adapter.provider.simulated;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * A provider without a network: it answers in OpenAI's format, always the same to the same request. It serves
 * {@code POST /chat/completions}, {@code /completions}, {@code /responses} (each streamed too), {@code /embeddings},
 * {@code GET /models} and {@code /models/ID}; anything else is 404.
 *
 * <p>Its base URL sets speed and faults, as {@code simulated:?first-byte=300ms&tokens-per-second=40}:
 *
 * <ul>
 *   <li>{@code first-byte=150ms}: time to the head of an answer
 *   <li>{@code tokens-per-second=50}: speed of a stream; 0: all at once
 *   <li>{@code tokens=N}: length of each reply, cut or repeated to fit; 0, the default: as long as its text
 *   <li>{@code fail=0.1}: the share of requests that fail; they are spread evenly, the first one last
 *   <li>{@code status=500}: the status of a failure, 400 to 599
 *   <li>{@code retry-after=3}: seconds, sent with a failure; 0, the default: not sent
 *   <li>{@code cut-after=20}: a stream breaks off after so many pieces, another answer after so many bytes; 0: never
 *   <li>{@code hang=5}: a stream stops after so many pieces and stays open; 0: not even a head comes; -1, the default: never
 *   <li>{@code calls=2}: a chat with tools is answered by so many calls first, and by a text once it has results; 0, the default: by a text
 * </ul>
 */
public final class SimulatedProvider implements Provider {
    private final ProviderAccount account;
    private final SimulatedApi api;
    private final SimulatedSettings settings;
    private final @Nullable String fault;

    public SimulatedProvider(ProviderAccount account, InstantSource clock) {
        SimulatedSettings parsed = SimulatedSettings.DEFAULT;
        String wrong = null;
        try {
            parsed = SimulatedSettings.parse(account.baseUrl());
        } catch (InvalidValueException e) {
            wrong = e.getMessage();
        }
        this.account = account;
        this.settings = parsed;
        this.fault = wrong;
        this.api = new SimulatedApi(parsed, clock);
    }

    @Override
    public ProviderAccount account() {
        return account;
    }

    @Override
    public @Nullable String fault() {
        return fault;
    }

    @Override
    public ProviderCall call(UpstreamRequest request) {
        return new SimulatedCall(account, settings, fault, () -> api.answer(request));
    }

    @Override
    public void retire() {}
}
