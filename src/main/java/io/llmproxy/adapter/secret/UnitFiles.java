package io.llmproxy.adapter.secret;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where the packaged units have what systemd gives their processes, for a command that is not one of them. A unit is known by its data
 * directory, which has its name.
 *
 * @param settings of the files that credentials and variables are made of
 * @param states of the data directories
 */
public record UnitFiles(Path settings, Path states) {
    /** As the units name them; a test keeps them alike. */
    public static final UnitFiles INSTALLED = new UnitFiles(Path.of("/etc/llmproxy"), Path.of("/var/lib/llmproxy"));

    /** What {@code LoadCredential=} reads, whether or not it is there; empty: the directory is no unit's. */
    Optional<Path> credential(Path dataDir) {
        return unit(dataDir).map(unit -> settings.resolve(unit).resolve(MasterKey.CREDENTIAL));
    }

    /** What {@code EnvironmentFile=} reads, whether or not it is there; empty: the directory is no unit's. */
    Optional<Path> environment(Path dataDir) {
        return unit(dataDir).map(unit -> settings.resolve(unit + ".env"));
    }

    private Optional<String> unit(Path dataDir) {
        Path data = dataDir.toAbsolutePath().normalize();
        return states.equals(data.getParent())
                ? Optional.of(states.relativize(data).toString())
                : Optional.empty();
    }

    /** The last assignment counts, and quotes are not of the value, as systemd reads such files. */
    static Optional<String> masterKey(String environmentFile) {
        String name = MasterKey.VARIABLE + "=";
        List<String> values = environmentFile
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .toList();
        return values.isEmpty() ? Optional.empty() : Optional.of(unquoted(values.getLast()));
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() > 1
                && (value.startsWith("\"") || value.startsWith("'"))
                && value.charAt(value.length() - 1) == value.charAt(0);
        return quoted ? value.substring(1, value.length() - 1) : value;
    }
}
