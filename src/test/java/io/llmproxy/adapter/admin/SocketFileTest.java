package io.llmproxy.adapter.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SocketFileTest {
    @TempDir
    private Path dir;

    @Test
    void isBornWhereNobodyElseMayEnterAndMovedWhenItIsClosedToOthers() throws IOException {
        SocketFile file = SocketFile.prepare(dir.resolve("a.sock"));
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(file.bindTo().getParent())))
                .isEqualTo("rwx------");
        try (ServerSocketChannel _ = listen(file.bindTo())) {
            file.publish(null);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.target())))
                    .isEqualTo("rw-rw----");
            assertThat(file.bindTo().getParent()).doesNotExist();
        }
        file.remove();
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void theFileOfADeadProcessIsTakenOver() throws IOException {
        Path path = dir.resolve("a.sock");
        listen(path).close();
        assertThat(path).exists();
        SocketFile file = SocketFile.prepare(path);
        try (ServerSocketChannel _ = listen(file.bindTo())) {
            file.publish(null);
            assertThatThrownBy(() -> SocketFile.prepare(path)).isInstanceOf(AddressTakenException.class);
        }
    }

    @Test
    void whatASuccessorThatFailedPutInItsPlaceIsReplacedByTheSocketThatWasKept() throws IOException {
        Path path = dir.resolve("a.sock");
        SocketFile file = SocketFile.prepare(path);
        try (ServerSocketChannel own = listen(file.bindTo())) {
            file.publish(null);
            file.keep();
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(file.bindTo().getParent())))
                    .isEqualTo("rwx------");
            file.takeBack(); // the successor did not come so far
            assertThat(dir).isDirectoryNotContaining(f -> !f.equals(path));

            for (boolean killed : new boolean[] {true, false}) {
                file.keep();
                Path born = dir.resolve("successor");
                listen(born).close();
                Files.move(born, path, StandardCopyOption.REPLACE_EXISTING);
                if (!killed) {
                    Files.delete(path);
                }
                file.takeBack();
                try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                    assertThat(client.isConnected()).isTrue();
                    own.accept().close();
                }
            }
        }
        file.remove();
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void theSocketOfALivingProcessIsRefusedAndKept() throws IOException {
        Path path = dir.resolve("a.sock");
        try (ServerSocketChannel _ = listen(path)) {
            assertThatThrownBy(() -> SocketFile.prepare(path)).isInstanceOf(AddressTakenException.class);
            assertThat(path).exists();
        }
    }

    @Test
    void whatIsNoSocketIsLeftAlone() throws IOException {
        Path file = Files.writeString(dir.resolve("precious"), "data");
        Path link = Files.createSymbolicLink(dir.resolve("link"), file);
        Path directory = Files.createDirectory(dir.resolve("directory"));
        for (Path path : new Path[] {file, link, directory}) {
            assertThatThrownBy(() -> SocketFile.prepare(path))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(AddressTakenException.class)
                    .hasMessageContaining("not a socket");
        }
        assertThat(file).hasContent("data");
    }

    @Test
    void aPathThatNoSocketCanHaveIsRefusedWithTheLimit() {
        assertThatThrownBy(() -> SocketFile.prepare(dir.resolve("x".repeat(110))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("107");
        assertThatThrownBy(() -> SocketFile.prepare(dir.resolve("none/a.sock")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("directory does not exist");
    }

    @Test
    void theFileOfASuccessorIsNotRemoved() throws IOException {
        SocketFile file = SocketFile.prepare(dir.resolve("a.sock"));
        try (ServerSocketChannel _ = listen(file.bindTo())) {
            file.publish(null);
        }
        Path successor = dir.resolve("b.sock");
        try (ServerSocketChannel _ = listen(successor)) {
            Files.move(successor, file.target(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            file.remove();
            assertThat(file.target()).exists();
        }
    }

    private static ServerSocketChannel listen(Path path) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
    }
}
