package io.llmproxy.gateway.estimate;

import io.llmproxy.domain.usage.TokenEncoding;
import io.llmproxy.gateway.scan.ByteSearch;

/** Guesses tokens by the number of characters, by OpenAI's own rule of thumb; keeps nothing of what it is given. */
final class RoughText implements TextTally {
    private static final int HEX_DIGITS = 4;

    private long tokens;
    private long left;
    /** UTF-16 units of the string that is being read. */
    private long units;

    private boolean escaped;
    private int digits;

    @Override
    public void add(byte[] raw, int from, int to) {
        for (int i = from; i < to; i++) {
            if (digits == 0 && !escaped) {
                int plain = ByteSearch.backslashOrBeyondAscii(raw, i, to) - i;
                units += plain;
                i += plain;
                if (i == to) {
                    return;
                }
            }
            other(raw[i]);
        }
    }

    private void other(byte b) {
        if (digits > 0) {
            digits--;
        } else if (escaped) {
            escaped = false;
            digits = b == 'u' ? HEX_DIGITS : 0;
        } else if (b == '\\') {
            escaped = true;
            units++;
        } else {
            units += units(b);
        }
    }

    /** Of the character that begins with a byte of UTF-8; those beyond the first 65,536 take two. */
    private static int units(byte b) {
        if (b >= 0) {
            return 1;
        }
        boolean begins = (b & 0xC0) != 0x80;
        boolean pair = (b & 0xF8) == 0xF0;
        return begins ? pair ? 2 : 1 : 0;
    }

    @Override
    public void endOfString() {
        tokens += Math.ceilDiv(units, RoughPrompt.BYTES_PER_TOKEN);
        units = 0;
        escaped = false;
        digits = 0;
    }

    @Override
    public void add(String text) {
        tokens += Math.ceilDiv(text.length(), RoughPrompt.BYTES_PER_TOKEN);
    }

    @Override
    public void left(long length) {
        left += length;
    }

    @Override
    public TokenEncoding encoding() {
        return TokenEncoding.of(null);
    }

    @Override
    public long tokens() {
        return tokens + left / RoughPrompt.BYTES_PER_TOKEN;
    }
}
