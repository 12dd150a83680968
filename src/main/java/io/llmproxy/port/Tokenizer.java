package io.llmproxy.port;

import io.llmproxy.domain.usage.TokenEncoding;

/** Counts tokens. Thread-safe; the first use of an encoding may take a second, to read its table. */
public interface Tokenizer {
    /** Names of special tokens within the text are text. */
    int count(TokenEncoding encoding, String text);
}
