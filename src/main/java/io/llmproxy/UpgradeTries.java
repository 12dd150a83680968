package io.llmproxy;

import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.backup.BackupFile;
import io.llmproxy.adapter.backup.BackupManifest;
import io.llmproxy.adapter.backup.BackupManifest.Member;
import io.llmproxy.adapter.backup.BackupManifest.Table;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which backups were made for a change of the schema that has not come to its end: a file in the data directory, which goes when the change is
 * made. A start that fails is tried again and again, and would otherwise fill the disk with copies of one state.
 */
final class UpgradeTries {
    private static final String NAME = "upgrade-unfinished";
    /** Root may read what the service's user wrote: a name leads nowhere but into the directory of backups. */
    private static final Pattern LINE =
            Pattern.compile("(?<digest>[0-9a-f]{64}) (?<name>llmproxy-[A-Za-z0-9-]{1,200}\\.zip(?:\\.sealed)?)");

    private final Path file;
    private final Path backups;

    /** @param backups the directory in which they are */
    UpgradeTries(Path data, Path backups) {
        this.file = data.resolve(NAME);
        this.backups = backups;
    }

    /**
     * A backup.
     *
     * @param digest of the state that is in it
     */
    record Kept(String digest, Path backup) {}

    Path file() {
        return file;
    }

    /** Those that are still there and whole, in the order in which they were made; the first has what was before all tries. */
    List<Kept> kept() {
        List<Kept> kept = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.US_ASCII)) {
                Matcher known = LINE.matcher(line);
                if (known.matches()) {
                    kept.add(new Kept(known.group("digest"), backups.resolve(known.group("name"))));
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            // then one more is made
            return List.of();
        }
        return kept.stream().filter(k -> whole(k.backup)).toList();
    }

    private static boolean whole(Path backup) {
        if (!Files.isRegularFile(backup, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try {
            new BackupFile(backup, null).checkEnd();
            return true;
        } catch (BackupException e) {
            return false;
        }
    }

    void write(List<Kept> kept) throws IOException {
        Path draft = file.resolveSibling(NAME + ".new");
        StringBuilder text = new StringBuilder();
        for (Kept k : kept) {
            text.append(k.digest).append(' ').append(k.backup.getFileName()).append('\n');
        }
        Files.deleteIfExists(draft);
        Files.writeString(
                draft, text, StandardCharsets.US_ASCII, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }

    void forget() throws IOException {
        Files.deleteIfExists(file);
    }

    /** The same for the same rows of the same tables and the same journals, whenever and however they were copied. */
    static String digest(BackupManifest manifest) {
        StringBuilder text = new StringBuilder(manifest.schema()).append('\n');
        manifest.tables().stream()
                .sorted(Comparator.comparing(Table::name))
                .forEach(t -> text.append(t.name())
                        .append(' ')
                        .append(t.rows())
                        .append(' ')
                        .append(t.digest())
                        .append(' ')
                        .append(new TreeMap<>(t.sums()))
                        .append('\n'));
        manifest.members().stream()
                .filter(m -> m.name().startsWith(BackupPlace.JOURNAL))
                .sorted(Comparator.comparing(Member::name))
                .forEach(m ->
                        text.append(m.name()).append(' ').append(m.sha256()).append('\n'));
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
