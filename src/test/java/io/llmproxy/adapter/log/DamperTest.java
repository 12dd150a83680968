package io.llmproxy.adapter.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DamperTest {
    private final AtomicLong nanos = new AtomicLong(5);
    private final Damper damper = new Damper(Duration.ofMinutes(1), nanos::get);

    private static LogEntry entry(Level level, int event, String message, @Nullable Throwable thrown) {
        return new LogEntry(Instant.EPOCH, level, "io.llmproxy.x", event, message, thrown, "", null, null);
    }

    private static LogEntry warning(int event, String message) {
        return entry(Level.WARNING, event, message, null);
    }

    @Test
    void thousandsOfTheSameAreOneLineAndOneCountAMinute() {
        assertThat(damper.passes(warning(6301, "provider `up` (model m) fails, call 1")))
                .isTrue();
        for (int i = 2; i <= 5000; i++) {
            assertThat(damper.passes(warning(6301, "provider `up` (model m) fails, call " + i)))
                    .isFalse();
        }
        assertThat(damper.due()).isEmpty();
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        List<LogEntry> told = damper.due();
        assertThat(told).singleElement().satisfies(e -> {
            assertThat(e.event()).isEqualTo(6301);
            assertThat(e.message()).startsWith("repeated 4999 times more within 60 s: provider `up`");
        });
        assertThat(damper.due()).isEmpty();
        assertThat(damper.passes(warning(6301, "provider `up` (model m) fails, call 9")))
                .isFalse();
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        assertThat(damper.due()).hasSize(1);
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        assertThat(damper.due()).isEmpty();
        assertThat(damper.passes(warning(6301, "provider `up` (model m) fails")))
                .as("a quiet minute later")
                .isTrue();
    }

    @Test
    void anotherNameIsAnotherSubject() {
        assertThat(damper.passes(warning(6301, "provider `up-1` fails"))).isTrue();
        assertThat(damper.passes(warning(6301, "provider `up-2` fails"))).isTrue();
        assertThat(damper.passes(warning(6301, "provider `up-1` fails otherwise")))
                .isFalse();
    }

    @Test
    void anEventWithoutNamesIsOneWhateverItsNumbers() {
        assertThat(damper.passes(warning(6203, "request 0193-a1 failed"))).isTrue();
        assertThat(damper.passes(warning(6203, "request 0193-b2 failed"))).isFalse();
        assertThat(damper.passes(entry(Level.WARNING, 6203, "request 0193-b3 failed", new IllegalStateException("x"))))
                .as("another error")
                .isTrue();
    }

    @Test
    void withoutAnEventOnlyTheSameWordsAreTheSame() {
        assertThat(damper.passes(warning(0, "lost: record 1"))).isTrue();
        assertThat(damper.passes(warning(0, "lost: record 2"))).isTrue();
        assertThat(damper.passes(warning(0, "lost: record 2"))).isFalse();
        assertThat(damper.rest())
                .singleElement()
                .satisfies(e -> assertThat(e.message()).startsWith("repeated once more"));
    }

    @Test
    void whatSaysSomethingNewEachTimeIsNeverHeldBack() {
        LogEntry record = warning(Event.RECORD_LEFT_OUT.id(), "the record");
        assertThat(damper.passes(record)).isTrue();
        assertThat(damper.passes(record)).isTrue();
        LogEntry info = entry(Level.INFO, 6302, "`up` answers", null);
        assertThat(damper.passes(info)).isTrue();
        assertThat(damper.passes(info)).isTrue();
    }

    @Test
    void remembersABoundedNumberOfKinds() {
        for (int i = 0; i < 3 * Damper.KINDS; i++) {
            damper.passes(warning(0, "kind " + i));
            damper.passes(warning(0, "kind " + i));
        }
        assertThat(damper.rest()).hasSize(Damper.KINDS);
    }
}
