package io.llmproxy.adapter.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.testing.UsageRecords;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileUsageJournalTest {
    private static final Duration SYNC = Duration.ofMillis(20);

    /** The journal of a former run. */
    private static final UUID FORMER = Ids.random();

    @TempDir
    Path dir;

    private @Nullable UsageBatch polled;

    @Test
    void givesRecordsInOrderUntilTheyAreCommitted() {
        try (FileUsageJournal journal = open()) {
            append(journal, 0, 5);
            assertThat(labels(poll(journal, 3))).containsExactly("0", "1", "2");
            assertThat(labels(poll(journal, 2))).containsExactly("0", "1");
            assertThat(journal.backlog()).isEqualTo(5);
            commit(journal);
            assertThat(journal.backlog()).isEqualTo(3);
            commit(journal);
            assertThat(labels(poll(journal, 10))).containsExactly("2", "3", "4");
            append(journal, 5, 6);
            commit(journal);
            assertThat(labels(poll(journal, 10))).containsExactly("5");
            commit(journal);
            assertThat(poll(journal, 10)).isEmpty();
            assertThat(journal.backlog()).isZero();
        }
    }

    @Test
    void takesInWhatAnotherLeftOnceItHasEnded() {
        Path other = dir.resolve("other");
        Path own = dir.resolve("own");
        try (FileUsageJournal journal = open(own)) {
            append(journal, 0, 2);
            try (FileUsageJournal leaving = open(other)) {
                append(leaving, 10, 15);
                poll(leaving, 2);
                if (polled != null) {
                    leaving.commit(polled);
                }
                assertThat(journal.takeIn(other)).as("it lives").isEqualTo(-1);
                assertThat(journal.backlog()).isEqualTo(2);
            }
            assertThat(journal.takeIn(other)).isEqualTo(3);
            assertThat(other).doesNotExist();
            assertThat(journal.takeIn(other)).as("there is none").isZero();
            assertThat(journal.backlog()).isEqualTo(5);
            assertThat(drained(journal)).containsExactlyInAnyOrder("0", "1", "12", "13", "14");
            assertThat(journal.backlog()).isZero();
        }
        try (FileUsageJournal again = open(own)) {
            assertThat(poll(again, 10)).isEmpty();
        }
    }

    @Test
    void goesOnAfterARestartWhereItCommitted() {
        try (FileUsageJournal journal = open()) {
            append(journal, 0, 10);
            poll(journal, 4);
            commit(journal);
        }
        try (FileUsageJournal journal = open()) {
            append(journal, 10, 12);
            assertThat(journal.backlog()).isEqualTo(8);
            assertThat(drained(journal)).isEqualTo(numbers(4, 12));
        }
        try (FileUsageJournal journal = open()) {
            assertThat(journal.backlog()).isZero();
            assertThat(poll(journal, 1)).isEmpty();
            // gone with the next commit, which shows that the database is as far
            append(journal, 12, 13);
            assertThat(drained(journal)).containsExactly("12");
            assertThat(logs()).hasSize(1);
        }
    }

    @Test
    void beginsNewFilesAndDeletesThoseThatAreCommitted() {
        try (FileUsageJournal journal = FileUsageJournal.open(dir, SYNC, MappedSegmentFile::new, 1000, Duration.ZERO)) {
            append(journal, 0, 100);
            assertThat(logs().size()).isGreaterThan(10);
            List<String> seen = new ArrayList<>();
            for (List<UsageRecord> batch = poll(journal, 7); !batch.isEmpty(); batch = poll(journal, 7)) {
                seen.addAll(labels(batch));
                commit(journal);
                assertThat(journal.backlog()).isEqualTo(100 - seen.size());
            }
            assertThat(seen).isEqualTo(numbers(0, 100));
            assertThat(logs()).hasSize(1);
        }
    }

    @Test
    void deliversEveryWholeRecordWhereverACrashCutTheFile() throws IOException {
        try (FileUsageJournal journal = open()) {
            append(journal, 0, 3);
        }
        byte[] whole = Files.readAllBytes(logs().getFirst());
        List<Integer> ends = frameEnds(whole);
        for (int length = 0; length <= whole.length; length++) {
            int cut = length;
            Path copy = Files.createDirectory(dir.resolve("cut" + length));
            Files.write(Segment.path(copy, FORMER, 1), java.util.Arrays.copyOf(whole, length));
            long expected = ends.stream().filter(e -> e <= cut).count();
            try (FileUsageJournal journal = open(copy)) {
                journal.append(UsageRecords.labelled("after"));
                List<String> wanted = new ArrayList<>(numbers(0, (int) expected));
                wanted.add("after");
                assertThat(journal.backlog()).isEqualTo(expected + 1);
                assertThat(labels(poll(journal, 10)))
                        .as("cut at %d", cut)
                        .isEqualTo(expected == 0 ? List.of("after") : numbers(0, (int) expected));
                assertThat(Files.exists(Segment.path(copy, FORMER, 1))).isEqualTo(expected > 0);
                assertThat(drained(journal)).as("cut at %d", cut).isEqualTo(wanted);
            }
        }
    }

    @Test
    void losesOneRecordAtMostWhereverOneByteIsDamaged() throws IOException {
        try (FileUsageJournal journal = open()) {
            append(journal, 0, 3);
        }
        byte[] whole = Files.readAllBytes(logs().getFirst());
        List<Integer> ends = frameEnds(whole);
        for (int at = 0; at < whole.length; at += 3) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 0x41;
            int offset = at;
            int hit = (int) ends.stream().filter(e -> e <= offset).count();
            Path copy = Files.createDirectory(dir.resolve("flip" + at));
            Files.write(Segment.path(copy, FORMER, 1), damaged);
            try (FileUsageJournal journal = open(copy)) {
                List<String> wanted = new ArrayList<>(numbers(0, 3));
                wanted.remove(hit);
                assertThat(labels(poll(journal, 10))).as("flipped at %d", at).isEqualTo(wanted);
                commit(journal);
                assertThat(journal.backlog()).isZero();
            }
            assertThat(Files.exists(Path.of(Segment.path(copy, FORMER, 1) + ".corrupt")))
                    .isEqualTo(hit < 2);
        }
    }

    @Test
    void findsTheNextRecordBehindAMegabyteOfGarbage() throws IOException {
        try (FileUsageJournal journal = open()) {
            append(journal, 0, 2);
        }
        Path log = logs().getFirst();
        byte[] good = Files.readAllBytes(log);
        byte[] garbage = new byte[1 << 20];
        new java.util.Random(3).nextBytes(garbage);
        byte[] all = new byte[good.length * 2 + garbage.length + 5_000_000];
        System.arraycopy(good, 0, all, 0, good.length);
        System.arraycopy(garbage, 0, all, good.length, garbage.length);
        System.arraycopy(good, 0, all, good.length + garbage.length, good.length);
        Files.write(log, all);
        try (FileUsageJournal journal = open()) {
            assertThat(labels(poll(journal, 10))).containsExactly("0", "1", "0", "1");
        }
    }

    @Test
    void startsWithoutItsPositionFile() throws IOException {
        try (FileUsageJournal journal = open()) {
            append(journal, 0, 3);
            poll(journal, 1);
            commit(journal);
        }
        Files.writeString(dir.resolve("position"), "no position\u0000");
        try (FileUsageJournal journal = open()) {
            assertThat(labels(poll(journal, 10))).containsExactly("0", "1", "2");
        }
    }

    @Test
    void doesNotReuseTheNumberOfAFileThatIsGone() throws IOException {
        try (FileUsageJournal journal = open()) {
            append(journal, 0, 3);
            poll(journal, 10);
            commit(journal);
        }
        Files.delete(logs().getFirst());
        try (FileUsageJournal journal = open()) {
            append(journal, 3, 4);
            assertThat(labels(poll(journal, 10))).containsExactly("3");
        }
    }

    @Test
    void refusesAJournalOfANewerVersionAndLeavesItAlone() throws IOException {
        byte[] frame = Frames.of(UsageRecords.labelled("x"));
        frame[Frames.HEADER] = UsageRecordCodec.VERSION + 1;
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(frame, Frames.HEADER, frame.length - Frames.HEADER);
        java.nio.ByteBuffer.wrap(frame).putInt(4, (int) crc.getValue());
        Path log = Files.write(Segment.path(dir, FORMER, 1), frame);
        assertThatThrownBy(this::open).isInstanceOf(NewerRecordException.class);
        assertThat(log).hasBinaryContent(frame);
    }

    @Test
    void refusesASecondProcess() {
        try (FileUsageJournal journal = open()) {
            assertThatThrownBy(this::open)
                    .isInstanceOf(JournalInUseException.class)
                    .hasMessageContaining(dir.toString());
            append(journal, 0, 1);
        }
        open().close();
    }

    @Test
    void saysWhereItCannotBeOpened() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "");
        assertThatThrownBy(() -> FileUsageJournal.open(file, SYNC))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("cannot be opened");
    }

    @Test
    void refusesToAppendOnceItIsClosed() {
        FileUsageJournal journal = open();
        journal.close();
        journal.close();
        assertThatThrownBy(() -> append(journal, 0, 1))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("the usage journal cannot be written");
    }

    @Test
    void keepsTheOrderOfEveryThreadAndLosesNothing() throws InterruptedException {
        int threads = 50;
        int each = 200;
        try (FileUsageJournal journal =
                FileUsageJournal.open(dir, SYNC, MappedSegmentFile::new, 100_000, Duration.ZERO)) {
            List<Thread> running = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                String name = t + ":";
                running.add(Thread.startVirtualThread(() -> {
                    for (int i = 0; i < each; i++) {
                        journal.append(UsageRecords.labelled(name + i));
                    }
                }));
            }
            // one reader beside them
            List<String> seen = new ArrayList<>();
            while (seen.size() < threads * each) {
                seen.addAll(labels(poll(journal, 500)));
                commit(journal);
            }
            for (Thread thread : running) {
                thread.join();
            }
            assertThat(journal.backlog()).isZero();
            Map<String, List<String>> byThread =
                    seen.stream().collect(Collectors.groupingBy(l -> l.substring(0, l.indexOf(':'))));
            byThread.forEach((thread, labels) -> assertThat(labels)
                    .isEqualTo(IntStream.range(0, each)
                            .mapToObj(i -> thread + ":" + i)
                            .toList()));
            assertThat(byThread).hasSize(threads);
        }
    }

    @Test
    void survivesTheInterruptOfAnAppendingThread() {
        try (FileUsageJournal journal = open()) {
            Thread.currentThread().interrupt();
            append(journal, 0, 1);
            assertThat(labels(poll(journal, 10))).containsExactly("0");
            assertThat(Thread.interrupted()).isTrue();
            append(journal, 1, 2);
            assertThat(labels(poll(journal, 10))).containsExactly("0", "1");
        }
    }

    @Test
    void worksAgainWhenTheDiskHasSpaceAgain() {
        AtomicLong space = new AtomicLong(1000);
        try (FileUsageJournal journal =
                FileUsageJournal.open(dir, SYNC, p -> new FullDisk(p, space, true), 4000, Duration.ZERO)) {
            int written = appendUntilRefused(journal);
            assertThatThrownBy(() -> append(journal, 99, 100))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("the usage journal cannot be written")
                    .hasMessageContaining("No space left");
            space.set(100_000);
            append(journal, written, written + 30);
            assertThat(labels(poll(journal, 100))).isEqualTo(numbers(0, written + 30));
        }
        assertRecovers(30);
    }

    @Test
    void worksAgainWhereTheHalfWrittenRecordCouldNotBeCutOff() {
        AtomicLong space = new AtomicLong(1000);
        try (FileUsageJournal journal =
                FileUsageJournal.open(dir, SYNC, p -> new FullDisk(p, space, false), 4000, Duration.ZERO)) {
            int written = appendUntilRefused(journal);
            space.set(100_000);
            append(journal, written, written + 30);
            assertThat(labels(poll(journal, 100))).isEqualTo(numbers(0, written + 30));
        }
        assertRecovers(30);
    }

    private void assertRecovers(int atLeast) {
        try (FileUsageJournal journal = open()) {
            List<String> labels = drained(journal);
            assertThat(labels).hasSizeGreaterThan(atLeast).isEqualTo(numbers(0, labels.size()));
        }
    }

    private static int appendUntilRefused(FileUsageJournal journal) {
        for (int i = 0; ; i++) {
            try {
                append(journal, i, i + 1);
            } catch (StoreException e) {
                return i;
            }
        }
    }

    @Test
    void syncsInGroupsAndOnlyWhenSomethingWasWritten() throws InterruptedException {
        AtomicInteger syncs = new AtomicInteger();
        Semaphore synced = new Semaphore(0);
        CountDownLatch closed = new CountDownLatch(1);
        SegmentFile.Opener counting = path -> new Watched(
                new MappedSegmentFile(path),
                () -> {
                    syncs.incrementAndGet();
                    synced.release();
                },
                closed);
        try (FileUsageJournal journal =
                FileUsageJournal.open(dir, Duration.ofMillis(100), counting, 1 << 20, Duration.ZERO)) {
            append(journal, 0, 1000);
            assertThat(synced.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
            assertThat(syncs.get()).isLessThan(100);
        }
        assertThat(closed.getCount()).isZero();
    }

    @Test
    void printsHowFastItAppends() {
        try (FileUsageJournal journal = FileUsageJournal.open(dir, Duration.ofMillis(100))) {
            UsageRecord record = UsageRecords.labelled("speed");
            long begin = System.nanoTime();
            for (int i = 0; i < 200_000; i++) {
                journal.append(record);
            }
            long appended = System.nanoTime();
            int read = 0;
            for (List<UsageRecord> batch = poll(journal, 500); !batch.isEmpty(); batch = poll(journal, 500)) {
                read += batch.size();
                commit(journal);
            }
            long end = System.nanoTime();
            System.out.printf(
                    "journal: %.1f us per append, %.1f us per record read and committed in batches of 500%n",
                    (appended - begin) / 200_000_000.0, (end - appended) / 200_000_000.0);
            assertThat(read).isEqualTo(200_000);
        }
    }

    private FileUsageJournal open() {
        return open(dir);
    }

    private static FileUsageJournal open(Path directory) {
        return FileUsageJournal.open(
                directory, SYNC, MappedSegmentFile::new, FileUsageJournal.SEGMENT_SIZE, Duration.ZERO);
    }

    /** The next records; {@link #commit} is about them. */
    private List<UsageRecord> poll(FileUsageJournal journal, int max) {
        polled = journal.next(max);
        return JournalRecords.of(polled);
    }

    private void commit(FileUsageJournal journal) {
        if (polled != null) {
            journal.commit(polled);
        }
    }

    /** Those of all journals that are there, and all of them committed. */
    private List<String> drained(FileUsageJournal journal) {
        List<String> labels = new ArrayList<>();
        for (List<UsageRecord> some = poll(journal, 1000); !some.isEmpty(); some = poll(journal, 1000)) {
            labels.addAll(labels(some));
            commit(journal);
        }
        return labels;
    }

    private static void append(FileUsageJournal journal, int from, int to) {
        for (int i = from; i < to; i++) {
            journal.append(UsageRecords.labelled(String.valueOf(i)));
        }
    }

    private static List<String> labels(List<UsageRecord> records) {
        return records.stream().map(r -> String.valueOf(r.clientRequestId())).toList();
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(String::valueOf).toList();
    }

    private List<Path> logs() {
        try (Stream<Path> files = Files.list(dir)) {
            return files.filter(f -> f.toString().endsWith(".log")).sorted().toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<Integer> frameEnds(byte[] bytes) {
        List<Integer> ends = new ArrayList<>();
        for (int at = 0; at < bytes.length; at = ends.getLast()) {
            ends.add(at + Frames.HEADER + Frames.payloadAt(bytes, at, bytes.length));
        }
        return ends;
    }

    /** Tells of every sync and of the close. */
    private record Watched(SegmentFile file, Runnable onSync, CountDownLatch closed) implements SegmentFile {
        @Override
        public void write(byte[] bytes) throws IOException {
            file.write(bytes);
        }

        @Override
        public void truncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public void sync() throws IOException {
            file.sync();
            onSync.run();
        }

        @Override
        public void close() throws IOException {
            file.close();
            closed.countDown();
        }
    }

    /** A file on a disk with so much space left: the write that exceeds it is done in part, as a real one is. */
    private static final class FullDisk implements SegmentFile {
        private final RandomAccessFile file;
        private final AtomicLong space;
        private final boolean truncates;

        FullDisk(Path path, AtomicLong space, boolean truncates) throws IOException {
            this.file = new RandomAccessFile(path.toFile(), "rw");
            this.space = space;
            this.truncates = truncates;
        }

        @Override
        public void write(byte[] bytes) throws IOException {
            int part = (int) Math.min(bytes.length, space.get());
            file.write(bytes, 0, part);
            space.addAndGet(-part);
            if (part < bytes.length) {
                throw new IOException("No space left on device");
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            if (!truncates) {
                throw new IOException("Input/output error");
            }
            file.setLength(size);
            file.seek(size);
        }

        @Override
        public void sync() {}

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
