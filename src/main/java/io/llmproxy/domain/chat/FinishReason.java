package io.llmproxy.domain.chat;

/** Why an answer ended. */
public enum FinishReason {
    /** It was complete. */
    STOP,
    /** One of the client's stop sequences came. */
    STOP_SEQUENCE,
    /** The bound of its length was reached. */
    LENGTH,
    /** Tools are to be called. */
    TOOL_CALLS,
    /** The model or its provider refused. */
    REFUSED
}
