package io.llmproxy.cli;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.JsonNode;

/** Looks through the log's file and those set aside beside it ({@code .1}, {@code .2.gz}, {@code -20261120}), the oldest first. */
record LogSearch(Path file, LogQuery query) {
    private static final int BUFFER = 64 << 10;
    private static final List<String> SHOWN =
            List.of("time", "level", "event", "message", "logger", "requestId", "tenant", "thread", "error");

    private record Aged(Path path, FileTime at) {}

    /** How many lines were found. */
    long run(Output output) {
        long found = 0;
        try {
            for (Path one : files()) {
                found += in(one, output);
            }
        } catch (AccessDeniedException e) {
            throw new CliException(
                    ExitCode.REFUSED, e.getMessage() + " may not be read; be root, or in the group of the log's file");
        } catch (NoSuchFileException e) {
            throw new CliException(ExitCode.NOT_FOUND, "there is no file " + e.getMessage());
        } catch (IOException e) {
            throw new CliException(ExitCode.REFUSED, "reading the log failed: " + FileFault.why(e));
        }
        return found;
    }

    private List<Path> files() throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        String name = String.valueOf(file.getFileName());
        if (directory == null || !Files.exists(file) && !Files.isDirectory(directory)) {
            throw new NoSuchFileException(file.toString());
        }
        List<Aged> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(directory)) {
            for (Path one : all.toList()) {
                String other = String.valueOf(one.getFileName());
                if (other.equals(name) || other.startsWith(name + ".") || other.startsWith(name + "-")) {
                    found.add(new Aged(one, Files.getLastModifiedTime(one)));
                }
            }
        }
        if (found.isEmpty()) {
            throw new NoSuchFileException(file.toString());
        }
        // of those of one moment the one with the higher number is the older one
        found.sort(Comparator.comparing(Aged::at)
                .thenComparing(a -> String.valueOf(a.path.getFileName()), Comparator.reverseOrder()));
        return found.stream().map(Aged::path).toList();
    }

    private long in(Path one, Output output) throws IOException {
        long found = 0;
        try (BufferedReader reader = reader(one)) {
            for (String line = reader.readLine(); line != null && !output.closed(); line = reader.readLine()) {
                JsonNode entry = query.wanted(line);
                if (entry != null) {
                    found++;
                    print(entry, line, output);
                }
            }
        }
        return found;
    }

    private static BufferedReader reader(Path one) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(one), BUFFER);
        if (one.toString().endsWith(".gz")) {
            in = new GZIPInputStream(in, BUFFER);
        }
        return new BufferedReader(new InputStreamReader(
                in,
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPLACE)
                        .onUnmappableCharacter(CodingErrorAction.REPLACE)));
    }

    private static void print(JsonNode entry, String line, Output output) {
        switch (output.format()) {
            case TABLE -> output.line(Text.printable(shown(entry)));
            case JSON, JSONL -> output.line(line.startsWith("{") ? line : Json.compact(entry));
            case YAML -> output.stream().print(Yaml.document(Json.array().add(entry)));
            case CSV, NAME -> output.line(Text.printable(line));
        }
    }

    private static String shown(JsonNode entry) {
        StringBuilder text = new StringBuilder(Json.text(entry.path("time")));
        text.append(' ').append(Json.text(entry.path("level")));
        String event = Json.text(entry.path("event"));
        text.append(event.isEmpty() ? "" : " " + event);
        String message = Json.text(entry.path("message"));
        text.append(message.isEmpty() ? "" : " " + message);
        entry.properties().forEach(field -> {
            if (!SHOWN.contains(field.getKey())) {
                text.append(' ').append(field.getKey()).append('=').append(Json.text(field.getValue()));
            }
        });
        for (String field : List.of("requestId", "tenant")) {
            String value = Json.text(entry.path(field));
            text.append(value.isEmpty() || message.contains(value) ? "" : " " + field + "=" + value);
        }
        String error = Json.text(entry.path("error").path("type"));
        text.append(
                error.isEmpty()
                        ? ""
                        : " " + error + ": " + Json.text(entry.path("error").path("message")));
        return text.toString();
    }
}
