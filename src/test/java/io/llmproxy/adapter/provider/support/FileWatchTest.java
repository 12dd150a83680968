package io.llmproxy.adapter.provider.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FileWatchTest {
    private final List<String> stamps = new ArrayList<>(List.of("1"));
    private final FileWatch watch = new FileWatch(() -> List.copyOf(stamps));

    @Test
    void tellsAChangeOnlyWhenItHasSettled() {
        assertThat(watch.changed()).isFalse();
        stamps.set(0, "2");
        assertThat(watch.changed()).as("it may still be written").isFalse();
        stamps.set(0, "3");
        assertThat(watch.changed()).isFalse();
        assertThat(watch.changed()).isTrue();
        assertThat(watch.changed()).isTrue();
    }

    @Test
    void forgetsAChangeThatWasTakenBack() {
        stamps.set(0, "2");
        assertThat(watch.changed()).isFalse();
        stamps.set(0, "1");
        assertThat(watch.changed()).isFalse();
        assertThat(watch.changed()).isFalse();
    }
}
