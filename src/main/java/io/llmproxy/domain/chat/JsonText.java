package io.llmproxy.domain.chat;

/**
 * A JSON value that goes on as it is, such as a schema: its text, which is valid JSON.
 *
 * @param text without a line feed outside of strings
 */
public record JsonText(String text) {
    /** An object without members. */
    public static final JsonText EMPTY_OBJECT = new JsonText("{}");
}
