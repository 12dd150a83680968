package io.llmproxy.adapter.secret;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.SecretSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads references from this machine: environment, files under the configured directories, systemd credentials. What a path
 * leads to counts, not what it says: symbolic links are followed first and judged by where they end. The master key is out
 * of reach by any of the three. Thread-safe.
 */
public final class LocalSecretSource implements SecretSource {
    /** A bundle of authorities is a quarter of it. */
    private static final int MAX_BYTES = 1024 * 1024;

    private volatile List<Path> directories;
    private final Path masterKeyFile;
    private final Function<String, @Nullable String> environment;

    /**
     * @param directories under which files may be named
     * @param masterKeyFile that no reference may lead to, there or not
     */
    public LocalSecretSource(
            List<Path> directories, Path masterKeyFile, Function<String, @Nullable String> environment) {
        this.directories = absolute(directories);
        this.masterKeyFile = masterKeyFile;
        this.environment = environment;
    }

    /** Other directories, for what is read from now on. */
    public void allow(List<Path> others) {
        directories = absolute(others);
    }

    private static List<Path> absolute(List<Path> directories) {
        return directories.stream().map(d -> d.toAbsolutePath().normalize()).toList();
    }

    @Override
    public void check(SecretRef ref) {
        switch (ref.kind()) {
            // names LLMPROXY_… are refused by the reference itself
            case ENV -> {}
            case FILE -> checkFile(ref.name());
            case CREDENTIAL -> {
                if (ref.name().equals(MasterKey.CREDENTIAL)) {
                    throw new InvalidValueException("credential", "must not name the master key");
                }
            }
        }
    }

    private void checkFile(String name) {
        Path path = path(name);
        if (path == null || !under(directories, whereItLeads(path))) {
            throw new InvalidValueException(
                    "credential",
                    "the file is under none of secrets.directories"
                            + (directories.isEmpty() ? ", of which none is configured" : ""));
        }
        if (isMasterKey(path)) {
            throw new InvalidValueException("credential", "must not name the master key");
        }
    }

    @Override
    public Optional<Secret> resolve(SecretRef ref) {
        return switch (ref.kind()) {
            case ENV -> Optional.ofNullable(environment.apply(ref.name())).flatMap(LocalSecretSource::secret);
            case FILE -> read(path(ref.name()), directories);
            case CREDENTIAL -> credential(ref.name());
        };
    }

    @Override
    public String stamp(SecretRef ref) {
        Path path = ref.kind() == SecretRef.Kind.FILE ? path(ref.name()) : null;
        if (path == null) {
            return "";
        }
        try {
            BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
            return now.lastModifiedTime() + "/" + now.size() + "/" + now.fileKey();
        } catch (IOException e) {
            return "missing";
        }
    }

    private Optional<Secret> credential(String name) {
        Path directory = credentials();
        if (directory == null || name.equals(MasterKey.CREDENTIAL)) {
            return Optional.empty();
        }
        return read(directory.resolve(name), List.of(directory));
    }

    private @Nullable Path credentials() {
        String directory = environment.apply(MasterKey.CREDENTIALS_DIRECTORY);
        return directory == null || directory.isEmpty() ? null : path(directory);
    }

    private Optional<Secret> read(@Nullable Path path, List<Path> allowed) {
        try {
            if (path == null) {
                return Optional.empty();
            }
            Path real = path.toRealPath();
            // a device or a pipe would block or never end
            if (!under(allowed, real) || isMasterKey(real) || !Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.empty();
            }
            return content(real);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<Secret> content(Path file) throws IOException {
        try (var in = Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            return bytes.length > MAX_BYTES ? Optional.empty() : secret(decode(bytes));
        }
    }

    private static String decode(byte[] bytes) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes))
                .toString();
    }

    private static Optional<Secret> secret(String text) {
        String line = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        line = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
        return line.isEmpty() ? Optional.empty() : Optional.of(new Secret(line));
    }

    /** An absolute path without {@code ..}, whose meaning would hang on what the links before it are; else null. */
    private static @Nullable Path path(String name) {
        try {
            Path path = Path.of(name);
            for (Path part : path) {
                if (part.toString().equals("..")) {
                    return null;
                }
            }
            return path.isAbsolute() ? path.normalize() : null;
        } catch (InvalidPathException e) {
            return null;
        }
    }

    /** Where a path ends once its links are followed, as far as it is there; the rest may be made later. */
    private static Path whereItLeads(Path path) {
        for (Path there = path; there != null; there = there.getParent()) {
            try {
                return there.toRealPath().resolve(there.relativize(path)).normalize();
            } catch (IOException e) {
                if (Files.isSymbolicLink(there)) {
                    return dangling(there);
                }
            }
        }
        return path;
    }

    /** A link to nothing may be pointed anywhere later: what it says now is judged, and once more when it is read. */
    private static Path dangling(Path link) {
        try {
            return link.resolveSibling(Files.readSymbolicLink(link)).normalize();
        } catch (IOException e) {
            return link;
        }
    }

    private static boolean under(List<Path> directories, Path path) {
        for (Path directory : directories) {
            Path real = whereItLeads(directory);
            if (path.startsWith(real) && !path.equals(real)) {
                return true;
            }
        }
        return false;
    }

    /** By identity, so that hard links count too. */
    private boolean isMasterKey(Path path) {
        Path directory = credentials();
        return same(path, masterKeyFile) || directory != null && same(path, directory.resolve(MasterKey.CREDENTIAL));
    }

    private static boolean same(Path path, Path other) {
        try {
            return whereItLeads(path).equals(whereItLeads(other.toAbsolutePath().normalize()))
                    || Files.isSameFile(path, other);
        } catch (IOException e) {
            return false;
        }
    }
}
