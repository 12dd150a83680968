package io.llmproxy.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code llmproxyctl audit …}. */
final class AuditCommands {
    private static final View EVENTS = new View(
            "id",
            Column.text("time", "at"),
            Column.text("tenant", "tenant"),
            Column.text("actor", "actor"),
            Column.text("from", "address"),
            Column.text("action", "action"),
            Column.text("target", "target"),
            Column.text("before", "before"),
            Column.text("after", "after"));

    private static final View PURGED = new View(
            "events",
            Column.number("events", "events"),
            Column.number("bodies", "bodies"),
            Column.number("requests", "requests"));

    /** How many events an answer holds at most; a full one is followed up at once. */
    private static final int PAGE = 500;

    private static final String EXPORT_PAGE = "1000";

    private AuditCommands() {}

    static List<Verb> verbs() {
        return List.of(list(), tail(), export(), verify(), purge());
    }

    private static Verb filtered(Verb verb) {
        return verb.option("--actor", "NAME", "only by this one, as unix:root")
                .option("--action", "ACTION", "only this action, as key.revoke, or this noun, as key")
                .option("--target", "TARGET", "only on this, as key/dev");
    }

    private static Verb list() {
        return AuditRequests.options(filtered(Verb.of(
                                "list",
                                "Lists what was administered, or with --requests what was asked, newest first.",
                                AuditCommands::list)
                        .option("--from", "TIME", "from then on: a date, a time, or how long ago as 7d")
                        .option("--to", "TIME", "up to then, exclusive")
                        .option("--limit", "N", "at most so many; 100 unless given")))
                .example(
                        "llmproxyctl -t acme audit list --from 7d --action key",
                        "llmproxyctl -t acme audit list --requests --from 1h --status 502",
                        "llmproxyctl -t acme audit list --requests --request-id ID --body -o json");
    }

    private static ExitCode list(Context c) {
        int limit = limit(c);
        if (c.line().flag("--requests")) {
            return AuditRequests.list(c, limit);
        }
        AuditRequests.refuseWithoutRequests(c);
        ApiPath path = span(c, filter(c)).with("limit", Integer.toString(Math.min(limit, 1000)));
        if (!c.output().list(new Most(c.client().list(path), limit), EVENTS)) {
            c.note("nothing was administered in that time");
        }
        return ExitCode.DONE;
    }

    private static int limit(Context c) {
        String text = c.line().option("--limit");
        try {
            int limit = text == null ? 100 : Integer.parseInt(text);
            if (limit > 0) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw CliException.usage("--limit: must be a whole number above 0");
    }

    private static ApiPath filter(Context c) {
        return ApiPath.of("audit", "events")
                .with("tenant", c.namedTenant())
                .with("actor", c.line().option("--actor"))
                .with("action", c.line().option("--action"))
                .with("target", c.line().option("--target"));
    }

    static ApiPath span(Context c, ApiPath path) {
        Instant now = c.output().now();
        @Nullable String from = c.line().option("--from");
        @Nullable String to = c.line().option("--to");
        return path.with(
                        "from",
                        from == null ? null : Times.moment("--from", from, now).toString())
                .with("to", to == null ? null : Times.moment("--to", to, now).toString());
    }

    private static Verb tail() {
        return filtered(Verb.of("tail", "Prints what is administered as it happens, until interrupted.", c -> {
                    ApiPath path =
                            filter(c).with("limit", Integer.toString(PAGE)).with("tail", "true");
                    String position =
                            Json.text(c.client().get(path.with("cursor", "end")).path("next"));
                    TailPrinter printer = new TailPrinter(c.output(), EVENTS);
                    while (!c.output().closed()) {
                        JsonNode page = c.client().get(path.with("cursor", position));
                        JsonNode items = page.path("items");
                        items.values().forEach(printer::print);
                        String next = Json.text(page.path("next"));
                        position = next.isEmpty() ? position : next;
                        if (items.size() < PAGE && !c.shell().pause().second()) {
                            break;
                        }
                    }
                    return ExitCode.DONE;
                }))
                .example("llmproxyctl audit tail", "llmproxyctl -t acme audit tail --action provider -o jsonl");
    }

    private static Verb export() {
        return Verb.of("export", "Prints one chain of events with its hashes and signatures, as JSON lines.", c -> {
                    if (c.line().flag("--public-key")) {
                        JsonNode key = c.client().get(ApiPath.of("audit", "key"));
                        c.output().line(Json.text(key.path("publicKey")));
                        return ExitCode.DONE;
                    }
                    ApiPath path = span(c, ApiPath.of("audit", "export"))
                            .with("tenant", c.line().option("--chain") == null ? c.namedTenant() : null)
                            .with("chain", c.line().option("--chain"))
                            .with("limit", EXPORT_PAGE);
                    for (JsonNode line : c.client().list(path)) {
                        c.output().line(Json.compact(line));
                    }
                    return ExitCode.DONE;
                })
                .option("--from", "TIME", "from then on: a date, a time, or how long ago as 7d")
                .option("--to", "TIME", "up to then, exclusive")
                .option("--chain", "ID", "another chain than the one of -t, or of the installation without -t")
                .flag("--public-key", "print the public key of the signatures instead")
                .example(
                        "llmproxyctl -t acme audit export > acme-audit.jsonl",
                        "llmproxyctl audit export > installation-audit.jsonl",
                        "llmproxyctl audit export --public-key > audit.pub");
    }

    private static Verb verify() {
        return Verb.of(
                        "verify",
                        "Proves that an exported file, or the server's own log, is whole: exit 0, else 1.",
                        AuditCommands::verify)
                .optionalArgument("FILE", "an export; no server is needed for it. Without it the server's log")
                .list("--key", "KEY", "trust these keys alone: public keys, files of them, or their ids")
                .list("--against", "FILE", "exports of earlier days, which the history must go on from")
                .example(
                        "llmproxyctl audit verify",
                        "llmproxyctl audit verify acme-audit.jsonl --key audit.pub",
                        "llmproxyctl audit verify today.jsonl --against last-week.jsonl");
    }

    private static ExitCode verify(Context c) {
        AuditVerifier verifier = new AuditVerifier(AuditKeys.ids(c.line().values("--key")));
        c.line().values("--against").forEach(file -> {
            AuditVerifier earlier = new AuditVerifier(AuditKeys.ids(c.line().values("--key")));
            read(file, earlier);
            verifier.follows(file, earlier);
        });
        String file = c.line().optionalArgument();
        if (file != null) {
            read(file, verifier);
        } else {
            server(c, verifier);
        }
        c.output().line(verifier.summary());
        return ExitCode.DONE;
    }

    private static void read(String file, AuditVerifier verifier) {
        try (BufferedReader lines = Files.newBufferedReader(Path.of(file), StandardCharsets.UTF_8)) {
            long number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                verifier.line(file + ": line " + number, parsed(file, number, line));
            }
            verifier.end(file + ": line " + (number + 1));
        } catch (MalformedInputException e) {
            throw new CliException(ExitCode.REFUSED, file + " is not UTF-8, so it is not as it was exported");
        } catch (IOException e) {
            throw CliException.usage("cannot read the exported file: " + FileFault.why(e));
        }
    }

    private static JsonNode parsed(String file, long number, String line) {
        try {
            return Json.parseStrictly(line.getBytes(StandardCharsets.UTF_8));
        } catch (JacksonException e) {
            throw new CliException(
                    ExitCode.REFUSED,
                    file + ": line " + number
                            + ": changed: it is no JSON text any more, or has two members of one name");
        }
    }

    private static void server(Context c, AuditVerifier verifier) {
        String tenant = c.namedTenant();
        for (JsonNode chain : c.client().list(ApiPath.of("audit", "chains").with("limit", "1000"))) {
            String slug = Json.text(chain.path("tenant"));
            if (tenant == null || tenant.equals(slug)) {
                ApiPath path = ApiPath.of("audit", "export")
                        .with("chain", Json.text(chain.path("id")))
                        .with("limit", EXPORT_PAGE);
                String where = slug.isEmpty() ? "the installation's log" : "the log of " + slug;
                for (JsonNode line : c.client().list(path)) {
                    String number = Json.text(line.path("number"));
                    verifier.line(where + (number.isEmpty() ? "" : ": event " + number), line);
                }
                verifier.end(where);
            }
        }
    }

    private static Verb purge() {
        return Verb.of(
                        "purge",
                        "Deletes old events, for which a signed checkpoint stands, or old requests.",
                        AuditCommands::purge)
                .option("--before", "TIME", "older than that: a date, a time, or how long ago as 365d")
                .flag("--requests", "a tenant's usage records and bodies of requests, and no events; sums by hour stay")
                .example(
                        "llmproxyctl -t acme audit purge --before 365d --yes",
                        "llmproxyctl -t acme audit purge --requests --before 30d --yes",
                        "llmproxyctl audit purge --before 2026-01-01");
    }

    private static ExitCode purge(Context c) {
        String before = c.line().option("--before");
        if (before == null) {
            throw CliException.usage("--before is missing: how old is old?");
        }
        Instant time = Times.moment("--before", before, c.output().now());
        String tenant = c.namedTenant();
        String whose = tenant == null ? "the installation" : tenant;
        boolean requests = c.line().flag("--requests");
        c.confirm("delete the " + (requests ? "usage records and bodies of requests" : "audit") + " of " + whose
                + " before " + time + " for good");
        ObjectNode body = Json.object().put("before", time.toString());
        if (requests) {
            body.put("requests", true);
        }
        if (tenant != null) {
            body.put("tenant", tenant);
        }
        JsonNode purged = c.client().post(ApiPath.of("audit", "purge"), body);
        String sentence = "deleted " + Json.text(purged.path(requests ? "requests" : "events"))
                + (requests ? " usage records and " : " events and ") + Json.text(purged.path("bodies"))
                + " bodies of requests";
        c.output().done(purged, PURGED, sentence);
        return ExitCode.DONE;
    }
}
