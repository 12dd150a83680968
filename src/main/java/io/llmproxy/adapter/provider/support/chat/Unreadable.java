package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;

/** Faults of answers that are not in their API's format; the texts quote nothing of them. */
public final class Unreadable {
    private Unreadable() {}

    public static UpstreamException because(String what) {
        return new UpstreamException(Kind.UNREADABLE, "the answer is not in the provider's format: " + what, null);
    }
}
