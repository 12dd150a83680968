package io.llmproxy.gateway.estimate;

import io.llmproxy.gateway.scan.PlainChat;
import java.io.IOException;
import java.io.InputStream;

/** Guesses the tokens of a prompt by its length, in the time that it takes to read it: for a reservation, which is settled later. */
public final class RoughPrompt {
    /** By OpenAI's own rule of thumb. */
    public static final int BYTES_PER_TOKEN = 4;

    private RoughPrompt() {}

    /** The same of {@link PromptShape#CHAT} that was measured before, without a second look at it. */
    public static long tokens(PlainChat chat) {
        return chat.quarters() + (long) PromptCounter.PER_MESSAGE * chat.messages() + PromptCounter.REPLY;
    }

    /**
     * Text by its length, images at their fixed price.
     *
     * @param length of the body in bytes
     */
    public static long tokens(PromptShape shape, InputStream body, long length) throws IOException {
        return new PromptCounter(new JsonPieces(body, length), new RoughText()).count(shape);
    }
}
