package io.llmproxy.adapter.backup;

import io.llmproxy.adapter.backup.BackupManifest.Member;
import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableSink;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a backup as it comes: a ZIP file with {@code tables/NAME.0001.jsonl} and further parts of each table, whatever other files are
 * added, and {@code manifest.json} as the last. What it throws of the stream behind is an {@link UncheckedIOException}.
 */
public final class BackupWriter implements TableSink {
    static final String MANIFEST = "manifest.json";
    static final String TABLES = "tables/";

    /** A member stays far below what old tools can read. */
    private static final long PART = 1L << 30;

    private final ZipOutputStream zip;
    private final BackupManifest.Origin origin;
    private final long partBytes;
    private final TableTally tally = new TableTally();
    private final List<Member> members = new ArrayList<>();
    private final MessageDigest sha256 = TableTally.sha256();
    private TableLayout table = new TableLayout("", List.of());
    private int part;
    private String member = "";
    private long bytes;

    public BackupWriter(OutputStream out, BackupManifest.Origin origin) {
        this(out, origin, PART);
    }

    BackupWriter(OutputStream out, BackupManifest.Origin origin, long partBytes) {
        this.zip = new ZipOutputStream(out, StandardCharsets.UTF_8);
        // blocks of the ledger are made small already
        zip.setLevel(Deflater.BEST_SPEED);
        this.origin = origin;
        this.partBytes = partBytes;
    }

    @Override
    public void begin(TableLayout layout) {
        table = layout;
        part = 0;
        tally.begin(layout);
        beginPart();
    }

    private void beginPart() {
        part++;
        beginMember(TABLES + table.name() + String.format(Locale.ROOT, ".%04d.jsonl", part));
    }

    @Override
    public void row(List<@Nullable Object> values) {
        byte[] text = RowText.encode(table, values);
        if (bytes > 0 && bytes + text.length > partBytes) {
            endMember();
            beginPart();
        }
        tally.row(values, text);
        write(text, text.length);
    }

    @Override
    public void end() {
        endMember();
        tally.end();
    }

    /** Another file, between tables. */
    public void file(String name, InputStream content) throws IOException {
        beginMember(name);
        byte[] buffer = new byte[64 << 10];
        for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
            write(buffer, n);
        }
        endMember();
    }

    private void beginMember(String name) {
        member = name;
        bytes = 0;
        try {
            zip.putNextEntry(entry(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ZipEntry entry(String name) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(origin.createdAt().atOffset(ZoneOffset.UTC).toLocalDateTime());
        return entry;
    }

    private void write(byte[] content, int length) {
        try {
            zip.write(content, 0, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sha256.update(content, 0, length);
        bytes += length;
    }

    private void endMember() {
        try {
            zip.closeEntry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        members.add(new Member(member, bytes, HexFormat.of().formatHex(sha256.digest())));
    }

    /** Writes the manifest and the end of the archive, with room for the trailer; the stream behind stays open. */
    BackupManifest finish() throws IOException {
        BackupManifest manifest = BackupManifest.of(origin, tally.tables(), members);
        zip.putNextEntry(entry(MANIFEST));
        zip.write(ManifestText.bytes(manifest));
        zip.closeEntry();
        zip.setComment(new String(Trailer.room(), StandardCharsets.US_ASCII));
        zip.finish();
        return manifest;
    }
}
