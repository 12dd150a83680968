package io.llmproxy.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** {@code llmproxyctl support-bundle}: all that somebody else needs to say what is wrong, in one file, without secrets. */
final class SupportBundle {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
    private static final Set<PosixFilePermission> OWNER = PosixFilePermissions.fromString("rw-------");

    private SupportBundle() {}

    static Verb verb() {
        return Verb.of(
                        "support-bundle",
                        "Writes what is needed to say what is wrong into one file, without secrets.",
                        SupportBundle::write)
                .optionalArgument("FILE", "FILE.tar.gz; else llmproxy-support-TIME.tar.gz here")
                .example("llmproxyctl support-bundle", "llmproxyctl support-bundle /tmp/bundle.tar.gz");
    }

    private static ExitCode write(Context c) {
        String stamp = STAMP.format(c.output().now());
        String named = c.line().optionalArgument();
        Path file = c.shell().here().resolve(named == null ? "llmproxy-support-" + stamp + ".tar.gz" : named);
        Map<String, String> parts = parts(c);
        try (OutputStream out = created(file);
                TarFile tar = new TarFile(out, c.output().now())) {
            for (Map.Entry<String, String> part : parts.entrySet()) {
                tar.add("llmproxy-support-" + stamp + "/" + part.getKey(), part.getValue());
            }
        } catch (FileAlreadyExistsException e) {
            throw new CliException(ExitCode.CONFLICT, file + " is there already; name another file");
        } catch (IOException e) {
            throw new CliException(ExitCode.REFUSED, "writing " + file + " failed: " + FileFault.why(e));
        }
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(file.toString());
        } else {
            c.output()
                    .line(file + ": " + parts.size() + " files; it holds names of tenants, users, providers and models,"
                            + " and lines of the log, but no key, credential, prompt or answer");
        }
        return ExitCode.DONE;
    }

    private static OutputStream created(Path file) throws IOException {
        boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] attributes =
                posix ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER)} : new FileAttribute<?>[0];
        Files.createFile(file, attributes);
        return Files.newOutputStream(file, StandardOpenOption.WRITE);
    }

    private static Map<String, String> parts(Context c) {
        Map<String, String> parts = new LinkedHashMap<>();
        // the first one must succeed: without a server there is nothing to bundle
        JsonNode diagnosis = c.client().get(ApiPath.of("diagnosis"));
        diagnosis
                .path("parts")
                .properties()
                .forEach(part -> parts.put(safe(part.getKey()), Json.text(part.getValue())));
        one(c, parts, "status.json", ApiPath.of("status"));
        one(c, parts, "live.json", ApiPath.of("live"));
        one(c, parts, "levels.json", ApiPath.of("log"));
        raw(c, parts, "metrics.txt", ApiPath.raw("/metrics"));
        raw(c, parts, "health.txt", ApiPath.raw("/health/ready"));
        list(c, parts, "providers.json", ApiPath.of("providers"));
        list(c, parts, "routes.json", ApiPath.of("routes"));
        list(c, parts, "limits.json", ApiPath.of("limits"));
        list(c, parts, "limit-usage.json", ApiPath.of("limit-usage"));
        list(c, parts, "tenants.json", ApiPath.of("tenants"));
        ofTenants(c, parts);
        parts.put("client.txt", "llmproxyctl " + ClientVersion.text() + ", java " + Runtime.version() + "\n");
        return parts;
    }

    private static void ofTenants(Context c, Map<String, String> parts) {
        try {
            int some = 0;
            for (JsonNode tenant : c.client().list(ApiPath.of("tenants"))) {
                String slug = Json.text(tenant.path("slug"));
                if (some++ == 50) {
                    break;
                }
                for (String kind : new String[] {"providers", "routes", "limits"}) {
                    list(c, parts, "tenants/" + safe(slug) + "-" + kind + ".json", ApiPath.of("tenants", slug, kind));
                }
            }
        } catch (CliException e) {
            parts.put("tenants/error.txt", e.text() + "\n");
        }
    }

    private static void one(Context c, Map<String, String> parts, String name, ApiPath path) {
        try {
            parts.put(name, Json.pretty(c.client().get(path), 0) + "\n");
        } catch (CliException e) {
            parts.put(name + ".error.txt", e.text() + "\n");
        }
    }

    private static void list(Context c, Map<String, String> parts, String name, ApiPath path) {
        try {
            ArrayNode all = Json.array();
            c.client().list(path).forEach(all::add);
            parts.put(name, Json.pretty(all, 0) + "\n");
        } catch (CliException e) {
            parts.put(name + ".error.txt", e.text() + "\n");
        }
    }

    private static void raw(Context c, Map<String, String> parts, String name, ApiPath path) {
        try {
            HttpCall.Answer answer = c.client().exchange("GET", path, null);
            parts.put(name, new String(answer.body(), StandardCharsets.UTF_8));
        } catch (CliException e) {
            parts.put(name + ".error.txt", e.text() + "\n");
        }
    }

    /** Names of files come from the server too. */
    private static String safe(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9._-]", "_");
        return plain.length() > 40 ? plain.substring(0, 40) : plain;
    }
}
