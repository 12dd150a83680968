package io.llmproxy.gateway.estimate;

import io.llmproxy.domain.usage.TokenEncoding;

/** Adds up the tokens of a request's texts. One thread. */
interface TextTally {
    /** A piece of a string, as JSON spells it. */
    void add(byte[] raw, int from, int to);

    /** The next piece belongs to another string. */
    void endOfString();

    /** A text of its own, a few KiB at most. */
    void add(String text);

    /** So many bytes of text that nobody looks at, but that count in proportion. */
    void left(long length);

    /** By which the tokens are told. */
    TokenEncoding encoding();

    /** Of all that was added. */
    long tokens();
}
