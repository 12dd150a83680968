package io.llmproxy.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Puts the secrets of new keys into files that their owner alone reads: {@code DIR/TENANT/KEY}. */
final class SecretFiles {
    /** What the server takes for names: nothing that leads out of a directory. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    private final @Nullable Path directory;

    private SecretFiles(@Nullable Path directory) {
        this.directory = directory;
    }

    /**
     * Makes the directory and tries it, before there is a secret that could be lost.
     *
     * @param directory null: secrets go to no file
     */
    static SecretFiles of(Context c, @Nullable String directory) {
        if (directory == null) {
            return new SecretFiles(null);
        }
        Path path = c.shell().here().resolve(directory);
        try {
            made(path);
            Files.delete(Files.createTempFile(path, ".llmproxyctl", ""));
        } catch (IOException e) {
            throw CliException.usage("--secrets-dir: cannot write into " + path + ": " + e.getMessage());
        }
        return new SecretFiles(path);
    }

    boolean wanted() {
        return directory != null;
    }

    /** The files that it wrote. */
    List<String> write(JsonNode secrets) {
        List<String> written = new ArrayList<>();
        if (directory == null) {
            return written;
        }
        for (JsonNode secret : secrets.values()) {
            String tenant = Json.text(secret.path("tenant"));
            String key = Json.text(secret.path("key"));
            try {
                written.add(written(directory, tenant, key, Json.text(secret.path("secret")))
                        .toString());
            } catch (IOException e) {
                throw new CliException(
                        ExitCode.REFUSED,
                        "the keys are made, but the secret of " + Text.printable(tenant + "/" + key)
                                + " could not be written: " + e.getMessage()
                                + "; give it a new one with llmproxyctl key rotate");
            }
        }
        return written;
    }

    private static Path written(Path directory, String tenant, String key, String secret) throws IOException {
        if (!NAME.matcher(tenant).matches() || !NAME.matcher(key).matches()) {
            throw new IOException("that is no name for a file");
        }
        Path place = directory.resolve(tenant);
        made(place);
        // readable by nobody else from the first moment on, and never half
        Path fresh = Files.createTempFile(
                place,
                "." + key,
                "",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(fresh, (secret + "\n").getBytes(StandardCharsets.US_ASCII));
        return Files.move(fresh, place.resolve(key), StandardCopyOption.ATOMIC_MOVE);
    }

    private static void made(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }
}
