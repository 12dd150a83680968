package io.llmproxy.domain.chat;

/** Who says something in a conversation. */
public enum Role {
    /** Whoever runs the model. */
    SYSTEM,
    /** Whoever builds with the model: below the system, above the user. */
    DEVELOPER,
    USER,
    ASSISTANT,
    /** The answer of a tool that the model called: one {@link Content.ToolResult}. */
    TOOL
}
