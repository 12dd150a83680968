package io.llmproxy.cli;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl top}: what happens now, in place on a terminal, else one line each time. */
final class TopCommand {
    private static final View LINE = new View(
            "at",
            Column.text("time", "at"),
            Column.number("running", "running"),
            Column.number("req/s", "requestsPerSecond"),
            Column.number("err/s", "errorsPerSecond"),
            Column.number("p50 ms", "p50Ms"),
            Column.number("p99 ms", "p99Ms"),
            Column.number("ttft ms", "ttftP50Ms"),
            Column.number("in tok/s", "inputTokensPerSecond"),
            Column.number("out tok/s", "outputTokensPerSecond"),
            Column.number("usd/h", "costPerHour"),
            Column.number("problems", "problems"));

    private final Context c;
    private final int seconds;
    private final long count;
    private boolean away;

    private TopCommand(Context c) {
        this.c = c;
        this.seconds = seconds(c.line().option("--interval"));
        this.count = count(c.line().option("--count"));
    }

    static Verb verb() {
        return Verb.of(
                        "top",
                        "Shows what happens now: requests, times, tokens, money, providers, limits.",
                        TopCommand::top)
                .option("--interval", "TIME", "whole seconds between two looks; 2s")
                .option("--count", "N", "so many looks; else until q or ctrl-c")
                .example("llmproxyctl top", "llmproxyctl top --interval 5s", "llmproxyctl top --count 12 -o jsonl");
    }

    private static ExitCode top(Context c) {
        TopCommand top = new TopCommand(c);
        boolean screen = c.shell().terminal().present() && c.line().option(GlobalOptions.FORMAT) == null;
        return screen ? top.onScreen() : top.inLines();
    }

    private static int seconds(@Nullable String text) {
        if (text == null) {
            return 2;
        }
        Duration interval = Times.length(text);
        if (interval == null || interval.toSeconds() < 1 || interval.toHours() > 1 || interval.toNanosPart() != 0) {
            throw CliException.usage("--interval: whole seconds of 1s to 1h, such as 2s; got '" + text + "'");
        }
        return (int) interval.toSeconds();
    }

    private static long count(@Nullable String text) {
        try {
            long n = text == null ? Long.MAX_VALUE : Long.parseLong(text);
            if (n > 0) {
                return n;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw CliException.usage("--count: a number from 1 on; got '" + text + "'");
    }

    /** The first look only begins the counting. */
    private boolean begun() {
        JsonNode first = c.client().get(ApiPath.of("live"));
        return first.path("seconds").asInt(0) > 0 || c.shell().pause().second();
    }

    private ExitCode inLines() {
        TailPrinter printer = new TailPrinter(c.output(), LINE);
        boolean raw = c.output().format() == Format.JSON || c.output().format() == Format.JSONL;
        boolean on = begun();
        for (long i = 0; on && i < count && !c.output().closed(); i++) {
            JsonNode live = look();
            if (live != null && raw) {
                c.output().line(Json.compact(live));
                c.output().stream().flush();
            } else if (live != null) {
                printer.print(TopScreen.line(live));
            }
            on = i + 1 == count || waited();
        }
        return ExitCode.DONE;
    }

    /** Null where the server is away, which is said once until it is back. */
    private @Nullable JsonNode look() {
        try {
            JsonNode live = c.client().get(ApiPath.of("live"));
            if (away) {
                c.note("the server is back");
            }
            away = false;
            return live;
        } catch (CliException e) {
            if (e.code() != ExitCode.NO_SERVER) {
                throw e;
            }
            if (!away) {
                c.note(e.text() + "; tried again");
            }
            away = true;
            return null;
        }
    }

    private boolean waited() {
        for (int i = 0; i < seconds; i++) {
            if (!c.shell().pause().second()) {
                return false;
            }
        }
        return true;
    }

    private ExitCode onScreen() {
        boolean on = begun();
        JsonNode last = Json.object();
        try (Tty tty = Tty.open(c.shell(), Thread.currentThread())) {
            for (long i = 0; on && i < count && !tty.left(); i++) {
                String trouble = "";
                try {
                    last = c.client().get(ApiPath.of("live"));
                } catch (CliException e) {
                    if (e.code() != ExitCode.NO_SERVER) {
                        throw e;
                    }
                    trouble = e.text() + "; tried again";
                }
                Tty.Size size = tty.size();
                boolean colour = c.output().terminal().colour();
                tty.show(new TopScreen(size.columns(), size.rows(), colour).lines(last, trouble));
                on = waited();
            }
        } catch (IOException e) {
            throw new CliException(ExitCode.REFUSED, "the terminal cannot be written: " + e.getMessage());
        }
        return ExitCode.DONE;
    }
}
