package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.gateway.scan.Splice;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
    private static final int KIB = 1024;

    @TempDir
    Path directory;

    @Test
    void aBodyOfOnePieceIsAnArrayOfItsLengthAndTakesNothing() throws IOException {
        BodyMemory memory = new BodyMemory(1024 * KIB);
        try (Spool spool = filled(memory, bytes(500), 500, 4096)) {
            assertThat(spool.inOnePiece()).isTrue();
            assertThat(spool.bytes()).isEqualTo(bytes(500));
        }
        try (Spool spool = filled(memory, bytes(64 * KIB), -1, 4096)) {
            assertThat(spool.inOnePiece()).isTrue();
        }
        assertThat(memory.left()).isEqualTo(1024 * KIB);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aLargerBodyTakesOfTheCommonMemoryAndGivesItBack() throws IOException {
        BodyMemory memory = new BodyMemory(1024 * KIB);
        try (Spool spool = filled(memory, bytes(200 * KIB), -1, 10_000)) {
            assertThat(memory.left()).isEqualTo((1024 - 192) * KIB);
            assertSame(spool, bytes(200 * KIB));
            assertThat(directory).isEmptyDirectory();
        }
        assertThat(memory.left()).isEqualTo(1024 * KIB);
    }

    @Test
    void aBodyThatFindsNoMemoryLeftGoesToDiskAsAWhole() throws IOException {
        BodyMemory memory = new BodyMemory(1024 * KIB);
        memory.take(900 * KIB);
        try (Spool spool = filled(memory, bytes(250 * KIB), 250 * KIB, 10_000)) {
            assertThat(memory.left()).isEqualTo(124 * KIB);
            assertThat(directory.toFile().list()).hasSize(1);
            assertSame(spool, bytes(250 * KIB));
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void noBodyTakesMoreThanAQuarter() throws IOException {
        BodyMemory memory = new BodyMemory(1024 * KIB);
        try (Spool declared = filled(memory, bytes(300 * KIB), 300 * KIB, 10_000);
                Spool chunked = filled(memory, bytes(600 * KIB), -1, 10_000)) {
            assertThat(memory.left()).isEqualTo(1024 * KIB);
            assertThat(directory.toFile().list()).hasSize(2);
            assertSame(declared, bytes(300 * KIB));
            assertSame(chunked, bytes(600 * KIB));
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void anySizeInAnyPiecesComesBackAsItWas() throws IOException {
        Random random = new Random(7);
        BodyMemory memory = new BodyMemory(512 * KIB);
        for (int round = 0; round < 200; round++) {
            byte[] body = bytes(random.nextInt(round % 2 == 0 ? 5000 : 300 * KIB));
            int declared = random.nextBoolean() ? body.length : -1;
            try (Spool spool = filled(memory, body, declared, 1 + random.nextInt(100_000))) {
                assertSame(spool, body);
                int from = random.nextInt(body.length + 1);
                int until = from + random.nextInt(body.length - from + 1);
                assertThat(spool.range(from, until - from)).isEqualTo(java.util.Arrays.copyOfRange(body, from, until));
                List<Splice> changes = changes(random, body.length);
                assertThat(written(spool, changes)).isEqualTo(changed(body, changes));
            }
        }
        assertThat(memory.left()).isEqualTo(512 * KIB);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aDiskThatRefusesIsToldAndLeavesNothing() {
        BodyMemory memory = new BodyMemory(1024 * KIB);
        Path gone = directory.resolve("gone");
        try (Spool spool = new Spool(gone, memory, -1)) {
            InputStream in = new ByteArrayInputStream(bytes(400 * KIB));
            assertThatThrownBy(() -> readAll(spool, in))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("gone");
        }
        assertThat(memory.left()).isEqualTo(1024 * KIB);
    }

    @Test
    void bodiesThatAKilledProcessLeftBehindAreDeleted() throws IOException {
        filled(BodyMemory.NONE, bytes(100 * KIB), -1, 10_000);
        Path kept = Files.writeString(directory.resolve("other"), "x");
        assertThat(directory.toFile().list()).hasSize(2);
        Spool.clear(directory);
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(kept);
        }
    }

    private Spool filled(BodyMemory memory, byte[] body, long declared, int read) throws IOException {
        Spool spool = new Spool(directory, memory, declared);
        readAll(spool, new ByteArrayInputStream(body) {
            @Override
            public int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(read, length));
            }
        });
        return spool;
    }

    private static void readAll(Spool spool, InputStream in) throws IOException {
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        while (spool.readFrom(in, seen::write)) {
            assertThat(spool.length()).isEqualTo(seen.size());
        }
    }

    private static void assertSame(Spool spool, byte[] body) throws IOException {
        assertThat(spool.length()).isEqualTo(body.length);
        assertThat(written(spool, List.of())).isEqualTo(body);
        try (InputStream in = spool.open()) {
            assertThat(in.readAllBytes()).isEqualTo(body);
        }
    }

    private static byte[] written(Spool spool, List<Splice> changes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        spool.writeTo(out, changes);
        return out.toByteArray();
    }

    /** Near to each other and far, some of them nothing but an insertion or a removal. */
    private static List<Splice> changes(Random random, int length) {
        List<Splice> changes = new ArrayList<>();
        int at = random.nextInt(1 + length / 2);
        while (at < length) {
            int removed = Math.min(length - at, random.nextInt(random.nextInt(10) == 0 ? 100_000 : 20));
            changes.add(new Splice(at, removed, "x".repeat(random.nextInt(9))));
            at += removed + random.nextInt(random.nextInt(10) == 0 ? 100_000 : 50);
        }
        return changes;
    }

    private static byte[] changed(byte[] body, List<Splice> changes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = 0;
        for (Splice change : changes) {
            out.write(body, at, (int) change.offset() - at);
            change.writeTo(out);
            at = (int) change.offset() + change.removed();
        }
        out.write(body, at, body.length - at);
        return out.toByteArray();
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
