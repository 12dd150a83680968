package io.llmproxy.adapter.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.UsageRecords;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedSegmentFileTest {
    private static final UUID JOURNAL = new UUID(1, 2);

    @TempDir
    private Path dir;

    private Path path;

    @BeforeEach
    void name() {
        path = Segment.path(dir, JOURNAL, 1);
    }

    @Test
    void holdsWhatWasWrittenAcrossManyWindowsAndIsCutToItWhenClosed() throws IOException {
        Random random = new Random(7);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        try (MappedSegmentFile file = new MappedSegmentFile(path)) {
            while (expected.size() < 5 * MappedSegmentFile.WINDOW) {
                byte[] bytes = new byte[1 + random.nextInt(expected.size() % 5 == 0 ? 300_000 : 900)];
                random.nextBytes(bytes);
                file.write(bytes);
                expected.writeBytes(bytes);
            }
            byte[] meanwhile = Files.readAllBytes(path);
            assertThat(Arrays.copyOf(meanwhile, expected.size())).isEqualTo(expected.toByteArray());
            file.sync();
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(expected.toByteArray());
    }

    @Test
    void takesThePlaceOnTheDiskBeforeAnythingIsWritten() throws IOException {
        try (MappedSegmentFile file = new MappedSegmentFile(path)) {
            file.write(new byte[] {1, 2, 3});
            assertThat(Files.size(path)).isEqualTo(MappedSegmentFile.WINDOW);
        }
        assertThat(Files.readAllBytes(path)).containsExactly(1, 2, 3);
    }

    @Test
    void theNextWindowIsMadeElsewhereOnceHalfOfThePresentOneIsUsed() throws IOException {
        List<Runnable> asked = new ArrayList<>();
        byte[] half = new byte[MappedSegmentFile.WINDOW / 2];
        try (MappedSegmentFile file = new MappedSegmentFile(path, asked::add)) {
            file.write(half);
            assertThat(asked).isEmpty();
            file.write(new byte[] {1});
            assertThat(asked).hasSize(1);
            assertThat(Files.size(path)).isEqualTo(MappedSegmentFile.WINDOW);
            asked.removeFirst().run();
            assertThat(Files.size(path)).isEqualTo(2L * MappedSegmentFile.WINDOW);
            // does not fit into the first window any more
            file.write(half);
            assertThat(asked).hasSize(1); // the old window's end
            asked.removeFirst().run();
            file.write(new byte[] {2});
            assertThat(Files.size(path)).isEqualTo(2L * MappedSegmentFile.WINDOW);
        }
        byte[] all = Files.readAllBytes(path);
        assertThat(all).hasSize(MappedSegmentFile.WINDOW + 2).endsWith(2);
        assertThat(all[half.length]).isEqualTo((byte) 1);
    }

    @Test
    void anAppendWaitsForTheWindowThatIsBeingMade() throws Exception {
        byte[] half = new byte[MappedSegmentFile.WINDOW / 2];
        CompletableFuture<Runnable> asked = new CompletableFuture<>();
        try (MappedSegmentFile file = new MappedSegmentFile(path, task -> {
            if (!asked.complete(task)) {
                task.run();
            }
        })) {
            file.write(half);
            file.write(new byte[] {1});
            CompletableFuture<Void> appended = CompletableFuture.runAsync(() -> {
                try {
                    file.write(half);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(appended.isDone()).isFalse();
            asked.join().run();
            appended.get(30, TimeUnit.SECONDS);
        }
        assertThat(Files.size(path)).isEqualTo(MappedSegmentFile.WINDOW + 1);
    }

    @Test
    void goesOnWhereItWasCut() throws IOException {
        try (MappedSegmentFile file = new MappedSegmentFile(path)) {
            file.write(new byte[] {1, 2, 3});
            file.write(new byte[] {4, 5, 6, 7});
            file.truncate(3);
            file.write(new byte[] {8});
            assertThat(Arrays.copyOf(Files.readAllBytes(path), 8)).containsExactly(1, 2, 3, 8, 0, 0, 0, 0);
        }
        assertThat(Files.readAllBytes(path)).containsExactly(1, 2, 3, 8);
    }

    @Test
    void doesNotPretendToCutWhatIsNoLongerMapped() throws IOException {
        try (MappedSegmentFile file = new MappedSegmentFile(path)) {
            file.write(new byte[] {1, 2, 3});
            file.write(new byte[2 * MappedSegmentFile.WINDOW]);
            file.write(new byte[MappedSegmentFile.WINDOW]);
            assertThatThrownBy(() -> file.truncate(3)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void zerosBehindTheLastRecordAreNoDamage() throws IOException {
        long size = killedAfter(20);
        Segment segment = Segment.recovered(JOURNAL, 1, path, true);
        assertThat(segment.records()).isEqualTo(20);
        assertThat(segment.size()).isEqualTo(size);
        assertThat(segment.damaged()).isFalse();
        Segment older = Segment.recovered(JOURNAL, 1, path, false);
        assertThat(older.records()).isEqualTo(20);
        assertThat(older.damaged()).isFalse();
    }

    @Test
    void aRecordTornByAKillBeforeTheZerosIsCutOff() throws IOException {
        long size = killedAfter(20);
        byte[] frame = Frames.of(UsageRecords.labelled("torn"));
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(size);
            file.write(frame, 0, frame.length / 2);
        }
        Segment segment = Segment.recovered(JOURNAL, 1, path, true);
        assertThat(segment.records()).isEqualTo(20);
        assertThat(segment.damaged()).isFalse();
        assertThat(Files.size(path)).isEqualTo(size);
    }

    @Test
    void garbageBeforeTheZerosIsDamage() throws IOException {
        long size = killedAfter(3);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(size + 2L * Frames.MAX_FRAME);
            file.seek(size + Frames.MAX_FRAME + 1L);
            file.write(1);
        }
        Segment segment = Segment.recovered(JOURNAL, 1, path, true);
        assertThat(segment.records()).isEqualTo(3);
        assertThat(segment.damaged()).isTrue();
    }

    /** The file as a killed process leaves it: with its records and the window's zeros. */
    private long killedAfter(int records) throws IOException {
        long size = 0;
        Path left = dir.resolve("left");
        try (MappedSegmentFile file = new MappedSegmentFile(path)) {
            for (int i = 0; i < records; i++) {
                byte[] frame = Frames.of(UsageRecords.labelled("r" + i));
                file.write(frame);
                size += frame.length;
            }
            Files.copy(path, left);
        }
        Files.move(left, path, StandardCopyOption.REPLACE_EXISTING);
        assertThat(Files.size(path)).isEqualTo(MappedSegmentFile.WINDOW);
        return size;
    }
}
