package io.llmproxy;

import io.llmproxy.adapter.admin.auth.AdminTokens;
import io.llmproxy.adapter.admin.auth.AuthFault;
import io.llmproxy.adapter.admin.auth.TokenLine;
import io.llmproxy.adapter.admin.auth.TokensEditor;
import io.llmproxy.admin.Expiry;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.runtime.KeySecrets;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code llmproxy admin-token}: makes a token for administration over TCP, and its line in the file of tokens; or takes one out. */
record AdminTokenCommand(PrintStream out, PrintStream err) implements ServerCommand {
    @Override
    public CommandSpec spec() {
        CommandSpec spec = ServerCommand.named(
                "admin-token",
                "Make a token for administration over TCP. It is shown this once: the file named by admin.auth.tokens-file has"
                        + " its hash alone.",
                "  llmproxy admin-token ci --role admin                                   the token, then its line for the file",
                "  llmproxy admin-token ci --role tenant-admin --tenant acme --expires 90d --add-to /etc/llmproxy/tokens > ci.token",
                "  llmproxy admin-token anna --role user --tenant acme --user anna@example.com --add-to /etc/llmproxy/tokens",
                "  llmproxy admin-token ci --remove-from /etc/llmproxy/tokens");
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .arity("1")
                .type(String.class)
                .paramLabel("NAME")
                .description("Whose it is, as the audit names it: token:NAME.")
                .build());
        spec.addOption(ServerCommand.option("--role", "ROLE", "admin, tenant-admin or user."));
        spec.addOption(
                ServerCommand.option("--tenant", "SLUG", "The tenant that a tenant-admin or a user is confined to."));
        spec.addOption(ServerCommand.option("--user", "EMAIL", "The user that the role user is confined to."));
        spec.addOption(ServerCommand.option(
                "--expires", "WHEN", "A duration as 90d, or a time as 2027-01-31T00:00:00Z; without it never."));
        spec.addOption(ServerCommand.option("--add-to", "FILE", "Write the line to this file instead of printing it."));
        spec.addOption(ServerCommand.option(
                "--remove-from", "FILE", "Take the token of that name out of this file, and make none."));
        return spec;
    }

    @Override
    public int run(ParseResult line) throws StartException {
        try {
            String name = line.matchedPositionalValue(0, "");
            Path from = path(line, "--remove-from");
            if (from != null) {
                remove(line, name, from);
            } else {
                make(line, name);
            }
            return 0;
        } catch (InvalidValueException e) {
            throw new StartException(StartException.USAGE, "admin-token: " + e.getMessage(), e);
        } catch (AuthFault e) {
            throw new StartException(StartException.FAILURE, String.valueOf(e.getMessage()), e);
        }
    }

    private void remove(ParseResult line, String name, Path file) throws AuthFault {
        for (String other : new String[] {"--role", "--tenant", "--user", "--expires", "--add-to"}) {
            if (line.hasMatchedOption(other)) {
                throw new InvalidValueException("--remove-from", "makes no token, so it does not go with " + other);
            }
        }
        new TokensEditor(file).remove(name);
        err.println("llmproxy: the token `" + name + "` is out of " + file
                + "; servers refuse it within two seconds, or at a reload");
    }

    private void make(ParseResult line, String name) throws AuthFault {
        String role = line.matchedOptionValue("--role", null);
        if (role == null) {
            throw new InvalidValueException("--role", "must be given: admin, tenant-admin or user");
        }
        String token = AdminTokens.generate();
        TokenLine made = TokenLine.of(
                name,
                Role.parse(role),
                line.matchedOptionValue("--tenant", null),
                line.matchedOptionValue("--user", null),
                KeySecrets.hash(token),
                Expiry.parse(
                        line.matchedOptionValue("--expires", null),
                        InstantSource.system().instant()));
        Path file = path(line, "--add-to");
        if (file != null) {
            new TokensEditor(file).add(made);
            err.println("llmproxy: the token `" + name + "` is in " + file
                    + ", which the server must be able to read (chgrp llmproxy); it is shown this once:");
        }
        out.println(token);
        if (file == null) {
            out.println(made);
            err.println("llmproxy: the token is shown this once; the second line belongs into the file of"
                    + " admin.auth.tokens-file");
        }
    }

    private static @Nullable Path path(ParseResult line, String option) {
        String text = line.matchedOptionValue(option, null);
        try {
            return text == null ? null : Path.of(text);
        } catch (InvalidPathException e) {
            throw new InvalidValueException(option, "is no path");
        }
    }
}
