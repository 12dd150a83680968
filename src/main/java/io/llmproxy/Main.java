package io.llmproxy;

import io.llmproxy.config.ConfigException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Entry point of the server: parses the command line, runs one command, and ends with the contract's exit codes. */
public final class Main {
    /** Returned by a command whose server threads go on. */
    static final int STAY = -1;

    private Main() {}

    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals("ctl")) {
            io.llmproxy.cli.Main.main(Arrays.copyOfRange(args, 1, args.length));
            return;
        }
        System.setProperty("java.util.logging.manager", ProcessLog.class.getName());
        int code = run(args, System.getenv(), System.out, System.err);
        if (code != STAY) {
            System.exit(code);
        }
    }

    static int run(String[] args, Map<String, String> environment, PrintStream out, PrintStream err) {
        Map<String, ServerCommand> commands = new LinkedHashMap<>();
        commands.put("serve", new ServeCommand(environment, out, err));
        commands.put("demo", new DemoCommand(environment, out, err));
        commands.put("bench", new BenchCommand(environment, out));
        commands.put("check-config", new CheckConfigCommand(out));
        commands.put("admin-token", new AdminTokenCommand(out, err));
        commands.put("version", new VersionCommand(out));
        CommandLine line = new CommandLine(program());
        commands.forEach((name, command) -> line.addSubcommand(name, command.spec()));
        line.setOut(new PrintWriter(out, true, out.charset()));
        try {
            return dispatch(line.parseArgs(args), commands, out);
        } catch (ParameterException e) {
            return wrongUsage(e, err);
        } catch (Exception e) {
            tellPredecessor(e, environment, out);
            return failed(e, err);
        }
    }

    private static int dispatch(ParseResult result, Map<String, ServerCommand> commands, PrintStream out)
            throws Exception {
        Integer help = CommandLine.executeHelpRequest(result);
        if (help != null) {
            return help;
        }
        ParseResult sub = result.subcommand();
        if (sub == null) {
            // without a command: the help, as kubectl gives it
            result.commandSpec().commandLine().usage(out);
            return 0;
        }
        ServerCommand command =
                Objects.requireNonNull(commands.get(sub.commandSpec().name()));
        return command.run(sub);
    }

    /** Whoever started this process to take over reads its output, and its error output goes to the log. */
    private static void tellPredecessor(Exception e, Map<String, String> environment, PrintStream out) {
        if (Predecessor.of(environment) != null) {
            out.println(e.getMessage());
        }
    }

    private static int failed(Exception e, PrintStream err) {
        return switch (e) {
            case ConfigException config -> {
                config.problems().forEach(p -> err.println("llmproxy: " + p));
                yield StartException.USAGE;
            }
            case StartException start -> {
                err.println("llmproxy: " + start.getMessage());
                yield start.exitCode();
            }
            default -> {
                err.println("llmproxy: " + e);
                e.printStackTrace(err);
                yield StartException.FAILURE;
            }
        };
    }

    private static int wrongUsage(ParameterException e, PrintStream err) {
        CommandLine line = e.getCommandLine();
        PrintWriter writer = new PrintWriter(err, true, err.charset());
        writer.println("llmproxy: " + e.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(e, writer);
        writer.println("Try `" + line.getCommandSpec().qualifiedName() + " --help`.");
        return StartException.USAGE;
    }

    private static CommandSpec program() {
        CommandSpec spec = ServerCommand.named(
                "llmproxy",
                "A transparent, multi-tenant proxy for large language models.",
                "  llmproxy demo                                  look at it without an account anywhere",
                "  llmproxy serve --data-dir /srv/llmproxy        every tenant, embedded database",
                "  llmproxy serve --config /etc/llmproxy/llmproxy.yaml --tenant acme",
                "",
                "The running server is administered by llmproxyctl (or `java -jar llmproxy.jar ctl`).",
                "Exit codes: 0 done, 1 failure while running, 2 wrong usage or configuration, 3 the port or the data",
                "directory is taken.");
        spec.addOption(OptionSpec.builder("-V", "--version")
                .versionHelp(true)
                .description("Print the version.")
                .build());
        spec.version("llmproxy " + Version.current());
        spec.usageMessage().synopsisSubcommandLabel("COMMAND");
        return spec;
    }

    /** {@code llmproxy version}. */
    private record VersionCommand(PrintStream out) implements ServerCommand {
        @Override
        public CommandSpec spec() {
            return ServerCommand.named("version", "Print the version.");
        }

        @Override
        public int run(ParseResult line) {
            out.println("llmproxy " + Version.current());
            return 0;
        }
    }
}
