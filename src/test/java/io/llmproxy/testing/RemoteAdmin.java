package io.llmproxy.testing;

import io.llmproxy.adapter.admin.auth.AdminTokens;
import io.llmproxy.adapter.admin.auth.AuthFault;
import io.llmproxy.adapter.admin.auth.TokenLine;
import io.llmproxy.adapter.admin.auth.TokensEditor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.runtime.KeySecrets;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tokens of administration over TCP, as the program makes them, and llmproxyctl as it is used from afar. */
public final class RemoteAdmin {
    private final Path file;

    /** With a file of tokens there, which is empty. */
    public RemoteAdmin(Path directory) throws IOException {
        this.file = Files.createFile(
                directory.resolve("tokens"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    public Path file() {
        return file;
    }

    /** Adds a token of that name. */
    public String token(String name, Role role, @Nullable String tenant, @Nullable String user) {
        String token = AdminTokens.generate();
        try {
            new TokensEditor(file).add(TokenLine.of(name, role, tenant, user, KeySecrets.hash(token), null));
        } catch (AuthFault e) {
            throw new AssertionError(e);
        }
        return token;
    }

    public void remove(String name) {
        try {
            new TokensEditor(file).remove(name);
        } catch (AuthFault e) {
            throw new AssertionError(e);
        }
    }

    /** Runs llmproxyctl with the options of {@code server}, as {@code --url}. */
    public static TestAppliance.Ctl ctl(List<String> server, String input, String... args) {
        List<String> all = new ArrayList<>(server);
        all.addAll(Arrays.asList(args));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = io.llmproxy.cli.Main.run(
                all.toArray(String[]::new),
                Map.of(),
                stream(out),
                stream(err),
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        return new TestAppliance.Ctl(code, text(out), text(err));
    }

    private static PrintStream stream(ByteArrayOutputStream out) {
        return new PrintStream(out, true, StandardCharsets.UTF_8);
    }

    private static String text(ByteArrayOutputStream out) {
        return out.toString(StandardCharsets.UTF_8);
    }
}
