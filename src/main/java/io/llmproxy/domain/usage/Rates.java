package io.llmproxy.domain.usage;

import io.llmproxy.domain.Checks;
import java.util.function.ToLongFunction;

/** The prices of one model, in pico-USD for one token or one request; {@link Usd#UNKNOWN} where nobody told. */
public record Rates(
        long input,
        long output,
        long cacheRead,
        long cacheWrite,
        long reasoning,
        long audioInput,
        long audioOutput,
        long perRequest) {

    public Rates {
        Checks.atLeast("input", input, Usd.UNKNOWN);
        Checks.atLeast("output", output, Usd.UNKNOWN);
        Checks.atLeast("cacheRead", cacheRead, Usd.UNKNOWN);
        Checks.atLeast("cacheWrite", cacheWrite, Usd.UNKNOWN);
        Checks.atLeast("reasoning", reasoning, Usd.UNKNOWN);
        Checks.atLeast("audioInput", audioInput, Usd.UNKNOWN);
        Checks.atLeast("audioOutput", audioOutput, Usd.UNKNOWN);
        Checks.atLeast("perRequest", perRequest, Usd.UNKNOWN);
    }

    public static Rates of(ToLongFunction<Rate> picos) {
        return new Rates(
                picos.applyAsLong(Rate.INPUT),
                picos.applyAsLong(Rate.OUTPUT),
                picos.applyAsLong(Rate.CACHE_READ),
                picos.applyAsLong(Rate.CACHE_WRITE),
                picos.applyAsLong(Rate.REASONING),
                picos.applyAsLong(Rate.AUDIO_INPUT),
                picos.applyAsLong(Rate.AUDIO_OUTPUT),
                picos.applyAsLong(Rate.PER_REQUEST));
    }

    public long of(Rate rate) {
        return switch (rate) {
            case INPUT -> input;
            case OUTPUT -> output;
            case CACHE_READ -> cacheRead;
            case CACHE_WRITE -> cacheWrite;
            case REASONING -> reasoning;
            case AUDIO_INPUT -> audioInput;
            case AUDIO_OUTPUT -> audioOutput;
            case PER_REQUEST -> perRequest;
        };
    }

    /** Whether any price is told at all: a row may tell sizes alone. */
    public boolean known() {
        return Math.max(dearestInput(), Math.max(dearestOutput(), perRequest)) >= 0;
    }

    /** Whether all prices that are told are 0. */
    public boolean free() {
        return known() && Math.max(dearestInput(), Math.max(dearestOutput(), perRequest)) == 0;
    }

    /** Whether tokens are billed: what has a price for the request alone is not billed by tokens. */
    boolean ofTokens() {
        return Math.max(dearestInput(), dearestOutput()) >= 0;
    }

    /** The most that an input token may cost; {@link Usd#UNKNOWN} where no price of input is told. */
    long dearestInput() {
        return Math.max(Math.max(input, cacheRead), Math.max(cacheWrite, audioInput));
    }

    /** The most that an output token may cost. */
    long dearestOutput() {
        return Math.max(output, Math.max(reasoning, audioOutput));
    }
}
