package io.llmproxy.adapter.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** Where backups are kept; which ones there are is told by their names and heads, without reading them whole. */
public final class BackupDirectory {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    /** Of those that are named here, and deleted here when they are old; others have names of somebody's own. */
    private static final Pattern NAME = Pattern.compile("llmproxy-.*\\.zip(?:\\.sealed)?");

    private final Path path;

    public BackupDirectory(Path path) {
        this.path = path;
    }

    /**
     * A file that is there.
     *
     * @param fault why it cannot be read, and nothing is known but its name and size; null: it can
     */
    public record Entry(
            String file,
            long bytes,
            boolean sealed,
            @Nullable String createdAt,
            @Nullable String program,
            @Nullable String schema,
            @Nullable String tenant,
            @Nullable String reason,
            @Nullable String fault) {}

    /** What a new file is called. */
    public static String name(BackupManifest.Origin origin, boolean sealed) {
        String tenant = origin.tenant().equals("*") ? "all" : origin.tenant();
        String what = origin.reason().equals("before-migration") ? "-before-migration-of-v" + origin.schema() : "";
        return "llmproxy-" + tenant + "-" + stamp(origin.createdAt()) + what + (sealed ? ".zip.sealed" : ".zip");
    }

    /** A new file in it, which is made where it is not there; of several in one second the later ones have a number. */
    public Path fresh(BackupManifest.Origin origin, boolean sealed) {
        Path directory = made();
        String name = name(origin, sealed);
        Path file = directory.resolve(name);
        for (int number = 2; Files.exists(file); number++) {
            file = directory.resolve(name.replaceFirst("\\.zip", "-" + number + ".zip"));
        }
        return file;
    }

    static String stamp(Instant time) {
        return STAMP.format(time);
    }

    public Path path() {
        return path;
    }

    /** Makes it, for its owner alone, where it is not there. */
    public Path made() {
        try {
            if (!Files.isDirectory(path)) {
                Files.createDirectories(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            return path;
        } catch (IOException e) {
            throw new BackupException("the directory of backups cannot be made: " + path + ": " + e, e);
        }
    }

    /** Deletes what is half written and nobody writes any more. */
    public void tidy(Instant now) {
        PartFile.deleteLeft(path, now);
    }

    /**
     * The newest first; empty where there is no such directory. What has a name of somebody's own is among them where it can be read as
     * a backup.
     */
    public List<Entry> list() {
        return entries().stream().filter(e -> e.fault() == null || named(e)).toList();
    }

    private static boolean named(Entry entry) {
        return NAME.matcher(Path.of(entry.file()).getFileName().toString()).matches();
    }

    private List<Entry> entries() {
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        List<Entry> entries = new ArrayList<>();
        try (Stream<Path> files = Files.list(path)) {
            files.filter(f -> !f.getFileName().toString().startsWith(".") && Files.isRegularFile(f))
                    .forEach(f -> entries.add(entry(f)));
        } catch (IOException e) {
            throw new BackupException("the directory " + path + " cannot be read: " + e, e);
        }
        entries.sort(Comparator.comparing(
                        (Entry e) -> Optional.ofNullable(e.createdAt()).orElse(""))
                .thenComparing(Entry::file)
                .reversed());
        return entries;
    }

    private static Entry entry(Path file) {
        long bytes = file.toFile().length();
        try {
            BackupFile backup = new BackupFile(file, null);
            if (backup.sealed()) {
                var known = backup.known();
                return new Entry(
                        file.toString(),
                        bytes,
                        true,
                        known.get("createdAt"),
                        known.get("program"),
                        known.get("schema"),
                        known.get("tenant"),
                        known.get("reason"),
                        null);
            }
            BackupManifest m = manifest(file);
            return new Entry(
                    file.toString(),
                    bytes,
                    false,
                    m.createdAt().toString(),
                    m.program(),
                    m.schema(),
                    m.tenant(),
                    m.reason(),
                    null);
        } catch (BackupException | IOException e) {
            return new Entry(file.toString(), bytes, false, null, null, null, null, null, "no whole backup");
        }
    }

    private static BackupManifest manifest(Path file) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            var member = zip.getEntry(BackupWriter.MANIFEST);
            if (member == null) {
                throw new BackupException(file + " has no manifest");
            }
            try (var in = zip.getInputStream(member)) {
                return ManifestText.parse(in.readAllBytes());
            }
        }
    }

    /**
     * Deletes the oldest of the tenant's that were made for the reason, so that as many are left.
     *
     * @param keep at least one
     * @return what was deleted
     */
    public List<String> prune(String tenant, String reason, int keep) {
        return prune(tenant, reason, keep, List.of());
    }

    /**
     * The same.
     *
     * @param spared not deleted, however old
     */
    public List<String> prune(String tenant, String reason, int keep, List<Path> spared) {
        List<Entry> same = list().stream()
                .filter(BackupDirectory::named)
                .filter(e -> e.fault() == null && reason.equals(e.reason()) && tenant.equals(e.tenant()))
                .toList();
        List<String> deleted = new ArrayList<>();
        for (Entry old : same.subList(Math.min(Math.max(1, keep), same.size()), same.size())) {
            if (spared.contains(Path.of(old.file()))) {
                continue;
            }
            try {
                Files.deleteIfExists(Path.of(old.file()));
                deleted.add(old.file());
            } catch (IOException e) {
                throw new BackupException("the old backup " + old.file() + " cannot be deleted: " + e, e);
            }
        }
        return deleted;
    }
}
