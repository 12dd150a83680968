package io.llmproxy.adapter.backup;

import io.llmproxy.adapter.backup.BackupManifest.Member;
import io.llmproxy.adapter.backup.BackupManifest.Origin;
import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableSink;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;

/** A backup on the disk, sealed or not. Nothing of it is given to anybody before all of it was found sound. */
public final class BackupFile {
    private static final int BUFFER = 64 << 10;

    private final Path path;
    private final @Nullable Seal seal;

    /** @param seal what opens it; null: nothing, which is enough for one that is not sealed */
    public BackupFile(Path path, @Nullable Seal seal) {
        this.path = path;
        this.seal = seal;
    }

    /** What goes into a backup. */
    @FunctionalInterface
    public interface Content {
        void write(BackupWriter writer) throws IOException;
    }

    /** Takes files that are no tables. */
    @FunctionalInterface
    public interface FileSink {
        void file(String name, InputStream content) throws IOException;
    }

    /**
     * Writes one as it comes; the stream stays open.
     *
     * @param seal null: not sealed
     */
    public static BackupManifest write(OutputStream out, @Nullable Seal seal, Origin origin, Content content)
            throws IOException {
        if (origin.masterKey() && seal == null) {
            throw new BackupException("the master key goes into a sealed backup alone: give a passphrase or a key");
        }
        Trailer trailer = new Trailer(out);
        SealedOutput sealed =
                seal == null ? null : new SealedOutput(trailer, seal.fresh(new SecureRandom()), known(origin));
        BackupWriter writer = new BackupWriter(sealed == null ? trailer : sealed, origin);
        content.write(writer);
        BackupManifest manifest = writer.finish();
        if (sealed != null) {
            sealed.finish();
            trailer.write(Trailer.room());
        }
        trailer.finish();
        return manifest;
    }

    private static Map<String, Object> known(Origin o) {
        Map<String, Object> known = new LinkedHashMap<>();
        known.put("createdAt", o.createdAt().toString());
        known.put("program", o.program());
        known.put("schema", o.schema());
        known.put("database", o.database());
        known.put("tenant", o.tenant());
        known.put("reason", o.reason());
        return known;
    }

    public Path path() {
        return path;
    }

    /** Whether it is sealed. */
    public boolean sealed() {
        return reading(() -> {
            try (InputStream in = Files.newInputStream(path)) {
                byte[] magic = SealedOutput.MAGIC.getBytes(StandardCharsets.US_ASCII);
                return Arrays.equals(in.readNBytes(magic.length), magic);
            }
        });
    }

    /** What anybody may read of a sealed one, of its head; unproved. */
    public Map<String, String> known() {
        return reading(() -> {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
                return SealedInput.known(SealedInput.head(in));
            }
        });
    }

    /**
     * Reads all of it; blocks.
     *
     * @throws BackupException where it is cut, changed, or of another seal
     */
    public BackupManifest verify() {
        return reading(() -> {
            checkTrailer();
            try (InputStream in = body()) {
                return verified(in);
            } catch (ZipException | EOFException e) {
                throw new BackupException("the backup's archive is not as it was written", e);
            }
        });
    }

    /**
     * Reads all of it and compares it with its end, for which nothing need be opened: what is whole by that was changed on purpose or not at
     * all. Blocks.
     *
     * @throws BackupException where it is cut or changed
     */
    public void checkEnd() {
        reading(() -> {
            checkTrailer();
            return true;
        });
    }

    private void checkTrailer() throws IOException {
        long size = Files.size(path);
        byte[] end;
        MessageDigest sha256 = TableTally.sha256();
        try (InputStream in = Files.newInputStream(path)) {
            byte[] buffer = new byte[BUFFER];
            long left = Math.max(0, size - Trailer.LENGTH);
            while (left > 0) {
                int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (n < 0) {
                    break;
                }
                sha256.update(buffer, 0, n);
                left -= n;
            }
            end = in.readNBytes(Trailer.LENGTH + 1);
        }
        if (!Arrays.equals(end, Trailer.of(sha256.digest()))) {
            throw new BackupException(
                    path + " is cut, changed, or no backup of llmproxy: its end does not fit the rest");
        }
    }

    /** The archive; the trailer of a file that is not sealed lies in its comment, which nobody reads here. */
    private InputStream body() throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(path), BUFFER);
        try {
            return sealed() ? SealedInput.open(new Limited(in, Files.size(path) - Trailer.LENGTH), seal) : in;
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    private static BackupManifest verified(InputStream in) throws IOException {
        List<Member> members = new ArrayList<>();
        Map<String, RawTally> tables = new LinkedHashMap<>();
        BackupManifest manifest = null;
        ZipInputStream zip = new ZipInputStream(in, StandardCharsets.UTF_8);
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            if (manifest != null) {
                throw new BackupException("the backup goes on behind its manifest");
            }
            if (entry.getName().equals(BackupWriter.MANIFEST)) {
                manifest = ManifestText.parse(zip.readAllBytes());
            } else {
                members.add(
                        entry.getName().startsWith(BackupWriter.TABLES)
                                ? tables.computeIfAbsent(table(entry.getName()), t -> new RawTally())
                                        .member(entry.getName(), zip)
                                : file(entry.getName(), zip));
            }
        }
        // what a seal has behind the archive is its last chunk, which must be there
        in.transferTo(OutputStream.nullOutputStream());
        if (manifest == null) {
            throw new BackupException("the backup has no manifest: it was not written to its end");
        }
        check(manifest, members, tables);
        return manifest;
    }

    /** What is no table has no lines, and is not held. */
    private static Member file(String name, InputStream in) throws IOException {
        MessageDigest whole = TableTally.sha256();
        byte[] buffer = new byte[BUFFER];
        long bytes = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            whole.update(buffer, 0, n);
            bytes += n;
        }
        return new Member(name, bytes, HexFormat.of().formatHex(whole.digest()));
    }

    private static void check(BackupManifest manifest, List<Member> members, Map<String, RawTally> tables) {
        if (!manifest.members().equals(members)) {
            throw new BackupException("the backup's files are not those of its manifest");
        }
        for (BackupManifest.Table table : manifest.tables()) {
            RawTally tally = tables.remove(table.name());
            if (tally == null || tally.rows() != table.rows() || !tally.digest().equals(table.digest())) {
                throw new BackupException("the backup's table " + table.name() + " is not that of its manifest");
            }
        }
        if (!tables.isEmpty()) {
            throw new BackupException("the backup has tables that its manifest does not name");
        }
    }

    /** {@code tables/NAME.0001.jsonl}. */
    private static String table(String member) {
        String name = member.substring(BackupWriter.TABLES.length());
        int dot = name.indexOf('.');
        return dot < 0 ? name : name.substring(0, dot);
    }

    /**
     * Gives all that is in it away, tables as they come. Call {@link #verify} before.
     *
     * @param manifest of this file
     */
    public void read(BackupManifest manifest, TableSink tables, FileSink files) {
        reading(() -> {
            try (InputStream in = body()) {
                ZipInputStream zip = new ZipInputStream(in, StandardCharsets.UTF_8);
                String open = "";
                for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                    String name = entry.getName();
                    String table = name.startsWith(BackupWriter.TABLES) ? table(name) : "";
                    if (!open.equals(table)) {
                        if (!open.isEmpty()) {
                            tables.end();
                        }
                        open = table;
                        if (!open.isEmpty()) {
                            tables.begin(layout(manifest, open));
                        }
                    }
                    if (!table.isEmpty()) {
                        rows(layout(manifest, table), zip, tables);
                    } else if (!name.equals(BackupWriter.MANIFEST)) {
                        files.file(name, kept(zip));
                    }
                }
            }
            return true;
        });
    }

    /** The archive goes on behind the file that is taken of it. */
    private static InputStream kept(InputStream zip) {
        return new FilterInputStream(zip) {
            @Override
            public void close() {}
        };
    }

    private static TableLayout layout(BackupManifest manifest, String table) {
        return manifest.table(table)
                .orElseThrow(() -> new BackupException("the backup's manifest does not name the table " + table))
                .layout();
    }

    private static void rows(TableLayout table, InputStream in, TableSink sink) throws IOException {
        Lines lines = new Lines(in);
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
            sink.row(RowText.decode(table, line));
        }
    }

    /** What is read. */
    private interface Reading<T> {
        T run() throws IOException;
    }

    private <T> T reading(Reading<T> reading) {
        try {
            return reading.run();
        } catch (NoSuchFileException e) {
            throw new BackupException("there is no file " + path, e);
        } catch (IOException e) {
            throw new BackupException("reading the backup " + path + " failed: " + e.getMessage(), e);
        }
    }

    /** Hashes the lines of a table without looking into them. */
    private static final class RawTally {
        private final MessageDigest whole = TableTally.sha256();
        private final TableTally lines = new TableTally();
        private long rows;

        private RawTally() {
            lines.begin(new TableLayout("", List.of()));
        }

        private Member member(String name, InputStream in) throws IOException {
            long bytes = 0;
            Lines all = new Lines(in);
            for (byte[] line = all.next(); line != null; line = all.next()) {
                whole.update(line);
                lines.row(List.of(), line);
                bytes += line.length;
                rows++;
            }
            return new Member(name, bytes, HexFormat.of().formatHex(whole.digest()));
        }

        private long rows() {
            return rows;
        }

        private String digest() {
            lines.end();
            return lines.tables().getFirst().digest();
        }
    }
}
