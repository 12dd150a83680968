package io.llmproxy.adapter.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableLayout.Column;
import io.llmproxy.port.TableLayout.Kind;
import io.llmproxy.port.TableSink;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupFileTest {
    private static final TableLayout TABLE = new TableLayout(
            "things",
            List.of(
                    new Column("id", Kind.ID),
                    new Column("name", Kind.TEXT),
                    new Column("amount", Kind.NUMBER),
                    new Column("good", Kind.FLAG),
                    new Column("at", Kind.TIME),
                    new Column("data", Kind.BYTES)));
    private static final Seal RECIPIENT;
    private static final Seal IDENTITY;

    static {
        try {
            var pair = KeyPairGenerator.getInstance("X25519").generateKeyPair();
            RECIPIENT = new Seal.Recipient(pair.getPublic());
            IDENTITY = new Seal.Identity(pair.getPrivate(), pair.getPublic());
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @TempDir
    Path directory;

    private static BackupManifest.Origin origin(boolean masterKey) {
        return new BackupManifest.Origin(
                Instant.parse("2026-02-03T04:05:06Z"),
                "llmproxy 1",
                "13",
                "h2",
                "*",
                "manual",
                "0a0b0c0d",
                masterKey,
                true);
    }

    private static List<@Nullable Object> row(int i) {
        byte[] data = new byte[700];
        new Random(i).nextBytes(data);
        return Arrays.asList(
                new UUID(i, i),
                "näme \"" + i + "\n",
                (long) i,
                i % 2 == 0,
                Instant.ofEpochSecond(i, 1000),
                i % 7 == 0 ? null : data);
    }

    private static void content(BackupWriter writer, int rows) throws IOException {
        writer.file("journal/a.log", new ByteArrayInputStream("segment".getBytes(StandardCharsets.UTF_8)));
        writer.begin(TABLE);
        for (int i = 0; i < rows; i++) {
            writer.row(row(i));
        }
        writer.end();
        writer.begin(new TableLayout("empty", List.of(new Column("id", Kind.ID))));
        writer.end();
    }

    private int files;

    private Path file(@Nullable Seal seal, int rows) throws IOException {
        Path file = directory.resolve("b" + files++);
        NewFile.write(file, out -> BackupFile.write(out, seal, origin(false), w -> content(w, rows)));
        return file;
    }

    /** What was read. */
    private static final class Collected implements TableSink {
        private final Map<String, List<List<@Nullable Object>>> rows = new TreeMap<>();
        private String table = "";

        @Override
        public void begin(TableLayout layout) {
            table = layout.name();
            rows.put(table, new ArrayList<>());
        }

        @Override
        public void row(List<@Nullable Object> values) {
            Objects.requireNonNull(rows.get(table)).add(new ArrayList<>(values));
        }

        @Override
        public void end() {
            table = "";
        }
    }

    private static void assertSame(Path file, @Nullable Seal seal, int rows) {
        BackupFile backup = new BackupFile(file, seal);
        BackupManifest manifest = backup.verify();
        Collected collected = new Collected();
        List<String> files = new ArrayList<>();
        backup.read(
                manifest,
                collected,
                (name, in) -> files.add(name + "=" + new String(in.readAllBytes(), StandardCharsets.UTF_8)));
        assertThat(files).containsExactly("journal/a.log=segment");
        assertThat(collected.rows.get("empty")).isEmpty();
        List<List<@Nullable Object>> things = Objects.requireNonNull(collected.rows.get("things"));
        assertThat(things).hasSize(rows);
        for (int i = 0; i < rows; i++) {
            assertThat(things.get(i)).usingRecursiveComparison().isEqualTo(row(i));
        }
        assertThat(manifest.table("things").orElseThrow().sums().get("amount")).isEqualTo((long) rows * (rows - 1) / 2);
    }

    @Test
    void givesBackWhatWentIn() throws IOException {
        assertSame(file(null, 300), null, 300);
    }

    @Test
    void givesBackWhatWasSealedForAKey() throws IOException {
        Path file = file(RECIPIENT, 300);
        assertSame(file, IDENTITY, 300);
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("things");
        assertThat(new BackupFile(file, null).known())
                .containsEntry("schema", "13")
                .containsEntry("tenant", "*");
    }

    @Test
    void opensWithItsPassphraseAloneAndKeepsItOutOfTheFile() throws IOException {
        Path file = file(new Seal.Passphrase("correct horse battery"), 3);
        BackupManifest manifest = new BackupFile(file, new Seal.Passphrase("correct horse battery")).verify();
        assertThat(manifest.table("things").orElseThrow().rows()).isEqualTo(3);
        assertRefused(file, new Seal.Passphrase("correct horse batterz"), "another one");
        assertRefused(file, null, "--passphrase-file");
        assertRefused(file, IDENTITY, "--passphrase-file");
    }

    @Test
    void opensWithTheKeyOfItsRecipientAlone() throws Exception {
        Path file = file(RECIPIENT, 3);
        var other = KeyPairGenerator.getInstance("X25519").generateKeyPair();
        assertRefused(file, new Seal.Identity(other.getPrivate(), other.getPublic()), "another key");
        assertRefused(file, new Seal.Passphrase("correct horse battery"), "--key-file");
    }

    private static void assertRefused(Path file, @Nullable Seal seal, String because) {
        assertThatThrownBy(() -> new BackupFile(file, seal).verify())
                .isInstanceOf(BackupException.class)
                .hasMessageContaining(because);
    }

    @Test
    void refusesAShortPassphraseAndAMasterKeyWithoutASeal() {
        assertThatThrownBy(() -> new Seal.Passphrase("short")).hasMessageContaining("12 characters");
        assertThatThrownBy(() -> BackupFile.write(new ByteArrayOutputStream(), null, origin(true), w -> {}))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("sealed backup alone");
    }

    @Test
    void refusesAFileThatIsCutAnywhere() throws IOException {
        for (Seal seal : new Seal[] {null, RECIPIENT}) {
            byte[] whole = Files.readAllBytes(file(seal, 400));
            assertThat(whole.length).isGreaterThan(3 * SealedOutput.CHUNK);
            Seal opening = seal == null ? null : IDENTITY;
            int head = seal == null ? 0 : new String(whole, StandardCharsets.ISO_8859_1).indexOf('\n', 40) + 1;
            for (int at = 0; at < whole.length; at += 16_384) {
                assertDamaged(Arrays.copyOf(whole, at), opening);
            }
            for (int border = head; border < whole.length; border += SealedOutput.CHUNK + SealedOutput.TAG_BYTES) {
                assertDamaged(Arrays.copyOf(whole, border), opening);
                assertDamaged(withTrailer(Arrays.copyOf(whole, border)), opening);
            }
            for (int last = 1; last < 200; last += 9) {
                assertDamaged(Arrays.copyOf(whole, whole.length - last), opening);
            }
        }
    }

    @Test
    void refusesAFileOfWhichOneBitIsOther() throws IOException {
        Random random = new Random(7);
        for (Seal seal : new Seal[] {null, RECIPIENT}) {
            byte[] whole = Files.readAllBytes(file(seal, 100));
            for (int i = 0; i < 80; i++) {
                byte[] changed = whole.clone();
                int at = i < 30 ? i : random.nextInt(whole.length);
                changed[at] ^= (byte) (1 << random.nextInt(8));
                assertDamaged(changed, seal == null ? null : IDENTITY);
            }
        }
    }

    /** Whoever changes a sealed file can make its end fit, and the seal still tells. */
    @Test
    void theSealRefusesAChangeThatTheEndFits() throws IOException {
        byte[] whole = Files.readAllBytes(file(RECIPIENT, 400));
        byte[] body = Arrays.copyOf(whole, whole.length - Trailer.LENGTH);
        Random random = new Random(8);
        for (int i = 0; i < 60; i++) {
            byte[] changed = body.clone();
            changed[i < 30 ? 30 + i : random.nextInt(body.length)] ^= 1;
            assertDamaged(withTrailer(changed), IDENTITY);
        }
        int head = new String(whole, StandardCharsets.ISO_8859_1).indexOf('\n', 40) + 1;
        int chunk = SealedOutput.CHUNK + SealedOutput.TAG_BYTES;
        byte[] swapped = body.clone();
        System.arraycopy(body, head, swapped, head + chunk, chunk);
        System.arraycopy(body, head + chunk, swapped, head, chunk);
        assertDamaged(withTrailer(swapped), IDENTITY);
    }

    private static byte[] withTrailer(byte[] body) {
        byte[] trailer = Trailer.of(TableTally.sha256().digest(body));
        byte[] all = Arrays.copyOf(body, body.length + trailer.length);
        System.arraycopy(trailer, 0, all, body.length, trailer.length);
        return all;
    }

    private void assertDamaged(byte[] bytes, @Nullable Seal seal) throws IOException {
        Path file = directory.resolve("damaged");
        Files.write(file, bytes);
        assertThatThrownBy(() -> new BackupFile(file, seal).verify()).isInstanceOf(BackupException.class);
    }

    @Test
    void splitsLargeTablesIntoMembers() throws IOException {
        Path file = directory.resolve("parts");
        NewFile.write(file, out -> {
            Trailer trailer = new Trailer(out);
            BackupWriter writer = new BackupWriter(trailer, origin(false), 10_000);
            content(writer, 200);
            BackupManifest manifest = writer.finish();
            trailer.finish();
            return manifest;
        });
        assertThat(new BackupFile(file, null).verify().members()).hasSizeGreaterThan(10);
        assertSame(file, null, 200);
    }

    @Test
    void aFileThatIsThereIsNeverWrittenOver() throws IOException {
        Path file = file(null, 1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThatThrownBy(() -> NewFile.write(file, out -> true)).hasMessageContaining("there already");
        assertSame(file, null, 1);
    }

    @Test
    void nothingIsLeftOfAFileThatWasNotWritten() throws IOException {
        Path file = directory.resolve("new");
        assertThatThrownBy(() -> NewFile.write(file, out -> {
                    out.write(1);
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("No space left");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void keysAreReadAsTheyWereMade() throws IOException {
        SealKeys.Pair pair = SealKeys.generate();
        Path secret = Files.writeString(directory.resolve("k"), pair.privateLine() + "\n");
        Path shown = Files.writeString(directory.resolve("k.pub"), pair.publicLine() + "\n");
        Path file = directory.resolve("sealed");
        NewFile.write(file, out -> BackupFile.write(out, SealKeys.recipient(shown), origin(false), w -> content(w, 2)));
        assertSame(file, SealKeys.identity(secret), 2);
        assertThatThrownBy(() -> SealKeys.identity(shown)).hasMessageContaining("no private key");
        assertThatThrownBy(() -> SealKeys.recipient(secret)).hasMessageContaining("no public key");
        assertThatThrownBy(() -> SealKeys.passphrase(directory.resolve("none"))).hasMessageContaining("cannot be read");
    }

    @Test
    void keepsTheNewestOfItsKind() throws IOException {
        BackupDirectory backups = new BackupDirectory(directory.resolve("kept"));
        backups.made();
        for (int day = 1; day <= 4; day++) {
            BackupManifest.Origin origin = new BackupManifest.Origin(
                    Instant.parse("2026-02-0" + day + "T00:00:00Z"),
                    "p",
                    "13",
                    "h2",
                    "acme",
                    "scheduled",
                    null,
                    false,
                    true);
            Path file = backups.path().resolve(BackupDirectory.name(origin, day % 2 == 0));
            NewFile.write(file, out -> BackupFile.write(out, null, origin, w -> {}));
        }
        Files.writeString(backups.path().resolve("llmproxy-acme-broken.zip"), "x");
        assertThat(backups.prune("other", "scheduled", 1)).isEmpty();
        assertThat(backups.prune("acme", "scheduled", 2)).hasSize(2).allMatch(f -> f.contains("2026020"));
        assertThat(backups.list())
                .hasSize(3)
                .last()
                .satisfies(e -> assertThat(e.fault()).isNotNull());
    }

    @Test
    void oneWithANameOfSomebodysOwnIsListedAndNeverPruned() throws IOException {
        BackupDirectory backups = new BackupDirectory(directory.resolve("own"));
        backups.made();
        BackupManifest.Origin origin = new BackupManifest.Origin(
                Instant.parse("2026-02-01T00:00:00Z"), "p", "12", "h2", "acme", "scheduled", null, false, true);
        Path plain = backups.path().resolve("before-the-change");
        NewFile.write(plain, out -> BackupFile.write(out, null, origin, w -> {}));
        Path sealed = backups.path().resolve("l.zip.sealed");
        Path passphrase = Files.writeString(directory.resolve("own.pass"), "a passphrase of some length");
        NewFile.write(sealed, out -> BackupFile.write(out, SealKeys.passphrase(passphrase), origin, w -> {}));
        Files.writeString(backups.path().resolve("notes.txt"), "no backup");
        Files.createDirectory(backups.path().resolve("llmproxy-old.zip"));
        assertThat(backups.list())
                .extracting(BackupDirectory.Entry::file)
                .containsExactlyInAnyOrder(plain.toString(), sealed.toString());
        Path named = backups.fresh(origin, false);
        NewFile.write(named, out -> BackupFile.write(out, null, origin, w -> {}));
        assertThat(backups.prune("acme", "scheduled", 1)).isEmpty();
        assertThat(backups.list()).hasSize(3);
    }

    @Test
    void severalOfOneSecondHaveNamesOfTheirOwn() throws IOException {
        BackupDirectory backups = new BackupDirectory(directory.resolve("same"));
        BackupManifest.Origin origin = new BackupManifest.Origin(
                Instant.parse("2026-02-01T00:00:00Z"), "p", "12", "h2", "*", "before-migration", null, false, true);
        for (String end : new String[] {"v12.zip", "v12-2.zip", "v12-3.zip"}) {
            Path file = backups.fresh(origin, false);
            assertThat(file).hasFileName("llmproxy-all-20260201T000000Z-before-migration-of-" + end);
            NewFile.write(file, out -> BackupFile.write(out, null, origin, w -> {}));
        }
        assertThat(backups.fresh(origin, true).getFileName().toString()).endsWith("v12.zip.sealed");
        assertThat(backups.list()).hasSize(3);
    }
}
