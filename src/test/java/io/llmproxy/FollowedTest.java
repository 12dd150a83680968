package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a process that leaves knows, when its successor dies, whether that had been followed itself. */
class FollowedTest {
    @TempDir
    Path directory;

    @Test
    void aProcessThatListensIsThereAndTheFileOfADeadOneIsNot() throws IOException {
        Path socket = directory.resolve("admin.sock");
        assertThat(ApplianceListeners.answered(socket)).isFalse();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            assertThat(ApplianceListeners.answered(socket)).isTrue();
        }
        assertThat(socket).exists();
        assertThat(ApplianceListeners.answered(socket)).isFalse();
    }
}
