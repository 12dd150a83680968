package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.ProviderFailure;

/** How the clients of one API read errors. Thread-safe. */
public interface ClientForm {
    /** A provider's error as a client knows it. */
    byte[] writeFailure(ProviderFailure failure);

    /** The status of that error's answer. */
    int status(ProviderFailure failure);
}
