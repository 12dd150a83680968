package io.llmproxy.adapter.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * One migration of the schema. The scripts are named here, so that nothing searches the class path for them: a search costs
 * time at every start and finds nothing in some packagings.
 */
record MigrationScript(String file, String text) {
    static final String FOLDER = "/db/migration/";
    private static final List<String> FILES = List.of(
            "V1__foundation.sql",
            "V2__upstream.sql",
            "V3__objects.sql",
            "V4__limits.sql",
            "V5__prices.sql",
            "V6__idempotency.sql",
            "V7__money.sql",
            "V8__limit_leases.sql",
            "V9__routes.sql",
            "V10__route_choice.sql",
            "V11__provider_options.sql",
            "V12__audit.sql",
            "V13__redaction.sql",
            "V14__client_certificates.sql",
            "V15__usage_labels.sql",
            "V16__usage_index.sql",
            "V17__retention.sql",
            "V18__audit_indexes.sql");

    /** From the oldest to the newest. */
    static List<MigrationScript> all() {
        return FILES.stream().map(MigrationScript::load).toList();
    }

    private static MigrationScript load(String file) {
        try (InputStream in = Objects.requireNonNull(MigrationScript.class.getResourceAsStream(FOLDER + file), file)) {
            return new MigrationScript(file, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException("the program lacks its migration " + file, e);
        }
    }

    String version() {
        return file.substring(1, file.indexOf("__"));
    }

    /** Its statements, without comments. No text in a script holds a semicolon. */
    List<String> statements() {
        String plain = text.lines().filter(line -> !line.startsWith("--")).collect(Collectors.joining("\n"));
        return Arrays.stream(plain.split(";"))
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .toList();
    }

    /** As Flyway counts it: the CRC-32 of the lines without their ends. */
    int checksum() {
        CRC32 crc = new CRC32();
        text.lines().forEach(line -> crc.update(line.getBytes(StandardCharsets.UTF_8)));
        return (int) crc.getValue();
    }

    /** Gives the scripts to Flyway. */
    record Provider(List<MigrationScript> scripts) implements ResourceProvider {
        @Override
        public @Nullable LoadableResource getResource(String name) {
            return getResources("", new String[] {name}).stream().findFirst().orElse(null);
        }

        @Override
        public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
            return scripts.stream()
                    .filter(s ->
                            s.file.startsWith(prefix) && Arrays.stream(suffixes).anyMatch(s.file::endsWith))
                    .map(MigrationScript::resource)
                    .toList();
        }
    }

    private LoadableResource resource() {
        return new LoadableResource() {
            @Override
            public Reader read() {
                return new StringReader(text);
            }

            @Override
            public String getAbsolutePath() {
                return FOLDER + file;
            }

            @Override
            public String getAbsolutePathOnDisk() {
                return FOLDER + file;
            }

            @Override
            public String getFilename() {
                return file;
            }

            @Override
            public String getRelativePath() {
                return file;
            }
        };
    }
}
