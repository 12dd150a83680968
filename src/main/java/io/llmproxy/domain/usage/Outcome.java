package io.llmproxy.domain.usage;

/** How a request ended. */
public enum Outcome {
    /** The provider's answer, whatever its status, reached the client whole. */
    COMPLETED,
    /** The gateway refused it; nothing was sent upstream. */
    REFUSED,
    /** No provider gave an answer. */
    FAILED,
    /** The answer broke off after its head: the upstream failed or the appliance cut it. */
    CUT,
    /** The client went away before the end. */
    CLIENT_GONE
}
