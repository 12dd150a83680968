package io.llmproxy.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code llmproxyctl backup …}. */
final class BackupCommands {
    /** Between two pieces of a file: the server may first write a long ledger. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final String PASSPHRASE = "--passphrase-file";
    private static final String RECIPIENT = "--recipient-key";
    private static final String KEY = "--key-file";
    private static final String MASTER_KEY = "--include-master-key";
    private static final String WITHOUT_LEDGER = "--without-ledger";
    private static final String DIRECTORY = "--directory";
    private static final View VIEW = new View(
            "file",
            Column.text("file", "file"),
            Column.time("created", "createdAt"),
            Column.text("reason", "reason"),
            Column.text("tenant", "tenant"),
            Column.text("schema", "schema"),
            Column.text("program", "program"),
            Column.text("sealed", "sealed"),
            Column.number("bytes", "bytes"),
            Column.text("fault", "fault"));

    private BackupCommands() {}

    static List<Verb> verbs() {
        return List.of(create(), list(), verify(), restore(), key());
    }

    private static Verb create() {
        return Offline.placed(Verb.of(
                                "create",
                                "Copies the whole state into one file while the server serves; with --data-dir also without.",
                                BackupCommands::create)
                        .optionalArgument("FILE", "the new file; else one of a name with the time in it, here")
                        .option(
                                DIRECTORY,
                                "DIR",
                                "the directory, made if need be, for a file with the time in its name")
                        .option(PASSPHRASE, "FILE", "seal it under the passphrase in this file, 12 characters at least")
                        .option(RECIPIENT, "FILE", "seal it for the public key in this file, of `backup key`")
                        .flag(MASTER_KEY, "put the master key in too; the file must be sealed")
                        .flag(WITHOUT_LEDGER, "leave usage and bodies of requests out"))
                .example(
                        "llmproxyctl backup create",
                        "llmproxyctl backup create /backup/llmproxy.zip.sealed --passphrase-file /root/backup.pass");
    }

    private static Verb list() {
        return Offline.placed(
                        Verb.of("list", "Shows the backups of a directory, the newest first.", BackupCommands::list)
                                .optionalArgument("DIR", "the directory; else that of the server's configuration"))
                .example(
                        "llmproxyctl backup list /backup", "llmproxyctl backup list --data-dir /var/lib/llmproxy/acme");
    }

    private static Verb verify() {
        return Verb.of(
                        "verify",
                        "Reads all of a backup and says whether it is whole: exit 0, else 1.",
                        BackupCommands::verify)
                .argument("FILE", "the backup")
                .option(PASSPHRASE, "FILE", "the file with its passphrase")
                .option(KEY, "FILE", "the file with its private key")
                .example("llmproxyctl backup verify llmproxy-all-20260101T000000Z.zip");
    }

    private static Verb restore() {
        return Offline.placed(Verb.of(
                                "restore",
                                "Makes a state of a backup, while the server is stopped.",
                                BackupCommands::restore)
                        .argument("FILE", "the backup")
                        .option(PASSPHRASE, "FILE", "the file with its passphrase")
                        .option(KEY, "FILE", "the file with its private key")
                        .flag("--replace", "move a state that is there aside"))
                .example(
                        "llmproxyctl backup restore /backup/llmproxy.zip --data-dir /var/lib/llmproxy/acme --replace",
                        "llmproxyctl backup restore llmproxy.zip --database-url jdbc:postgresql://db/llmproxy --yes");
    }

    private static Verb key() {
        return Verb.of(
                        "key",
                        "Makes a key pair for sealed backups: FILE, to be kept elsewhere, and FILE.pub for the server.",
                        BackupCommands::key)
                .argument("FILE", "the private key's new file")
                .example("llmproxyctl backup key /root/backup.key");
    }

    private static ExitCode create(Context c) {
        if (Offline.named(c.line())) {
            List<String> given = new ArrayList<>();
            Path file = name(c, false);
            Path base = made(c, file);
            given.add("--file=" + file);
            List<String> options = new ArrayList<>(Offline.PLACE);
            options.addAll(List.of(PASSPHRASE, RECIPIENT, MASTER_KEY, WITHOUT_LEDGER));
            JsonNode backup = Offline.run(c, "backup-create", given, options);
            handOver(c, file, base);
            return written(c, backup);
        }
        Path file = name(c, true);
        Path base = made(c, file);
        ObjectNode wish = Json.object();
        String passphrase = text(c, PASSPHRASE);
        String recipient = text(c, RECIPIENT);
        if (passphrase != null) {
            wish.put("passphrase", passphrase);
        }
        if (recipient != null) {
            wish.put("recipient", recipient);
        }
        wish.put("masterKey", c.line().flag(MASTER_KEY));
        wish.put("ledger", !c.line().flag(WITHOUT_LEDGER));
        AdminClient client = new AdminClient(c.client().endpoint(), PATIENCE);
        Offline.run(c, "backup-tidy", List.of("--directory=" + file.getParent()), List.of());
        try {
            DownloadedFile.write(file, out -> client.download(ApiPath.of("backup"), wish, out));
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.REFUSED,
                    "the backup " + file + " was not written: " + FileFault.why(e) + "; nothing of it is left");
        }
        handOver(c, file, base);
        if (recipient != null) {
            // who writes it cannot read it; that it is whole was seen
            ObjectNode sealed = Json.object();
            sealed.put("file", file.toString())
                    .put("bytes", file.toFile().length())
                    .put("sealed", true);
            return written(c, sealed);
        }
        return written(c, Offline.run(c, "backup-verify", List.of("--file=" + file), List.of(PASSPHRASE)));
    }

    private static ExitCode written(Context c, JsonNode backup) {
        String requests = backup.has("rows")
                ? ": " + Json.text(backup.path("rows")) + " rows, " + Json.text(backup.path("requests"))
                        + " requests in the ledger, read again and whole"
                : ": whole; its private key alone opens it";
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(Json.text(backup.path("file")));
        } else {
            c.output().done(backup, VIEW, Json.text(backup.path("file")) + requests);
        }
        return ExitCode.DONE;
    }

    /** Null where nobody named one and none need be. */
    private static @Nullable Path named(Context c) {
        String file = c.line().optionalArgument();
        String directory = c.line().option(DIRECTORY);
        if (file != null && directory != null) {
            throw CliException.usage("give a file or a --directory, not both");
        }
        return file == null ? null : c.shell().here().resolve(file);
    }

    private static Path name(Context c, boolean online) {
        Path named = named(c);
        if (named == null) {
            String directory = c.line().option(DIRECTORY);
            boolean sealed = c.line().has(PASSPHRASE) || c.line().has(RECIPIENT);
            String tenant = c.namedTenant();
            if (tenant == null && online) {
                String served = Json.text(c.client().get(ApiPath.of("status")).path("tenant"));
                tenant = served.isEmpty() || served.equals("*") ? null : served;
            }
            String name = "llmproxy-" + (tenant == null ? "all" : tenant) + "-"
                    + STAMP.format(c.output().now()) + ".zip" + (sealed ? ".sealed" : "");
            named = c.shell()
                    .here()
                    .resolve(directory == null ? "." : directory)
                    .resolve(name);
        }
        if (Files.exists(named)) {
            throw new CliException(ExitCode.CONFLICT, named + " is there already; name another file");
        }
        return named.normalize();
    }

    /**
     * Makes the directory that was asked for as one, for its owner alone; a file named in one that is not there is a slip.
     *
     * @return the directory that was there before, in which all of it is
     */
    private static Path made(Context c, Path file) {
        Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent());
        Path base = directory;
        while (!Files.exists(base) && base.getParent() != null) {
            base = base.getParent();
        }
        if (Files.isDirectory(directory)) {
            return directory;
        }
        if (!c.line().has(DIRECTORY)) {
            throw new CliException(ExitCode.REFUSED, "there is no directory " + directory + " for the backup");
        }
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            return base;
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.REFUSED, "the directory " + directory + " cannot be made: " + FileFault.why(e));
        }
    }

    /** What root writes among the service's files is the service's, which writes and deletes there too. */
    private static void handOver(Context c, Path file, Path base) {
        Host host = c.shell().host();
        List<String> given = new ArrayList<>(List.of("--file=" + file.toAbsolutePath(), "--base=" + base));
        if (host.group() != null) {
            given.add("--user=" + host.group());
        }
        if (host.superuser() && (host.group() != null || c.line().has("--data-dir"))) {
            Offline.run(c, "backup-hand-over", given, List.of("--data-dir"));
        }
    }

    private static @Nullable String text(Context c, String option) {
        String file = c.line().option(option);
        if (file == null) {
            return null;
        }
        try {
            return new String(Files.readAllBytes(c.shell().here().resolve(file)), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw CliException.usage(
                    option + ": cannot read " + file + ": " + e.getClass().getSimpleName());
        }
    }

    private static ExitCode list(Context c) {
        String directory = c.line().optionalArgument();
        JsonNode entries = directory == null
                ? Offline.run(c, "backup-list", List.of(), Offline.PLACE)
                : Offline.run(c, "backup-list", List.of("--directory=" + directory), List.of());
        if (!c.output().list(entries.values(), VIEW)) {
            c.note("no backup is there");
        }
        return ExitCode.DONE;
    }

    private static ExitCode verify(Context c) {
        String file = c.line().argument();
        JsonNode backup = Offline.run(c, "backup-verify", List.of("--file=" + file), List.of(PASSPHRASE, KEY));
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line("whole");
        } else {
            c.output()
                    .done(
                            backup,
                            VIEW,
                            file + " is whole: of " + Json.text(backup.path("createdAt")) + ", by "
                                    + Json.text(backup.path("program")) + ", schema " + Json.text(backup.path("schema"))
                                    + ", "
                                    + Json.text(backup.path("rows")) + " rows, " + Json.text(backup.path("requests"))
                                    + " requests in the ledger");
        }
        return ExitCode.DONE;
    }

    private static ExitCode restore(Context c) {
        String file = c.line().argument();
        c.confirm("make the state of the backup " + file
                + (c.line().flag("--replace") ? ", and move aside the one that is there" : ""));
        List<String> options = new ArrayList<>(Offline.PLACE);
        options.addAll(List.of(PASSPHRASE, KEY, "--replace"));
        JsonNode done = Offline.run(c, "backup-restore", List.of("--file=" + file), options);
        done.path("warnings").values().forEach(w -> c.note("llmproxyctl: warning: " + Json.text(w)));
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(Json.text(done.path("database")));
            return ExitCode.DONE;
        }
        String replaced = Json.text(done.path("replaced"));
        c.output()
                .done(
                        done,
                        VIEW,
                        "restored " + Json.text(done.path("rows")) + " rows of " + Json.text(done.path("createdAt"))
                                + " into "
                                + Json.text(done.path("database")) + ", as the backup's manifest says"
                                + (replaced.isEmpty() ? "" : "; what was there is in " + replaced));
        return ExitCode.DONE;
    }

    private static ExitCode key(Context c) {
        JsonNode pair =
                Offline.run(c, "backup-key", List.of("--file=" + c.line().argument()), List.of());
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(Json.text(pair.path("id")));
            return ExitCode.DONE;
        }
        c.output()
                .done(
                        pair,
                        VIEW,
                        "the key pair " + Json.text(pair.path("id")) + ": " + Json.text(pair.path("publicKey"))
                                + " seals (backup.recipient-key, --recipient-key), "
                                + Json.text(pair.path("privateKey"))
                                + " opens: keep it where the backups are not");
        return ExitCode.DONE;
    }
}
