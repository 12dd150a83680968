package io.llmproxy;

import io.llmproxy.bench.Burst;
import io.llmproxy.bench.OpenLoop;
import io.llmproxy.bench.PacedUpstream;
import io.llmproxy.bench.Report;
import io.llmproxy.bench.Streams;
import io.llmproxy.bench.Target;
import io.llmproxy.domain.Durations;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** {@code llmproxy bench}: load for this gateway or any other proxy, and the upstream behind it. */
record BenchCommand(Map<String, String> environment, PrintStream out) implements ServerCommand {
    private static final String KEY_VARIABLE = "BENCH_KEY";

    @Override
    public CommandSpec spec() {
        CommandSpec spec = ServerCommand.named(
                "bench",
                "Generate load and measure, and serve an upstream to measure against (docs/benchmarks.md).",
                "  llmproxy bench upstream --listen 127.0.0.1:9000 &",
                "  llmproxy bench load --url http://127.0.0.1:9000 --rate 3000",
                "  BENCH_KEY=llmp_... llmproxy bench stream --url http://127.0.0.1:8080 --model paced -o json");
        spec.addSubcommand("load", load());
        spec.addSubcommand("stream", stream());
        spec.addSubcommand("idle", idle());
        spec.addSubcommand("wait", waiting());
        spec.addSubcommand("upstream", upstream());
        return spec;
    }

    private static CommandSpec load() {
        CommandSpec spec = client(
                "load",
                "Send chats at a fixed rate, whatever the answers do; latency counts from when a request was due.");
        spec.addOption(number("--rate", "3000", "Requests per second."));
        spec.addOption(number("--connections", "64", "Keep-alive connections."));
        spec.addOption(time("--warm-up", "2s", "Load before anything is measured."));
        spec.addOption(time("--duration", "10s", "How long to measure."));
        spec.addOption(
                ServerCommand.option("--body", "FILE", "The request's body. Default: a chat of about 500 bytes."));
        return spec;
    }

    private static CommandSpec stream() {
        CommandSpec spec = client(
                "stream",
                "Read many SSE streams of `llmproxy bench upstream` on this machine: each chunk's delay, and what was lost.");
        spec.addOption(number("--streams", "500", "Streams at once."));
        spec.addOption(number("--rate", "20", "Chunks per second of each stream."));
        spec.addOption(time("--warm-up", "2s", "Delays of chunks before this do not count."));
        spec.addOption(time("--duration", "10s", "Length of each stream, warm-up included."));
        return spec;
    }

    private static CommandSpec idle() {
        CommandSpec spec = client("idle", "Open many connections, keep them idle, then send a request on each.");
        spec.addOption(
                number("--connections", "10000", "Keep-alive connections; the limit of open files must allow them."));
        spec.addOption(time("--hold", "2s", "How long all are idle."));
        return spec;
    }

    private static CommandSpec waiting() {
        CommandSpec spec = client("wait", "Send many requests at once to an upstream that takes its time.");
        spec.addOption(number("--requests", "2000", "Requests at once, each on its own connection."));
        spec.addOption(time("--delay", "500ms", "How long `llmproxy bench upstream` waits before it answers."));
        return spec;
    }

    private static CommandSpec upstream() {
        CommandSpec spec = ServerCommand.named(
                "upstream",
                "Serve chats in OpenAI's format, delayed or streamed at the pace that each request orders.");
        spec.addOption(text("--listen", "HOST:PORT", "127.0.0.1:9000", "Where; port 0 picks a free one."));
        return spec;
    }

    private static CommandSpec client(String name, String description) {
        CommandSpec spec = ServerCommand.named(name, description);
        spec.addOption(text(
                "--url",
                "URL",
                "http://127.0.0.1:8080",
                "The proxy or upstream, with the path where it is not that of chats."));
        spec.addOption(text("--model", "NAME", "bench", "The model to ask for."));
        spec.addOption(ServerCommand.option(
                "--key-file", "FILE", "A file with the gateway's key. Default: the variable BENCH_KEY, else none."));
        spec.addOption(text("-o", "FORMAT", "text", "text or json."));
        spec.usageMessage().footer("%nExit code 1 where a request failed or a chunk was lost.");
        return spec;
    }

    private static OptionSpec text(String name, String label, String standard, String description) {
        return OptionSpec.builder(name)
                .paramLabel(label)
                .type(String.class)
                .defaultValue(standard)
                .description(description + " Default: " + standard + ".")
                .build();
    }

    private static OptionSpec time(String name, String standard, String description) {
        return text(name, "TIME", standard, description);
    }

    private static OptionSpec number(String name, String standard, String description) {
        return OptionSpec.builder(name)
                .paramLabel("N")
                .type(Integer.class)
                .defaultValue(standard)
                .description(description + " Default: " + standard + ".")
                .build();
    }

    @Override
    public int run(ParseResult line) throws IOException, InterruptedException {
        ParseResult mode = line.subcommand();
        if (mode == null) {
            line.commandSpec().commandLine().usage(out);
            return 0;
        }
        try {
            return run(mode.commandSpec().name(), new Options(mode));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(mode.commandSpec().commandLine(), Objects.toString(e.getMessage()), e);
        }
    }

    private int run(String mode, Options options) throws IOException, InterruptedException {
        if (mode.equals("upstream")) {
            return serve(options);
        }
        boolean json = options.json();
        Report report = measure(mode, options);
        out.println(json ? report.json() : report.text());
        out.flush();
        return report.clean() ? 0 : StartException.FAILURE;
    }

    private Report measure(String mode, Options options) throws IOException {
        return switch (mode) {
            case "load" -> new OpenLoop(loadPlan(options)).run();
            case "stream" -> new Streams(streamPlan(options)).run();
            case "idle" -> new Burst(idlePlan(options)).run();
            case "wait" -> new Burst(waitPlan(options)).run();
            default -> throw new IllegalStateException("no mode `" + mode + "`");
        };
    }

    private OpenLoop.Plan loadPlan(Options options) throws IOException {
        String file = options.given("--body");
        String body = file == null ? OpenLoop.chat(options.text("--model")) : Files.readString(Path.of(file));
        return new OpenLoop.Plan(
                target(options),
                body,
                options.count("--rate"),
                options.count("--connections"),
                options.time("--warm-up"),
                options.time("--duration"));
    }

    private Streams.Plan streamPlan(Options options) throws IOException {
        return new Streams.Plan(
                target(options),
                options.text("--model"),
                options.count("--streams"),
                options.count("--rate"),
                options.time("--warm-up"),
                options.time("--duration"));
    }

    private Burst.Plan idlePlan(Options options) throws IOException {
        return Burst.Plan.idle(
                target(options), options.text("--model"), options.count("--connections"), options.time("--hold"));
    }

    private Burst.Plan waitPlan(Options options) throws IOException {
        return Burst.Plan.waiting(
                target(options), options.text("--model"), options.count("--requests"), options.time("--delay"));
    }

    private Target target(Options options) throws IOException {
        String file = options.given("--key-file");
        String key = file == null
                ? environment.get(KEY_VARIABLE)
                : Files.readString(Path.of(file)).strip();
        return Target.of(options.text("--url"), key);
    }

    private int serve(Options options) throws IOException, InterruptedException {
        try (PacedUpstream upstream = new PacedUpstream(options.address("--listen"))) {
            InetSocketAddress address = upstream.address();
            out.println("bench upstream ready http://" + address.getHostString() + ":" + address.getPort());
            out.flush();
            upstream.join();
        }
        return 0;
    }

    /** The options of one mode, checked. */
    private record Options(ParseResult line) {
        @Nullable
        String given(String option) {
            return line.matchedOptionValue(option, null);
        }

        String text(String option) {
            return Objects.requireNonNull(line.commandSpec().findOption(option).getValue());
        }

        int count(String option) {
            Integer value =
                    Objects.requireNonNull(line.commandSpec().findOption(option).getValue());
            if (value < 1) {
                throw new IllegalArgumentException(option + " must be at least 1, not " + value);
            }
            return value;
        }

        Duration time(String option) {
            return Durations.parse(option, text(option));
        }

        boolean json() {
            return switch (text("-o")) {
                case "json" -> true;
                case "text" -> false;
                default -> throw new IllegalArgumentException("-o is text or json, not `" + text("-o") + "`");
            };
        }

        InetSocketAddress address(String option) {
            String text = text(option);
            int colon = text.lastIndexOf(':');
            try {
                return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
            } catch (IndexOutOfBoundsException | NumberFormatException e) {
                throw new IllegalArgumentException(option + " is HOST:PORT, not `" + text + "`", e);
            }
        }
    }
}
