package io.llmproxy.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One run of one command: its line, its server, its tenant, its output. */
final class Context {
    private static final int MAX_STDIN = 64 << 10;

    private final Line line;
    private final Shell shell;
    private final Output output;
    private @Nullable AdminClient client;

    Context(Line line, Shell shell) {
        this.line = line;
        this.shell = shell;
        boolean plain = line.flag(GlobalOptions.NO_COLOR);
        Terminal terminal = plain ? shell.terminal().withoutColour() : shell.terminal();
        String format = line.option(GlobalOptions.FORMAT);
        this.output = new Output(
                shell.out(),
                terminal,
                format == null ? null : Format.of(format),
                line.flag(GlobalOptions.QUIET),
                shell.clock().instant());
    }

    Line line() {
        return line;
    }

    Shell shell() {
        return shell;
    }

    Output output() {
        return output;
    }

    /** Finds the server at the first call. */
    AdminClient client() {
        if (client == null) {
            client = new AdminClient(new ServerLocator(line, shell, namedTenant()).locate());
        }
        return client;
    }

    /** The tenant that the line or the environment names, or null. */
    @Nullable
    String namedTenant() {
        String named = line.option(GlobalOptions.TENANT);
        String ofEnv = shell.env().getOrDefault("LLMPROXY_TENANT", "");
        String slug = named == null && !ofEnv.isEmpty() ? ofEnv : named;
        if (slug != null && !isSlug(slug)) {
            throw CliException.usage("no tenant's slug (lower-case letters, digits and '-'): '" + slug + "'");
        }
        return slug;
    }

    /** The tenant that is meant: the one named, else the server's only one. */
    String tenant() {
        String named = namedTenant();
        if (named != null) {
            return named;
        }
        String served = Json.text(client().get(ApiPath.of("status")).path("tenant"));
        if (!served.isEmpty() && !served.equals("*")) {
            return served;
        }
        List<String> slugs = new ArrayList<>();
        for (JsonNode tenant : client().list(ApiPath.of("tenants"))) {
            slugs.add(Json.text(tenant.path("slug")));
        }
        if (slugs.size() == 1) {
            return slugs.get(0);
        }
        throw CliException.usage(
                slugs.isEmpty()
                        ? "there is no tenant yet; make one with llmproxyctl tenant create SLUG"
                        : "which tenant? name one with -t SLUG or LLMPROXY_TENANT: " + someOf(slugs));
    }

    private static String someOf(List<String> slugs) {
        String some = String.join(", ", slugs.subList(0, Math.min(8, slugs.size())));
        return Text.printable(some) + (slugs.size() > 8 ? ", …" : "");
    }

    static boolean isSlug(String text) {
        return !text.isEmpty()
                && text.length() <= 63
                && text.charAt(0) != '-'
                && text.chars().allMatch(c -> c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-');
    }

    /** Says something to the person, beside the output. */
    void note(String message) {
        if (!line.flag(GlobalOptions.QUIET)) {
            shell.err().println(message);
        }
    }

    /**
     * Asks before something is destroyed; without a terminal {@code --yes} is the answer.
     *
     * @throws CliException where the answer is not yes
     */
    void confirm(String what) {
        if (line.flag(GlobalOptions.YES)) {
            return;
        }
        if (!shell.terminal().present()) {
            throw CliException.usage("this will " + what + "; say --yes, as there is no terminal to ask on");
        }
        shell.err().print("This will " + what + ".\nGo on? [y/N] ");
        shell.err().flush();
        String answer = readLine().strip();
        if (!answer.equalsIgnoreCase("y") && !answer.equalsIgnoreCase("yes")) {
            throw new CliException(ExitCode.REFUSED, "nothing was done");
        }
    }

    private String readLine() {
        StringBuilder text = new StringBuilder();
        try {
            for (int b = shell.in().read();
                    b >= 0 && b != '\n' && text.length() < 80;
                    b = shell.in().read()) {
                text.append((char) b);
            }
        } catch (IOException e) {
            return "";
        }
        return text.toString();
    }

    /** Standard input as one secret, without its line end. */
    String secretOfStdin(String option) {
        byte[] bytes;
        try {
            bytes = shell.in().readNBytes(MAX_STDIN + 1);
        } catch (IOException e) {
            throw CliException.usage(option + ": cannot read standard input: " + e.getMessage());
        }
        String secret = new String(bytes, StandardCharsets.UTF_8).stripTrailing();
        if (secret.isEmpty()) {
            throw CliException.usage(option + ": standard input is empty");
        }
        if (bytes.length > MAX_STDIN) {
            throw CliException.usage(option + ": standard input is too large for a credential");
        }
        return secret;
    }
}
