package io.llmproxy.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl tenant …}. */
final class TenantCommands {
    private static final View VIEW = new View(
            "slug",
            Column.text("slug", "slug"),
            Column.text("name", "name"),
            Column.status("status", "status"),
            Column.text("default provider", "defaultProvider"),
            Column.number("max users", "maxUsers"),
            Column.number("max keys", "maxApiKeys"),
            Column.time("created", "createdAt"));

    private TenantCommands() {}

    static List<Verb> verbs() {
        return List.of(
                create(),
                list(),
                show(),
                update(),
                activate(),
                suspend(),
                delete(),
                ProvisionCommands.provision(),
                ProvisionCommands.deprovision());
    }

    private static Verb create() {
        return Verb.of("create", "Makes a tenant.", c -> {
                    String slug = c.line().argument();
                    JsonNode made = c.client()
                            .post(
                                    ApiPath.of("tenants"),
                                    new Fields(c.line())
                                            .put("slug", slug)
                                            .text("name", "--name")
                                            .body());
                    c.output().done(made, VIEW, "tenant " + slug + " created");
                    return ExitCode.DONE;
                })
                .argument("SLUG", "its short name: lower-case letters, digits and '-'")
                .option("--name", "TEXT", "its name for people; the slug unless given")
                .example("llmproxyctl tenant create acme", "llmproxyctl tenant create acme --name 'Acme Inc.'");
    }

    private static Verb list() {
        return Verb.of(
                        "list",
                        "Lists the tenants of a server, or of all processes of this machine.",
                        TenantCommands::list)
                .flag("--local", "of every process of this machine: tenant, state, version, socket, service")
                .example(
                        "llmproxyctl tenant list",
                        "llmproxyctl tenant list --local",
                        "llmproxyctl --socket /run/llmproxy/_all/admin.sock tenant list -o name");
    }

    /** Of one server where one is named or is alone; where each tenant has its own process, of them all. */
    private static ExitCode list(Context c) {
        LocalTenants local = new LocalTenants(c.shell());
        boolean all = c.line().flag("--local");
        if (all && (c.line().has(GlobalOptions.SOCKET) || c.line().has(GlobalOptions.URL))) {
            throw CliException.usage("--local asks every process of this machine; --socket and --url name one");
        }
        if (all || !ServerLocator.named(c) && local.several()) {
            if (!c.output().list(local.rows(), LocalTenants.VIEW)) {
                c.note("no tenant has a process here; make one with llmproxyctl tenant provision SLUG");
            }
        } else if (!c.output().list(c.client().list(ApiPath.of("tenants").with("limit", "1000")), VIEW)) {
            c.note("no tenants; make one with llmproxyctl tenant create SLUG");
        }
        return ExitCode.DONE;
    }

    private static Verb show() {
        return Verb.of("show", "Shows a tenant.", c -> {
                    c.output().one(c.client().get(path(c)), VIEW);
                    return ExitCode.DONE;
                })
                .optionalArgument("SLUG", "the tenant; the one named by -t, or the only one, unless given")
                .example("llmproxyctl tenant show acme", "llmproxyctl tenant show acme -o json");
    }

    private static Verb update() {
        return Verb.of("update", "Changes a tenant's settings; 'none' clears one.", TenantCommands::update)
                .optionalArgument("SLUG", "the tenant; the one named by -t, or the only one, unless given")
                .option("--name", "TEXT", "its name for people")
                .option("--default-provider", "NAME", "the provider of models that no other rule places")
                .list("--allowed-providers", "NAMES", "the only providers that it may use")
                .list("--allowed-models", "MODELS", "the only models that it may ask for; names or globs")
                .option("--max-users", "N", "at most so many users")
                .option("--max-api-keys", "N", "at most so many keys that are not revoked")
                .oneOf("--audit", "MODE", "what is kept of its requests", "none", "metadata", "redacted", "full")
                .option("--audit-retention", "DAYS", "how long audit events are kept, as 365d")
                .option("--usage-retention", "DAYS", "how long usage records are kept, as 90d; sums by hour stay")
                .option(
                        "--body-retention",
                        "DAYS",
                        "how long bodies of requests are kept, as 7d; as audit events unless given, else 30d")
                .option("--max-requests-per-minute", "N", "at most so many requests in a minute")
                .option("--max-requests-per-day", "N", "at most so many requests in a day")
                .option("--max-tokens-per-day", "N", "at most so many tokens in a day")
                .option(
                        "--max-output-tokens",
                        "N",
                        "what a request is taken to generate that does not say; else its model's maximum")
                .option("--redact", "MODE", "private text: off, mask (labels instead) or vault (put back in answers)")
                .list(
                        "--redact-kinds",
                        "KINDS",
                        "what is private, as email,card; unless given all but national numbers")
                .list(
                        "--redact-pattern",
                        "NAME=REGEX",
                        "what else is private; may be repeated, and replaces all before")
                .list("--redact-providers", "NAMES", "the providers that must not see it; all unless given")
                .option("--redact-strict", "on|off", "refuse bodies that cannot be read for it; on unless given")
                .option("--time-zone", "ZONE", "where its days and months begin, as Europe/Berlin; UTC unless given")
                .example(
                        "llmproxyctl tenant update acme --max-api-keys 50 --allowed-models 'gpt-4o*,claude-*'",
                        "llmproxyctl tenant update acme --default-provider openai --usage-retention 90d",
                        "llmproxyctl tenant update acme --redact vault --redact-kinds email,phone,card",
                        "llmproxyctl tenant update acme --max-users none");
    }

    private static ExitCode update(Context c) {
        var fields = new Fields(c.line())
                .text("name", "--name")
                .text("defaultProvider", "--default-provider")
                .list("allowedProviders", "--allowed-providers")
                .list("allowedModels", "--allowed-models")
                .integer("maxUsers", "--max-users")
                .integer("maxApiKeys", "--max-api-keys")
                .days("auditRetentionDays", "--audit-retention")
                .days("usageRetentionDays", "--usage-retention")
                .days("bodyRetentionDays", "--body-retention")
                .number("maxRequestsPerMinute", "--max-requests-per-minute")
                .number("maxRequestsPerDay", "--max-requests-per-day")
                .number("maxTokensPerDay", "--max-tokens-per-day")
                .integer("maxOutputTokens", "--max-output-tokens")
                .text("timeZone", "--time-zone")
                .text("redact", "--redact")
                .list("redactKinds", "--redact-kinds")
                .texts("redactPatterns", "--redact-pattern")
                .list("redactProviders", "--redact-providers")
                .onOff("redactStrict", "--redact-strict");
        String audit = c.line().option("--audit");
        if (audit != null) {
            fields.put("auditMode", audit); // none is a mode, and clears nothing
        }
        var change = fields.change();
        String slug = slug(c);
        c.output().done(c.client().patch(ApiPath.of("tenants", slug), change), VIEW, "tenant " + slug + " updated");
        return ExitCode.DONE;
    }

    private static Verb activate() {
        return Verb.of("activate", "Lets a suspended tenant's requests in again.", c -> {
                    String slug = c.line().argument();
                    JsonNode tenant = c.client().post(ApiPath.of("tenants", slug, "activate"), Json.object());
                    c.output().done(tenant, VIEW, "tenant " + slug + " activated");
                    return ExitCode.DONE;
                })
                .argument("SLUG", "the tenant")
                .example("llmproxyctl tenant activate acme");
    }

    private static Verb suspend() {
        return Verb.of("suspend", "Refuses a tenant's new requests; running ones finish unless --now.", c -> {
                    String slug = c.line().argument();
                    var body = new Fields(c.line()).flag("now", "--now").body();
                    JsonNode tenant = c.client().post(ApiPath.of("tenants", slug, "suspend"), body);
                    c.output().done(tenant, VIEW, "tenant " + slug + " suspended");
                    return ExitCode.DONE;
                })
                .argument("SLUG", "the tenant")
                .flag("--now", "cut its running requests too")
                .example("llmproxyctl tenant suspend acme", "llmproxyctl tenant suspend acme --now");
    }

    private static Verb delete() {
        return Verb.of("delete", "Deletes a tenant; its usage records and audit events stay.", c -> {
                    String slug = c.line().argument();
                    boolean cascade = c.line().flag("--cascade");
                    c.confirm("delete the tenant " + slug + (cascade ? " with all its users, keys and providers" : ""));
                    ApiPath path = ApiPath.of("tenants", slug).with("cascade", cascade ? "true" : null);
                    c.output().done(c.client().delete(path), VIEW, "tenant " + slug + " deleted");
                    return ExitCode.DONE;
                })
                .argument("SLUG", "the tenant")
                .flag("--cascade", "with its users, keys and providers, where it still has any")
                .example("llmproxyctl tenant delete acme", "llmproxyctl tenant delete acme --cascade --yes");
    }

    private static ApiPath path(Context c) {
        return ApiPath.of("tenants", slug(c));
    }

    private static String slug(Context c) {
        @Nullable String named = c.line().optionalArgument();
        return named == null ? c.tenant() : named;
    }
}
