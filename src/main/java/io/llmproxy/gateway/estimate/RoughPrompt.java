package io.llmproxy.gateway.estimate;

import java.io.IOException;
import java.io.InputStream;

/** Guesses the tokens of a prompt by its length, in the time that it takes to read it: for a reservation, which is settled later. */
public final class RoughPrompt {
    /** By OpenAI's own rule of thumb. */
    public static final int BYTES_PER_TOKEN = 4;

    private RoughPrompt() {}

    /**
     * Text by its length, images at their fixed price.
     *
     * @param length of the body in bytes
     */
    public static long tokens(PromptShape shape, InputStream body, long length) throws IOException {
        return new PromptCounter(new JsonPieces(body, length), new RoughText()).count(shape);
    }
}
