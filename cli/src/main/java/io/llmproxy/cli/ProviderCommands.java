package io.llmproxy.cli;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl provider …}. */
final class ProviderCommands {
    private static final View VIEW = new View(
            "name",
            Column.text("name", "name"),
            Column.text("type", "type"),
            Column.status("status", "status"),
            new Column("shared", "shared", Column.Kind.FLAG),
            Column.text("models", "models"),
            Column.number("priority", "priority"),
            Column.number("weight", "weight"),
            Column.text("base url", "baseUrl"),
            Column.text("credential", "credential"));

    private static final View TEST_VIEW = new View(
            "ok",
            Column.status("ok", "ok"),
            Column.number("status", "status"),
            Column.number("latency ms", "latencyMs"),
            Column.text("message", "message"),
            Column.text("models", "models"));

    private static final List<String> CREDENTIALS =
            List.of("--api-key-env", "--api-key-file", "--api-key-stdin", "--secret");

    private static final List<String> MORE_CREDENTIALS =
            List.of("--add-api-key-env", "--add-api-key-file", "--add-api-key-stdin", "--add-secret");

    private ProviderCommands() {}

    static List<Verb> verbs() {
        return List.of(
                create(),
                list(),
                show(),
                update(),
                change("enable", "Sends requests to a provider again."),
                change("disable", "Sends no more requests to a provider; running ones finish."),
                test(),
                delete());
    }

    private static Verb create() {
        return settings(Verb.of("create", "Adds an upstream account.", c -> {
                            String name = c.line().argument();
                            String type = c.line().option("--type");
                            if (type == null) {
                                throw CliException.usage("--type is missing: what kind of provider is " + name + "?");
                            }
                            Fields fields = settings(
                                    c, new Fields(c.line()).put("name", name).put("type", type));
                            JsonNode made = c.client().post(providers(c), fields.body());
                            c.output().done(made, VIEW, "provider " + name + " created");
                            noteFault(c, made);
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "its name; a prefix of models, as in NAME/gpt-4o")
                        .option(
                                "--type",
                                "TYPE",
                                "openai, anthropic, gemini, mistral, huggingface, ollama, custom, simulated"))
                .example(
                        "llmproxyctl -t acme provider create openai --type openai --api-key-env OPENAI_API_KEY",
                        "llmproxyctl -t acme provider create local --type ollama --base-url http://127.0.0.1:11434",
                        "llmproxyctl -t acme provider create vllm --type custom --base-url http://10.0.0.5:8000/v1 --models 'llama-*'",
                        "llmproxyctl provider create openai --shared --type openai --api-key-stdin < key.txt");
    }

    private static Verb settings(Verb verb) {
        return shared(verb.option("--base-url", "URL", "its address; the type's own unless given")
                .option("--api-key-env", "VARIABLE", "credential: an environment variable of the server")
                .option("--api-key-file", "FILE", "credential: a file that the server reads")
                .flag("--api-key-stdin", "credential: read from standard input, stored sealed")
                .option("--secret", "REFERENCE", "credential: env:NAME, file:PATH or credential:NAME")
                .option("--add-api-key-env", "VARIABLE", "one more credential: an environment variable of the server")
                .option("--add-api-key-file", "FILE", "one more credential: a file that the server reads")
                .flag("--add-api-key-stdin", "one more credential: read from standard input, stored sealed")
                .option("--add-secret", "REFERENCE", "one more credential: env:NAME, file:PATH or credential:NAME")
                .list("--remove-api-key", "NAME", "a credential that goes, by its name in `provider show -o json`")
                .list("--models", "MODELS", "the models that it serves; names or globs")
                .option(
                        "--priority",
                        "N",
                        "higher is preferred where several declare a model equally well; 0 unless given")
                .option("--weight", "N", "its share under a weighted strategy; 1 unless given")
                .list("--header", "NAME=VALUE", "a header to send along; may be repeated")
                .option("--api-version", "VERSION", "the provider's API version, where it wants one")
                .option("--connect-timeout", "DURATION", "how long connecting may take")
                .option("--first-byte-timeout", "DURATION", "how long the answer may take to begin")
                .option("--idle-timeout", "DURATION", "how long an answer may pause")
                .option("--timeout", "DURATION", "how long a request may take in all")
                .option("--ca-file", "FILE", "PEM file of the server: authorities believed besides the system's")
                .option("--client-certificate-file", "FILE", "PEM file of the server: the certificate to show")
                .option("--client-key-file", "FILE", "PEM file of the server: that certificate's key")
                .option("--proxy", "URL", "HTTP proxy to go by: http://[user:password@]host:port")
                .option("--stream-usage", "WHEN", "ask for the usage of streams: auto, on or off")
                .flag("--no-stream-usage", "the same as --stream-usage off"));
    }

    private static Fields settings(Context c, Fields fields) {
        credential(c, fields);
        streamUsage(c.line(), fields);
        return fields.text("baseUrl", "--base-url")
                .list("models", "--models")
                .integer("priority", "--priority")
                .integer("weight", "--weight")
                .map("headers", "--header")
                .text("apiVersion", "--api-version")
                .duration("connectTimeout", "--connect-timeout")
                .duration("firstByteTimeout", "--first-byte-timeout")
                .duration("idleTimeout", "--idle-timeout")
                .duration("timeout", "--timeout")
                .file("caFile", "--ca-file", c.shell().here())
                .file(
                        "clientCertificateFile",
                        "--client-certificate-file",
                        c.shell().here())
                .file("clientKeyFile", "--client-key-file", c.shell().here())
                .text("proxy", "--proxy");
    }

    private static void credential(Context c, Fields fields) {
        Line line = c.line();
        atMostOne(line, CREDENTIALS);
        if (line.flag("--api-key-stdin") && line.flag("--add-api-key-stdin")) {
            throw CliException.usage("there is one standard input: give --api-key-stdin or --add-api-key-stdin");
        }
        moreCredentials(c, fields);
        @Nullable String variable = line.option("--api-key-env");
        @Nullable String file = line.option("--api-key-file");
        @Nullable String reference = line.option("--secret");
        if (variable != null) {
            fields.put("credentialRef", "env:" + nonEmpty("--api-key-env", variable));
        } else if (file != null) {
            fields.put(
                    "credentialRef",
                    "file:" + Fields.absolute("--api-key-file", c.shell().here(), file));
        } else if (line.flag("--api-key-stdin")) {
            fields.put("apiKey", c.secretOfStdin("--api-key-stdin"));
        } else if (reference != null && reference.equals(Line.NONE)) {
            fields.text("credentialRef", "--secret");
        } else if (reference != null) {
            fields.put("credentialRef", checkedReference("--secret", reference));
        }
    }

    private static void atMostOne(Line line, List<String> options) {
        List<String> given = options.stream().filter(line::has).toList();
        if (given.size() > 1) {
            throw CliException.usage("one credential at a time; give one of " + String.join(", ", given));
        }
    }

    private static void moreCredentials(Context c, Fields fields) {
        Line line = c.line();
        atMostOne(line, MORE_CREDENTIALS);
        @Nullable String variable = line.option("--add-api-key-env");
        @Nullable String file = line.option("--add-api-key-file");
        @Nullable String reference = line.option("--add-secret");
        if (variable != null) {
            fields.put("addCredentialRef", "env:" + nonEmpty("--add-api-key-env", variable));
        } else if (file != null) {
            fields.put(
                    "addCredentialRef",
                    "file:" + Fields.absolute("--add-api-key-file", c.shell().here(), file));
        } else if (line.flag("--add-api-key-stdin")) {
            fields.put("addApiKey", c.secretOfStdin("--add-api-key-stdin"));
        } else if (reference != null) {
            fields.put("addCredentialRef", checkedReference("--add-secret", reference));
        }
        fields.list("removeCredentials", "--remove-api-key");
    }

    private static void streamUsage(Line line, Fields fields) {
        if (!line.flag("--no-stream-usage")) {
            fields.text("streamUsage", "--stream-usage");
        } else if (line.has("--stream-usage")) {
            throw CliException.usage("give --stream-usage or --no-stream-usage, not both");
        } else {
            fields.put("streamUsage", "off");
        }
    }

    private static String nonEmpty(String option, String value) {
        if (value.isBlank()) {
            throw CliException.usage(option + " must not be empty");
        }
        return value;
    }

    private static String checkedReference(String option, String reference) {
        boolean known = Stream.of("env:", "file:", "credential:")
                .anyMatch(scheme -> reference.startsWith(scheme) && reference.length() > scheme.length());
        if (!known) {
            // without the text, which may be the credential itself
            throw CliException.usage(option + " wants a reference: env:NAME, file:PATH or credential:NAME; a credential"
                    + " itself goes through standard input (--api-key-stdin, --add-api-key-stdin)");
        }
        return reference;
    }

    private static Verb list() {
        return shared(Verb.of("list", "Lists the tenant's providers, or the shared ones.", c -> {
                    ApiPath path = providers(c).with("limit", "1000");
                    if (!c.output().list(c.client().list(path), VIEW)) {
                        c.note(
                                c.line().flag("--shared")
                                        ? "no shared providers; add one with llmproxyctl provider create NAME --shared --type TYPE"
                                        : "no providers in tenant " + c.tenant() + "; add one with llmproxyctl -t "
                                                + c.tenant() + " provider create NAME --type TYPE");
                    }
                    return ExitCode.DONE;
                }))
                .example("llmproxyctl -t acme provider list", "llmproxyctl provider list --shared -o yaml");
    }

    private static Verb show() {
        return shared(Verb.of("show", "Shows a provider, without its credential.", c -> {
                            JsonNode provider = c.client().get(provider(c));
                            c.output().one(provider, VIEW);
                            provider.path("credentials").values().forEach(one -> noteCredential(c, one));
                            noteCheck(c, provider.path("check"));
                            provider.path("targets").values().forEach(target -> noteTarget(c, target));
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "the provider"))
                .example("llmproxyctl -t acme provider show openai");
    }

    private static Verb update() {
        return settings(Verb.of("update", "Changes a provider; 'none' clears a value.", c -> {
                            String name = c.line().argument();
                            JsonNode changed = c.client()
                                    .patch(
                                            provider(c),
                                            settings(c, new Fields(c.line())).change());
                            c.output().done(changed, VIEW, "provider " + name + " updated");
                            noteFault(c, changed);
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "the provider"))
                .example(
                        "llmproxyctl -t acme provider update openai --models 'gpt-4o*,o3*' --priority 10",
                        "llmproxyctl -t acme provider update openai --api-key-stdin < new-key.txt",
                        "llmproxyctl -t acme provider update openai --add-api-key-env OPENAI_API_KEY_2",
                        "llmproxyctl -t acme provider update openai --timeout none");
    }

    private static Verb change(String verb, String description) {
        return shared(Verb.of(verb, description, c -> {
                            JsonNode provider = c.client().post(provider(c).then(verb), Json.object());
                            c.output()
                                    .done(provider, VIEW, "provider " + c.line().argument() + " " + verb + "d");
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "the provider"))
                .example("llmproxyctl -t acme provider " + verb + " openai");
    }

    private static Verb test() {
        return shared(Verb.of("test", "Asks a provider for its models, to see whether it answers.", c -> {
                            JsonNode result = c.client().post(provider(c).then("test"), Json.object());
                            boolean ok = result.path("ok").asBoolean(false);
                            String name = c.line().argument();
                            String said = Json.text(result.path("message"));
                            c.output().done(result, TEST_VIEW, sentence(name, ok, result));
                            if (!ok) {
                                throw new CliException(
                                        ExitCode.REFUSED, "provider " + name + ": " + Text.printable(said));
                            }
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "the provider"))
                .example(
                        "llmproxyctl -t acme provider test openai",
                        "llmproxyctl provider test openai --shared -o json");
    }

    private static String sentence(String name, boolean ok, JsonNode result) {
        if (!ok) {
            return "provider " + name + " failed its test";
        }
        int models = result.path("models").size();
        return "provider " + name + " answered in " + Json.text(result.path("latencyMs")) + " ms"
                + (models == 0 ? "" : " and lists " + models + (models == 1 ? " model" : " models"));
    }

    private static Verb delete() {
        return shared(Verb.of("delete", "Deletes a provider; its usage records stay.", c -> {
                            String name = c.line().argument();
                            c.confirm("delete the "
                                    + (c.line().flag("--shared")
                                            ? "shared provider " + name + ", for every tenant"
                                            : "provider " + name + " of tenant " + c.tenant()));
                            c.output().done(c.client().delete(provider(c)), VIEW, "provider " + name + " deleted");
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "the provider"))
                .example("llmproxyctl -t acme provider delete openai --yes");
    }

    private static Verb shared(Verb verb) {
        return verb.flag("--shared", "shared by all tenants, instead of one tenant's own");
    }

    private static void noteCheck(Context c, JsonNode check) {
        String reason = Json.text(check.path("reason"));
        if (!reason.isEmpty()) {
            c.note("llmproxyctl: its last check: " + Json.text(check.path("state")) + ", since it "
                    + Text.printable(reason));
        }
    }

    /** Of each of several. */
    private static void noteCredential(Context c, JsonNode credential) {
        String reason = Json.text(credential.path("reason"));
        long retry = credential.path("retrySeconds").asLong(0);
        c.note("llmproxyctl: credential " + Text.printable(Json.text(credential.path("name"))) + ": "
                + Json.text(credential.path("state")) + (reason.isEmpty() ? "" : ", " + Text.printable(reason))
                + (retry == 0 ? "" : "; used again in " + retry + " s"));
    }

    /** Of a model that fails, or asked for a pause. */
    private static void noteTarget(Context c, JsonNode target) {
        String state = Json.text(target.path("state"));
        if (state.isEmpty() || state.equals("closed")) {
            return;
        }
        String model = Json.text(target.path("model"));
        String reason = Json.text(target.path("reason"));
        c.note("llmproxyctl: " + Text.printable(model.isEmpty() ? "requests without a model" : "model " + model) + ": "
                + state + (reason.isEmpty() ? "" : ", since its last call " + Text.printable(reason))
                + "; tried again in "
                + Json.text(target.path("retrySeconds")) + " s");
    }

    private static void noteFault(Context c, JsonNode provider) {
        String fault = Json.text(provider.path("fault"));
        if (!fault.isEmpty()) {
            c.note("llmproxyctl: warning: " + Text.printable(fault));
        }
    }

    private static ApiPath provider(Context c) {
        return providers(c).then(c.line().argument());
    }

    private static ApiPath providers(Context c) {
        return c.line().flag("--shared") ? ApiPath.of("providers") : ApiPath.of("tenants", c.tenant(), "providers");
    }
}
