package io.llmproxy.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class KnownTextsTest {
    /** Whoever had the place before, also of negative and huge numbers, and of those that share a place. */
    @Test
    void isTheTextOfThatNumber() {
        KnownTexts texts = new KnownTexts(Long::toString);
        Random random = new Random(7);
        for (int i = 0; i < 100_000; i++) {
            long number = random.nextLong() >> random.nextInt(64);
            assertThat(texts.text(number)).isEqualTo(Long.toString(number));
        }
    }

    @Test
    void makesWhatComesAgainOnce() {
        AtomicInteger made = new AtomicInteger();
        KnownTexts texts = new KnownTexts(n -> {
            made.incrementAndGet();
            return Long.toString(n);
        });
        for (int i = 0; i < 100; i++) {
            assertThat(texts.text(900_000_000)).isEqualTo("900000000");
        }
        assertThat(made).hasValue(1);
    }
}
