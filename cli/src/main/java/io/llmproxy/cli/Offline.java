package io.llmproxy.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.spi.ToolProvider;
import tools.jackson.databind.JsonNode;

/**
 * What is done to a state that no server runs on. The server's own program does it, in this process: it lies in the same jar and is found as a
 * tool of the JDK's kind, so that nothing of it is loaded for any other command.
 */
final class Offline {
    private static final String TOOL = "llmproxy-offline";

    /** Where a state is that no server runs on. */
    static final List<String> PLACE =
            List.of("--data-dir", "--config", "--database-url", "--database-user", "--database-password-file");

    private Offline() {}

    /** The options of {@link #PLACE}. */
    static Verb placed(Verb verb) {
        return verb.option("--data-dir", "DIR", "the server's data directory; else $STATE_DIRECTORY or ./llmproxy-data")
                .list("--config", "FILE", "the server's configuration file, for where its database is")
                .option("--database-url", "URL", "jdbc:postgresql://…, instead of the embedded database")
                .option("--database-user", "NAME", "its user")
                .option("--database-password-file", "FILE", "the file with its password");
    }

    /** Whether the line names such a place. */
    static boolean named(Line line) {
        return PLACE.stream().anyMatch(line::has);
    }

    /**
     * Runs one command; blocks.
     *
     * @param options of the line that it takes, where they are given
     * @throws CliException with the sentence and the exit code of a refusal
     */
    static JsonNode run(Context c, String command, List<String> given, List<String> options) {
        List<String> args = new ArrayList<>(List.of(command));
        args.addAll(given);
        for (String name : options) {
            if (name.equals("--config")) {
                c.line().values(name).forEach(file -> args.add(name + "=" + file));
            } else if (c.line().has(name)) {
                args.add(valued(c.line(), name));
            }
        }
        String tenant = c.namedTenant();
        if (tenant != null) {
            args.add("--tenant=" + tenant);
        }
        ToolProvider tool = ToolProvider.findFirst(TOOL)
                .orElseThrow(() -> new CliException(
                        ExitCode.REFUSED,
                        "this needs the server's program beside llmproxyctl, in the same jar or image"));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = tool.run(new PrintWriter(out), new PrintWriter(err), args.toArray(String[]::new));
        if (code != 0) {
            throw new CliException(exitCode(code), err.toString().strip());
        }
        return Json.parse(out.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static String valued(Line line, String name) {
        boolean flag = line.command().commandSpec().findOption(name).arity().max() == 0;
        return flag ? name : name + "=" + line.option(name);
    }

    private static ExitCode exitCode(int number) {
        return Arrays.stream(ExitCode.values())
                .filter(code -> code.number() == number)
                .findFirst()
                .orElse(ExitCode.REFUSED);
    }
}
