package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
    private static final String ID = "0af7651916cd43dd8448eb211c80319c";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-" + ID + "-b7ad6b7169203331-01",
                "00-" + ID + "-b7ad6b7169203331-00",
                "01-" + ID + "-b7ad6b7169203331-01-more"
            })
    void saysTheTrace(String field) {
        assertThat(TraceParent.traceId(HeaderFields.of("traceparent", field))).isEqualTo(ID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00-" + ID,
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319\"-b7ad6b7169203331-01",
                "00x" + ID + "-b7ad6b7169203331-01"
            })
    void whatMakesNoSenseIsNone(String field) {
        assertThat(TraceParent.traceId(HeaderFields.of("traceparent", field))).isNull();
    }

    @Test
    void aRequestWithoutTheFieldHasNone() {
        assertThat(TraceParent.traceId(new HeaderFields())).isNull();
    }
}
