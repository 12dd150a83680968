package io.llmproxy.adapter.telemetry;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Header fields for the collector, one {@code Name: value} a line, which are credentials as a rule. Read before each batch, so that a
 * new one counts at once; where the file cannot be read, what was read last. One thread.
 */
final class HeadersFile {
    private static final Logger LOG = System.getLogger(HeadersFile.class.getName());

    private final @Nullable Path file;
    private Map<String, String> last = Map.of();
    private boolean unreadable;

    HeadersFile(@Nullable Path file) {
        this.file = file;
    }

    Map<String, String> fields() {
        if (file == null) {
            return last;
        }
        try {
            last = parse(Files.readString(file));
            unreadable = false;
        } catch (IOException e) {
            if (!unreadable) {
                LOG.log(
                        Level.WARNING,
                        "event 6513: tracing.headers-file " + file + " cannot be read: " + e.getMessage());
            }
            unreadable = true;
        }
        return last;
    }

    /**
     * The fields of a text; empty lines and those that begin with {@code #} are passed over.
     *
     * @throws IOException that names the line and never shows it
     */
    static Map<String, String> parse(String text) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        int number = 0;
        for (String line : text.lines().map(String::strip).toList()) {
            number++;
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            int colon = line.indexOf(':');
            String name = colon < 0 ? "" : line.substring(0, colon).strip();
            String value = line.substring(colon + 1).strip();
            if (!name.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
                    || value.chars().anyMatch(c -> c < ' ' || c > 126)) {
                throw new IOException("line " + number + " is not `Name: value`");
            }
            fields.put(name, value);
        }
        return fields;
    }
}
