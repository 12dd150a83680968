package io.llmproxy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code llmproxyctl export} and {@code apply}: all that is administered as one file, which may live in git. */
final class DeclarationCommands {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final String HEAD = """
            # Written by `llmproxyctl export`. `llmproxyctl apply -f FILE` makes it so again; it holds no secrets.
            """;
    private static final String SECRETS_DIR = "--secrets-dir";
    private static final String ACCEPT_HASHES = "--accept-hashes";
    private static final View NOTHING = new View("version", Column.text("version", "version"));

    private DeclarationCommands() {}

    static List<Verb> verbs() {
        return List.of(export(), apply());
    }

    private static Verb export() {
        return Verb.of(
                        "export",
                        "Prints all that is administered as one document, without secrets.",
                        DeclarationCommands::export)
                .flag("--hashes", "also the hashes of the keys' secrets, by which another server accepts them")
                .example(
                        "llmproxyctl export > llmproxy.yaml",
                        "llmproxyctl -t acme export -o json",
                        "llmproxyctl export --hashes > moving.yaml");
    }

    private static ExitCode export(Context c) {
        ApiPath path = ApiPath.of("export")
                .with("tenant", c.namedTenant())
                .with("hashes", c.line().flag("--hashes") ? "true" : null);
        JsonNode answer = patient(c).get(path);
        JsonNode document = answer.path("declaration");
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(Json.text(answer.path("version")));
            return ExitCode.DONE;
        }
        switch (c.output().format(Format.YAML)) {
            case YAML -> c.output().text(HEAD + Yaml.document(document));
            case JSON -> c.output().line(Json.pretty(document, 0));
            case JSONL -> c.output().line(Json.compact(document));
            case TABLE, CSV, NAME ->
                throw CliException.usage("a document is printed as yaml or json; see llmproxyctl export --help");
        }
        return ExitCode.DONE;
    }

    private static Verb apply() {
        return Verb.of(
                        "apply",
                        "Makes what is administered as a file says: all of it, or nothing.",
                        DeclarationCommands::apply)
                .option("-f", "FILE", "the file, of YAML or JSON; - for standard input")
                .flag("--dry-run", "check everything and show what would change, and change nothing")
                .flag("--exit-code", "with --dry-run: exit 1 where something would change, as diff does")
                .flag("--prune", "also delete what the file's sections do not name; tenants never")
                .option("--expect", "VERSION", "only where the state is the one of that version, else exit 5")
                .flag(
                        ACCEPT_HASHES,
                        "let new keys have the secrets whose hashes the file has, as export --hashes writes them")
                .option(SECRETS_DIR, "DIR", "write the secrets of new keys to DIR/TENANT/KEY instead of printing them")
                .example(
                        "llmproxyctl apply -f llmproxy.yaml --dry-run",
                        "llmproxyctl apply -f llmproxy.yaml --secrets-dir /root/keys",
                        "llmproxyctl -t acme apply -f acme.yaml --prune --yes",
                        "llmproxyctl apply -f moving.yaml --accept-hashes",
                        "ssh a llmproxyctl export | llmproxyctl apply -f - --dry-run --exit-code");
    }

    private static ExitCode apply(Context c) {
        boolean dry = c.line().flag("--dry-run");
        if (c.line().flag("--exit-code") && !dry) {
            throw CliException.usage("--exit-code goes with --dry-run");
        }
        DeclarationFile file = DeclarationFile.read(name(c), bytes(c));
        SecretFiles secrets = SecretFiles.of(c, dry ? null : c.line().option(SECRETS_DIR));
        String expect = c.line().option("--expect");
        DeclarationDiff diff = new DeclarationDiff(c);
        if (c.line().flag("--prune") && !dry) {
            JsonNode wouldBe = posted(c, file, true, expect);
            int deleted = deletions(wouldBe);
            if (deleted > 0 && !c.line().flag(GlobalOptions.YES)) {
                diff.show(wouldBe);
                c.confirm("delete " + deleted + (deleted == 1 ? " thing" : " things") + " that the file does not name");
                expect = Json.text(wouldBe.path("version"));
            }
        }
        JsonNode done = posted(c, file, dry, expect);
        List<String> written = secrets.write(done.path("secrets"));
        if (c.output().format() == Format.TABLE || c.line().flag(GlobalOptions.QUIET)) {
            diff.told(done, written);
        } else {
            if (secrets.wanted()) {
                ((ObjectNode) done).putArray("secrets");
            }
            c.output().one(done, NOTHING);
        }
        boolean differs = !done.path("changes").isEmpty();
        return differs && c.line().flag("--exit-code") ? ExitCode.REFUSED : ExitCode.DONE;
    }

    private static int deletions(JsonNode answer) {
        int count = 0;
        for (JsonNode change : answer.path("changes").values()) {
            count += Json.text(change.path("change")).equals("delete") ? 1 : 0;
        }
        return count;
    }

    private static AdminClient patient(Context c) {
        return new AdminClient(c.client().endpoint(), PATIENCE);
    }

    private static JsonNode posted(Context c, DeclarationFile file, boolean dry, @Nullable String expect) {
        ObjectNode body = Json.object()
                .put("dryRun", dry)
                .put("prune", c.line().flag("--prune"))
                .put("acceptHashes", c.line().flag(ACCEPT_HASHES));
        @Nullable String tenant = c.namedTenant();
        if (tenant != null) {
            body.put("tenant", tenant);
        }
        if (expect != null) {
            body.put("expect", expect);
        }
        body.set("declaration", file.document());
        AdminClient client = patient(c);
        HttpCall.Answer answer = client.exchange("POST", ApiPath.of("apply"), body);
        if (answer.status() < 300) {
            return Json.parse(answer.body());
        }
        String faults = faults(file, answer.body());
        throw new CliException(ExitCode.ofStatus(answer.status()), faults.isEmpty() ? client.problem(answer) : faults);
    }

    /** Each fault with the line of the file; empty: the refusal names none. */
    private static String faults(DeclarationFile file, byte[] body) {
        StringBuilder out = new StringBuilder();
        try {
            for (JsonNode fault : Json.parse(body).path("errors").values()) {
                String pointer = Json.text(fault.path("pointer"));
                String path = pointer.isEmpty()
                        ? ""
                        : pointer.substring(1).replace('/', '.').replace("~1", "/") + ": ";
                out.append(file.place(pointer))
                        .append(": ")
                        .append(Text.printable(path + Json.text(fault.path("detail"))))
                        .append('\n');
            }
        } catch (JacksonException e) {
            return "";
        }
        return out.isEmpty() ? "" : out + "nothing was changed";
    }

    private static String name(Context c) {
        String name = c.line().option("-f");
        if (name == null) {
            throw CliException.usage("-f FILE is missing\nsee llmproxyctl apply --help");
        }
        return name.equals("-") ? "standard input" : name;
    }

    private static byte[] bytes(Context c) {
        String name = name(c);
        byte[] bytes;
        try {
            if (name.equals("standard input")) {
                bytes = c.shell().in().readNBytes(DeclarationFile.MAX_BYTES + 1);
            } else {
                Path file = c.shell().here().resolve(name);
                bytes = Files.size(file) > DeclarationFile.MAX_BYTES
                        ? new byte[DeclarationFile.MAX_BYTES + 1]
                        : Files.readAllBytes(file);
            }
        } catch (NoSuchFileException e) {
            throw CliException.usage("there is no file " + name);
        } catch (IOException e) {
            throw CliException.usage("cannot read " + name + ": " + e.getMessage());
        }
        if (bytes.length > DeclarationFile.MAX_BYTES) {
            throw CliException.usage(
                    name + " is larger than " + (DeclarationFile.MAX_BYTES >> 20) + " MiB; apply a tenant at a time");
        }
        return bytes;
    }
}
