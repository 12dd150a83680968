package io.llmproxy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code llmproxyctl price …}. */
final class PriceCommands {
    private static final View VIEW = new View(
            "model",
            Column.text("type", "type"),
            Column.text("provider", "provider"),
            Column.text("model", "model"),
            Column.text("from", "validFrom"),
            Column.number("input", "input"),
            Column.number("output", "output"),
            Column.number("cache read", "cacheRead"),
            Column.number("cache write", "cacheWrite"),
            Column.number("request", "perRequest"),
            Column.number("context", "contextTokens"),
            Column.number("max output", "maxOutputTokens"),
            Column.text("origin", "origin"),
            Column.text("id", "id"));

    private static final View CHANGES = new View(
            "model",
            Column.status("change", "change"),
            Column.text("type", "type"),
            Column.text("provider", "provider"),
            Column.text("model", "model"),
            Column.text("from", "validFrom"),
            Column.text("before", "before"),
            Column.text("after", "after"));

    private static final View IMPORTED = new View(
            "added",
            Column.number("added", "added"),
            Column.number("changed", "changed"),
            Column.number("unchanged", "unchanged"));

    private static final Pattern ID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final int MAX_FILE = 32 << 20;
    /** The server takes bodies of 1 MiB. */
    private static final int MAX_LIST = 1_000_000;

    private PriceCommands() {}

    static List<Verb> verbs() {
        return List.of(list(), show(), set(), importList(), delete());
    }

    private static Verb list() {
        return shared(Verb.of("list", "Lists the prices that were set, or those that the server brought along.", c -> {
                            ApiPath path = c.line().flag("--catalogue") ? ApiPath.of("prices", "catalogue") : prices(c);
                            if (!c.output().list(c.client().list(path.with("limit", "1000")), VIEW)) {
                                c.note(
                                        "no prices were set; those of the catalogue hold: llmproxyctl price list --catalogue");
                            }
                            return ExitCode.DONE;
                        })
                        .flag("--catalogue", "the list inside the server, over which others are set"))
                .example(
                        "llmproxyctl -t acme price list",
                        "llmproxyctl price list --shared -o csv",
                        "llmproxyctl price list --catalogue");
    }

    private static Verb show() {
        return shared(Verb.of("show", "Shows the price that a model has for a tenant, and whose it is.", c -> {
                            c.output().one(c.client().get(shown(c)), VIEW);
                            return ExitCode.DONE;
                        })
                        .argument("MODEL", "the model as clients ask for it, or the id of a price")
                        .option("--provider", "PROVIDER", "at this provider, instead of the one that serves the model")
                        .option("--at", "TIME", "at that time: a date, a time, or how long ago as 7d"))
                .example(
                        "llmproxyctl -t acme price show gpt-4o",
                        "llmproxyctl -t acme price show gpt-4o --provider openai --at 2026-11-01");
    }

    private static ApiPath shown(Context c) {
        String model = c.line().argument();
        if (ID.matcher(model).matches()) {
            return prices(c).then(model);
        }
        if (c.line().flag("--shared")) {
            throw CliException.usage(
                    "with --shared, show wants the id of a price; see llmproxyctl price list --shared");
        }
        @Nullable String at = c.line().option("--at");
        Instant now = c.output().now();
        return prices(c)
                .then("effective")
                .with("model", model)
                .with("provider", c.line().option("--provider"))
                .with("at", at == null ? null : Times.moment("--at", at, now).toString());
    }

    private static Verb set() {
        return shared(Verb.of("set", "Sets the price of a model, in USD per million tokens.", PriceCommands::set)
                        .argument("MODEL", "the model as the provider is asked for it; a name or a glob")
                        .option("--provider", "PROVIDER", "of this provider alone")
                        .option("--type", "TYPE", "of providers of this type or seller, as openai or groq")
                        .option("--input", "USD", "input, and what of it is cached where that has no price")
                        .option("--output", "USD", "output, and reasoning where that has no price")
                        .option("--cache-read", "USD", "input that came from the provider's cache")
                        .option("--cache-write", "USD", "input that was written to it")
                        .option("--reasoning", "USD", "output that was thought and not said")
                        .option("--audio-input", "USD", "sound in the input")
                        .option("--audio-output", "USD", "sound in the output")
                        .option("--per-request", "USD", "each answered request, in USD")
                        .option("--context", "TOKENS", "how many tokens the model takes in all")
                        .option("--max-output", "TOKENS", "how many it generates at most")
                        .option("--valid-from", "TIME", "for requests from then on; now unless given"))
                .example(
                        "llmproxyctl -t acme price set gpt-4o --provider openai --input 2.50 --output 10 --cache-read 1.25",
                        "llmproxyctl price set my-deployment --shared --type azure --input 2.50 --output 10",
                        "llmproxyctl -t acme price set 'llama-*' --provider local --input 0 --output 0",
                        "llmproxyctl -t acme price set gpt-4o --input 2 --output 8 --valid-from 2027-01-01");
    }

    private static ExitCode set(Context c) {
        String model = c.line().argument();
        ObjectNode body = new Fields(c.line())
                .put("model", model)
                .text("provider", "--provider")
                .text("type", "--type")
                .text("input", "--input")
                .text("output", "--output")
                .text("cacheRead", "--cache-read")
                .text("cacheWrite", "--cache-write")
                .text("reasoning", "--reasoning")
                .text("audioInput", "--audio-input")
                .text("audioOutput", "--audio-output")
                .text("perRequest", "--per-request")
                .integer("contextTokens", "--context")
                .integer("maxOutputTokens", "--max-output")
                .body();
        from(c, body);
        JsonNode made = c.client().post(prices(c), body);
        c.output().done(made, VIEW, "price of " + model + " set");
        noteMissingProvider(c);
        return ExitCode.DONE;
    }

    /** A price may come before its provider; at one that is misspelt it would price nothing, and nobody would know. */
    private static void noteMissingProvider(Context c) {
        @Nullable String provider = c.line().option("--provider");
        if (provider == null || c.line().flag("--shared")) {
            return;
        }
        try {
            c.client().get(ApiPath.of("tenants", c.tenant(), "providers", provider));
        } catch (CliException e) {
            // whatever else went wrong with the question, the price is set
            if (e.code() == ExitCode.NOT_FOUND) {
                c.note("the tenant " + c.tenant() + " has no provider " + provider
                        + "; the price holds as soon as it has one: llmproxyctl -t " + c.tenant() + " provider list");
            }
        }
    }

    private static void from(Context c, ObjectNode body) {
        @Nullable String from = c.line().option("--valid-from");
        if (from != null) {
            body.put(
                    "validFrom",
                    Times.moment("--valid-from", from, c.output().now()).toString());
        }
    }

    private static Verb importList() {
        return shared(Verb.of("import", "Sets all prices of a list, or none of them.", PriceCommands::importList)
                        .argument("FILE", "the list; - for standard input")
                        .oneOf("--format", "FORMAT", "the form of the list, guessed unless given", PriceFile.FORMATS)
                        .list("--only", "TYPES", "rows of these types or sellers alone, as openai,groq")
                        .flag("--free", "also rows of other registries that say 0, by which many mean unknown")
                        .flag("--dry-run", "show what would change, and change nothing")
                        .option(
                                "--valid-from",
                                "TIME",
                                "for requests from then on, where a row does not say; now unless given"))
                .example(
                        "llmproxyctl price import prices.csv --shared --dry-run",
                        "llmproxyctl price import model_prices_and_context_window.json --shared --only openai,anthropic",
                        "llmproxyctl -t acme price import api.json --format models.dev --dry-run -o json");
    }

    private static ExitCode importList(Context c) {
        boolean dry = c.line().flag("--dry-run");
        PriceFile file = PriceFile.read(
                bytes(c),
                c.line().option("--format"),
                Set.copyOf(c.line().values("--only")),
                c.line().flag("--free"));
        if (file.list().length() > MAX_LIST) {
            throw CliException.usage(
                    "the list has " + file.rows() + " rows, too many for one request; take fewer with --only");
        }
        ObjectNode body = Json.object().put("prices", file.list()).put("dryRun", dry);
        from(c, body);
        if (!file.note().isEmpty()) {
            c.note(file.note());
        }
        JsonNode done = c.client().post(prices(c).then("import"), body);
        if (dry && c.output().format() == Format.TABLE) {
            c.output().list(done.path("changes").values(), CHANGES);
        }
        c.output().done(done, IMPORTED, sentence(done, dry));
        return ExitCode.DONE;
    }

    private static String sentence(JsonNode done, boolean dry) {
        return (dry ? "would be " : "") + Json.text(done.path("added")) + " added, " + Json.text(done.path("changed"))
                + " changed; " + Json.text(done.path("unchanged")) + " unchanged";
    }

    private static byte[] bytes(Context c) {
        String name = c.line().argument();
        byte[] bytes;
        try {
            if (name.equals("-")) {
                bytes = c.shell().in().readNBytes(MAX_FILE + 1);
            } else {
                Path file = c.shell().here().resolve(name);
                bytes = Files.size(file) > MAX_FILE ? new byte[MAX_FILE + 1] : Files.readAllBytes(file);
            }
        } catch (NoSuchFileException e) {
            throw CliException.usage("there is no file " + name);
        } catch (IOException e) {
            throw CliException.usage("cannot read " + name + ": " + e.getMessage());
        }
        if (bytes.length > MAX_FILE) {
            throw CliException.usage(name + " is larger than " + (MAX_FILE >> 20) + " MiB");
        }
        return bytes;
    }

    private static Verb delete() {
        return shared(Verb.of("delete", "Deletes a price; what was reckoned by it stays.", c -> {
                            String id = c.line().argument();
                            c.confirm("delete the price " + id);
                            c.output().done(c.client().delete(prices(c).then(id)), VIEW, "price " + id + " deleted");
                            return ExitCode.DONE;
                        })
                        .argument("ID", "the price, by its id"))
                .example("llmproxyctl -t acme price delete 0197c1a0-0000-7000-8000-000000000001 --yes");
    }

    private static Verb shared(Verb verb) {
        return verb.flag("--shared", "for all tenants, instead of one tenant's own");
    }

    private static ApiPath prices(Context c) {
        return c.line().flag("--shared") ? ApiPath.of("prices") : ApiPath.of("tenants", c.tenant(), "prices");
    }
}
