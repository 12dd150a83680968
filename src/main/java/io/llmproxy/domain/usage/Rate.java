package io.llmproxy.domain.usage;

/** What a price may be asked for. All but the last are for tokens. */
public enum Rate {
    /** Input that is neither from a cache, nor written to one, nor sound. */
    INPUT("input"),
    /** Output that is neither reasoning nor sound. */
    OUTPUT("output"),
    CACHE_READ("cache-read"),
    CACHE_WRITE("cache-write"),
    REASONING("reasoning"),
    AUDIO_INPUT("audio-input"),
    AUDIO_OUTPUT("audio-output"),
    /** For each answered request, whatever its tokens. */
    PER_REQUEST("per-request");

    private final String word;

    Rate(String word) {
        this.word = word;
    }

    /** Its column in price lists, and its option. */
    public String word() {
        return word;
    }

    /** Pico-USD for one token, or for one request, from what operators write: USD per million tokens, or per request. */
    public long parse(String field, String usd) {
        return this == PER_REQUEST ? Usd.picos(field, usd) : Usd.perMillion(field, usd);
    }

    /** What {@link #parse} reads back. */
    public String format(long picos) {
        return this == PER_REQUEST ? Usd.ofPicos(picos) : Usd.perMillion(picos);
    }
}
