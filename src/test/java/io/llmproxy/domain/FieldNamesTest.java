package io.llmproxy.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FieldNamesTest {
    private final FieldNames names = FieldNames.of("te", "via", "Connection", "keep-alive");

    @Test
    void knowsItsNamesWhateverTheirCase() {
        assertThat(names.contains("TE")).isTrue();
        assertThat(names.contains("connection")).isTrue();
        assertThat(names.contains("Keep-Alive")).isTrue();
    }

    @Test
    void knowsNoOthers() {
        assertThat(names.contains("tf")).isFalse();
        assertThat(names.contains("")).isFalse();
        assertThat(names.contains("connections-and-more")).isFalse();
        assertThat(FieldNames.of().contains("te")).isFalse();
    }
}
