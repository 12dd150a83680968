package io.llmproxy.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParseResult;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code llmproxyctl log …}. */
final class LogCommands {
    private static final List<String> LEVELS = List.of("debug", "info", "warn", "error", "default");
    private static final View LEVEL =
            new View("logger", Column.text("logger", "logger"), Column.text("level", "level"));

    private LogCommands() {}

    static List<Verb> verbs() {
        return List.of(
                Verb.of(
                                "level",
                                "Shows the levels of the server's log, or changes one until it ends.",
                                LogCommands::level)
                        .optionalArgument("LOGGER", "which one, with those below it, as io.llmproxy.gateway; else all")
                        .optionalArgument("LEVEL", "debug, info, warn, error; default: what it was at the start")
                        .example(
                                "llmproxyctl log level",
                                "llmproxyctl log level debug",
                                "llmproxyctl log level io.llmproxy.adapter.provider debug",
                                "llmproxyctl log level io.llmproxy.adapter.provider default"),
                Verb.of("search", "Searches the log's files on this machine, those set aside too.", LogCommands::search)
                        .list("--event", "NUMBER", "only these events, as 6301 (docs/events.md)")
                        .oneOf("--level", "LEVEL", "only from this level on", "debug", "info", "warn", "error")
                        .option("--request-id", "ID", "only of this request")
                        .option("--since", "TIME", "only from then on: a date, a time, or how long ago as 1h")
                        .option("--until", "TIME", "only before then")
                        .option("--text", "TEXT", "only lines with this text, whatever the case")
                        .option("--file", "PATH", "the log's file; else the server is asked")
                        .example(
                                "llmproxyctl log search --level warn --since 1h",
                                "llmproxyctl log search --event 6301 --since 1d",
                                "llmproxyctl -t acme log search --request-id 0198c0de-0000-7000-8000-000000000000",
                                "llmproxyctl log search --file /var/log/llmproxy/llmproxy.log --text refused -o jsonl"));
    }

    private static ExitCode level(Context c) {
        String first = c.line().optionalArgument();
        String second = second(c.line().command());
        String level = second == null ? first : second;
        JsonNode log;
        if (level == null) {
            log = c.client().get(ApiPath.of("log"));
        } else {
            if (!LEVELS.contains(level)) {
                throw CliException.usage("LEVEL: '" + level + "' is none of " + String.join(", ", LEVELS));
            }
            ObjectNode change = Json.object().put("level", level);
            if (second != null && first != null) {
                change.put("logger", first);
            }
            log = c.client().patch(ApiPath.of("log"), change);
        }
        c.output().list(log.path("levels").values(), LEVEL);
        return ExitCode.DONE;
    }

    private static @Nullable String second(ParseResult command) {
        return command.hasMatchedPositional(1) ? command.matchedPositional(1).getValue() : null;
    }

    private static ExitCode search(Context c) {
        LogQuery query = LogQuery.of(c);
        String named = c.line().option("--file");
        Path file = named == null ? fileOfServer(c) : Path.of(named);
        long found = new LogSearch(file, query).run(c.output());
        if (found == 0) {
            c.note("nothing of that is in " + file + " and the files set aside beside it");
        }
        return ExitCode.DONE;
    }

    private static Path fileOfServer(Context c) {
        JsonNode log = c.client().get(ApiPath.of("log"));
        String file = Json.text(log.path("file"));
        if (!file.isEmpty()) {
            return Path.of(file);
        }
        String tenant = c.namedTenant();
        String unit = tenant == null ? "llmproxy@acme" : "llmproxy@" + tenant;
        throw new CliException(
                ExitCode.REFUSED,
                "the server's log has no file: it goes to standard error"
                        + (log.path("journal").asBoolean(false)
                                ? ", which the journal keeps: journalctl -u " + unit
                                        + " -o cat --since -1h | grep '\"event\":6301'"
                                : "; under systemd that is: journalctl -u " + unit)
                        + "\nfor a file of its own: log.file.path in the configuration");
    }
}
