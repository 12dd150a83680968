package io.llmproxy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl explain}: why a request went where it went, or would go. */
final class ExplainCommand {
    private static final View STEPS = new View(
            "outcome",
            Column.text("step", "step"),
            Column.text("of", "subject"),
            Column.text("outcome", "outcome"),
            Column.text("because", "detail"));

    private static final List<String> DESCRIBING = List.of(
            "--key",
            "--method",
            "--path",
            "--header",
            "--host",
            "--address",
            "--model",
            "--max-tokens",
            "--input-tokens",
            "--stream",
            "--user",
            "--body");

    private static final int LARGEST = 8 << 20;

    private ExplainCommand() {}

    static Verb verb() {
        return Verb.of(
                        "explain",
                        "Tells why a request went where it went, or where one would go; sends and takes nothing.",
                        ExplainCommand::explain)
                .optionalArgument("REQUEST", "the x-request-id of an answer; without it options describe a request")
                .option("--key", "KEY", "its name, its id, or the first 12 characters of its secret")
                .option("--model", "MODEL", "the model that is asked for")
                .option("--path", "PATH", "/v1/chat/completions unless given")
                .option("--method", "METHOD", "POST unless given")
                .list("--header", "NAME=VALUE", "a header of the request; may be repeated")
                .option("--host", "NAME", "the name of the server as the client calls it")
                .option("--address", "IP", "the client's address; this machine's unless given")
                .option("--max-tokens", "N", "the bound of the output")
                .option("--input-tokens", "N", "about how long the prompt is")
                .flag("--stream", "the answer is streamed")
                .option("--user", "USER", "the end user that the body names")
                .option("--body", "FILE", "the whole JSON body, in the place of --model and what is about it")
                .example(
                        "llmproxyctl -t acme explain 01997e0c-55f1-7d6f-8a2e-3a5c0c3f9d11",
                        "llmproxyctl -t acme explain --key dev --model smart --max-tokens 500",
                        "llmproxyctl -t acme explain --model gpt-4o --header x-experiment=on -o json");
    }

    private static ExitCode explain(Context c) {
        @Nullable String request = c.line().optionalArgument();
        JsonNode explanation = request == null ? described(c) : past(c, request);
        if (c.output().format() == Format.TABLE || c.output().format() == Format.CSV) {
            c.output().list(explanation.path("steps").values(), STEPS);
        } else {
            c.output().one(explanation, STEPS);
        }
        return ExitCode.DONE;
    }

    private static JsonNode past(Context c, String request) {
        for (String option : DESCRIBING) {
            if (c.line().has(option)) {
                throw CliException.usage("give the id of a request, or describe one by " + option + ", not both");
            }
        }
        return c.client().get(ApiPath.of("explain", request).with("tenant", c.namedTenant()));
    }

    private static JsonNode described(Context c) {
        Fields fields = new Fields(c.line())
                .text("key", "--key")
                .text("method", "--method")
                .text("path", "--path")
                .map("headers", "--header")
                .text("host", "--host")
                .text("address", "--address")
                .text("model", "--model")
                .integer("maxTokens", "--max-tokens")
                .integer("inputTokens", "--input-tokens")
                .flag("stream", "--stream")
                .text("user", "--user");
        @Nullable String file = c.line().option("--body");
        if (file != null) {
            if (c.line().has("--model")) {
                throw CliException.usage("give --body or --model, not both");
            }
            fields.body().set("body", json(c.shell().here().resolve(file)));
        }
        if (fields.body().isEmpty()) {
            throw CliException.usage("name a request by its id, or describe one: at least by --model");
        }
        return c.client().post(ApiPath.of("tenants", c.tenant(), "explain"), fields.body());
    }

    private static JsonNode json(Path file) {
        try {
            if (Files.size(file) > LARGEST) {
                throw CliException.usage("--body: " + file + " is larger than 8 MiB");
            }
            return Json.parse(Files.readAllBytes(file));
        } catch (IOException e) {
            throw CliException.usage("--body: " + file + " cannot be read");
        } catch (JacksonException e) {
            throw CliException.usage("--body: " + file + " is no JSON");
        }
    }
}
