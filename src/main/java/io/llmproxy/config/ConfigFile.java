package io.llmproxy.config;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A configuration file as a command line names it.
 *
 * @param optional whether it may be missing; one that is there and cannot be read is a fault all the same
 */
public record ConfigFile(Path path, boolean optional) {
    /** A path; with a {@code -} before it, as systemd writes it, one that may be missing. */
    public static ConfigFile of(String text) {
        boolean optional = text.startsWith("-") && text.length() > 1;
        return new ConfigFile(Path.of(optional ? text.substring(1) : text), optional);
    }

    /**
     * Whether another file has taken its name. A service that is shown files one by one goes on seeing the old one, which has no
     * name left.
     */
    boolean replaced() {
        try {
            return Files.getAttribute(path, "unix:nlink") instanceof Integer links && links == 0;
        } catch (Exception e) {
            // missing, or of a file system without links: said elsewhere, or none of our business
            return false;
        }
    }
}
