package io.llmproxy.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry point of llmproxyctl. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        PrintStream out = utf8(FileDescriptor.out);
        PrintStream err = utf8(FileDescriptor.err);
        int code = run(args, System.getenv(), out, err, System.in);
        out.flush();
        err.flush();
        if (code != 0) { // a plain return ends the process too, and sooner: exit first starts the logging of the JDK
            System.exit(code);
        }
    }

    private static PrintStream utf8(FileDescriptor descriptor) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor), 16 << 10), false, StandardCharsets.UTF_8);
    }

    /** One run of the program, without the end of the process: returns its exit code. Blocks; throws nothing of its own. */
    public static int run(String[] args, Map<String, String> env, PrintStream out, PrintStream err, InputStream in) {
        return run(args, Shell.of(env, out, err, in));
    }

    static int run(String[] args, Shell shell) {
        List<String> words = new ArrayList<>(Arrays.asList(args));
        asOption(words);
        CommandLine commands = CommandTree.forLine(words);
        try {
            return command(commands.parseArgs(words.toArray(String[]::new)), shell)
                    .number();
        } catch (ParameterException e) {
            shell.err().println("llmproxyctl: " + wrongUsage(e));
            return ExitCode.USAGE.number();
        } catch (CliException e) {
            // the output first, where both go to one terminal
            shell.out().flush();
            shell.err().println("llmproxyctl: " + e.text());
            return e.code().number();
        } finally {
            shell.out().flush();
            shell.err().flush();
        }
    }

    /** {@code help tenant} and {@code --version}, as other programs know them. */
    private static void asOption(List<String> words) {
        if (words.isEmpty()) {
            return;
        }
        if (words.get(0).equals("help")) {
            words.remove(0);
            words.add("--help");
        } else if (words.get(0).equals("--version")) {
            words.set(0, "version");
        }
    }

    private static ExitCode command(ParseResult root, Shell shell) {
        Line line = new Line(root);
        CommandSpec spec = line.command().commandSpec();
        if (line.has(GlobalOptions.HELP) || spec.parent() == null) {
            shell.out().print(HelpText.of(spec));
            return ExitCode.DONE;
        }
        if (spec.userObject() instanceof Verb.Action action) {
            line.requireArgument();
            return action.run(new Context(line, shell));
        }
        throw CliException.usage(spec.name() + " wants a verb: "
                + String.join(", ", spec.subcommands().keySet()));
    }

    private static String wrongUsage(ParameterException e) {
        CommandSpec spec = e.getCommandLine().getCommandSpec();
        StringBuilder text = new StringBuilder(message(e));
        if (e instanceof UnmatchedArgumentException unmatched) {
            String meant = Nearest.to(unmatched.getUnmatched().get(0), known(spec, unmatched.isUnknownOption()));
            text.append(meant == null ? "" : "; did you mean " + meant + "?");
        }
        return text.append("\nsee ")
                .append(spec.qualifiedName())
                .append(" --help")
                .toString();
    }

    private static Collection<String> known(CommandSpec spec, boolean options) {
        return options ? spec.optionsMap().keySet() : spec.subcommands().keySet();
    }

    private static String message(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            String word = unmatched.getUnmatched().get(0);
            return (unmatched.isUnknownOption() ? "unknown option " : "unknown command or argument ") + "'" + word
                    + "'";
        }
        return e.getMessage() == null ? "wrong usage" : e.getMessage();
    }
}
