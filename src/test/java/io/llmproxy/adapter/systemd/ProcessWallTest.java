package io.llmproxy.adapter.systemd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ProcessWallTest {
    private static final int PR_GET_DUMPABLE = 3;

    @Test
    void standsUnderSystemdAlone() {
        // that others then cannot look in is proved by packaging/systemd/prove.sh
        int before = ProcessWall.prctl(PR_GET_DUMPABLE, 0);
        ProcessWall.raise(Map.of());
        ProcessWall.raise(Map.of("NOTIFY_SOCKET", ""));
        assertThat(ProcessWall.prctl(PR_GET_DUMPABLE, 0)).isEqualTo(before);
        try {
            ProcessWall.raise(Map.of("NOTIFY_SOCKET", "/run/systemd/notify"));
            assertThat(ProcessWall.prctl(PR_GET_DUMPABLE, 0)).isZero();
        } finally {
            ProcessWall.prctl(4, before);
        }
    }
}
