package io.llmproxy.domain.chat;

/** Whether the model calls tools. */
public sealed interface ToolChoice {
    /** As it likes. */
    record Auto() implements ToolChoice {}

    /** It calls none. */
    record None() implements ToolChoice {}

    /** It calls at least one. */
    record Required() implements ToolChoice {}

    /** It calls this one. */
    record Named(String name) implements ToolChoice {}
}
