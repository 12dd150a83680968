package io.llmproxy.cli;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl key …}. */
final class KeyCommands {
    private static final View VIEW = new View(
            "name",
            Column.text("name", "name"),
            Column.text("prefix", "prefix"),
            Column.text("user", "user"),
            Column.status("status", "status"),
            Column.text("models", "models"),
            Column.time("expires", "expiresAt"),
            Column.time("last used", "lastUsedAt"),
            Column.time("created", "createdAt"));

    private static final String SHOWN_ONCE = "The secret is not stored and will not be shown again: keep it now.";

    private KeyCommands() {}

    static List<Verb> verbs() {
        return List.of(create(), list(), show(), update(), revoke(), rotate(), delete(), revokeAll());
    }

    private static Verb create() {
        return scope(Verb.of("create", "Makes a key and shows its secret, once.", c -> {
                            var fields = new Fields(c.line())
                                    .put("name", c.line().argument())
                                    .text("user", "--user")
                                    .expiry("expires", "--expires");
                            secret(c, c.client().post(keys(c), scope(fields).body()));
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "its name in the tenant")
                        .option("--user", "USER", "whose key it is: the e-mail address or the id"))
                .example(
                        "KEY=$(llmproxyctl -t acme key create dev -q)",
                        "llmproxyctl -t acme key create ci --expires 30d --models 'gpt-4o-mini,text-embedding-*'",
                        "llmproxyctl -t acme key create app --user ada@acme.example --cidr 10.0.0.0/8 --label team=search",
                        "llmproxyctl -t acme key create mesh --certificate-san uri:spiffe://acme.example/search --certificate-only");
    }

    private static Verb scope(Verb verb) {
        return verb.option("--expires", "WHEN", "a length of time as 30d, or a date")
                .list("--models", "MODELS", "the only models that it may ask for; names or globs")
                .list("--providers", "NAMES", "the only providers that it may use")
                .list("--cidr", "NETWORKS", "the only addresses that it may come from, as 10.0.0.0/8")
                .option("--max-requests", "N", "good for so many requests, once and for all")
                .flag("--passthrough", "may forward anything to a provider by /p/PROVIDER/")
                .list("--label", "NAME=VALUE", "a label, for routes and reports; may be repeated")
                .list(
                        "--certificate-fingerprint",
                        "SHA256",
                        "a client certificate by its SHA-256; these three replace all that were there; may be repeated")
                .list("--certificate-subject", "DN", "one by its subject, as CN=app,O=Acme; may be repeated")
                .list(
                        "--certificate-san",
                        "NAME",
                        "one by an alternative name: dns:…, uri:… or email:…; may be repeated")
                .flag("--certificate-only", "such a certificate stands for the key, which has no secret (admin only)")
                .flag("--certificate-and-key", "such a certificate must come with the key's secret; the default");
    }

    private static Fields scope(Fields fields) {
        return fields.list("models", "--models")
                .list("providers", "--providers")
                .list("cidrs", "--cidr")
                .flag("passthrough", "--passthrough")
                .map("labels", "--label")
                .number("maxRequests", "--max-requests")
                .choice("certificateOnly", "--certificate-only", "--certificate-and-key")
                .prefixed(
                        "certificates",
                        Map.of(
                                "--certificate-fingerprint", "fingerprint:",
                                "--certificate-subject", "subject:",
                                "--certificate-san", ""));
    }

    /** Shows a key with its secret, and says once that this is the only time. */
    private static void secret(Context c, JsonNode key) {
        c.output().one(key, VIEW);
        if (c.output().format() == Format.TABLE && !Json.absent(key.path("secret"))) {
            c.note(SHOWN_ONCE);
        }
    }

    private static Verb list() {
        return Verb.of("list", "Lists the tenant's keys.", c -> {
                    String tenant = c.tenant();
                    @Nullable String user = c.line().option("--user");
                    ApiPath path = ApiPath.of("tenants", tenant, "keys")
                            .with("user", user)
                            .with("limit", "1000");
                    if (!c.output().list(c.client().list(path), VIEW)) {
                        c.note("no keys " + (user == null ? "" : "of " + user + " ") + "in tenant " + tenant
                                + "; make one with llmproxyctl -t " + tenant + " key create NAME");
                    }
                    return ExitCode.DONE;
                })
                .option("--user", "USER", "only the keys of this user")
                .example(
                        "llmproxyctl -t acme key list", "llmproxyctl -t acme key list --user ada@acme.example -o json");
    }

    private static Verb show() {
        return Verb.of("show", "Shows a key, without its secret.", c -> {
                    c.output().one(c.client().get(keys(c).then(c.line().argument())), VIEW);
                    return ExitCode.DONE;
                })
                .argument("NAME", "the key")
                .example("llmproxyctl -t acme key show dev");
    }

    private static Verb update() {
        return scope(Verb.of("update", "Changes a key; 'none' clears a value.", c -> {
                            String name = c.line().argument();
                            if (c.line().flag("--passthrough") && c.line().flag("--no-passthrough")) {
                                throw CliException.usage("--passthrough and --no-passthrough exclude each other");
                            }
                            var fields = scope(new Fields(c.line()).expiry("expires", "--expires"));
                            if (c.line().flag("--no-passthrough")) {
                                fields.body().put("passthrough", false);
                            }
                            if (c.line().flag("--no-certificate")) {
                                noCertificate(fields);
                            }
                            JsonNode changed = c.client().patch(keys(c).then(name), fields.change());
                            c.output().done(changed, VIEW, "key " + name + " updated");
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "the key"))
                .flag("--no-passthrough", "may no longer forward anything by /p/PROVIDER/")
                .flag("--no-certificate", "needs no client certificate any more, and none stands for it")
                .example(
                        "llmproxyctl -t acme key update dev --expires 90d",
                        "llmproxyctl -t acme key update dev --models none --cidr 10.0.0.0/8");
    }

    private static void noCertificate(Fields fields) {
        if (fields.body().has("certificates") || fields.body().has("certificateOnly")) {
            throw CliException.usage("--no-certificate excludes the other options of certificates");
        }
        fields.body().putNull("certificates").put("certificateOnly", false);
    }

    private static Verb revoke() {
        return Verb.of("revoke", "Refuses a key from now on; running requests finish unless --now.", c -> {
                    String name = c.line().argument();
                    c.confirm("revoke the key " + name + " of tenant " + c.tenant() + " for good"
                            + (c.line().flag("--now") ? " and cut its running requests" : ""));
                    var body = new Fields(c.line()).flag("now", "--now").body();
                    JsonNode key = c.client().post(keys(c).then(name, "revoke"), body);
                    c.output().done(key, VIEW, "key " + name + " revoked");
                    return ExitCode.DONE;
                })
                .argument("NAME", "the key")
                .flag("--now", "cut its running requests too")
                .example("llmproxyctl -t acme key revoke dev", "llmproxyctl -t acme key revoke dev --now --yes");
    }

    private static Verb rotate() {
        return Verb.of("rotate", "Gives a key a new secret, shown once; the old one is accepted for a while.", c -> {
                    String name = c.line().argument();
                    var body = new Fields(c.line()).duration("grace", "--grace").body();
                    Duration grace = Times.length(Json.text(body.path("grace")));
                    if (grace != null && grace.isZero()) {
                        c.confirm("refuse the old secret of the key " + name + " at once");
                    }
                    secret(c, c.client().post(keys(c).then(name, "rotate"), body));
                    return ExitCode.DONE;
                })
                .argument("NAME", "the key")
                .option("--grace", "DURATION", "how long the old secret is accepted; 24h unless given")
                .example(
                        "KEY=$(llmproxyctl -t acme key rotate dev -q)",
                        "llmproxyctl -t acme key rotate dev --grace 1h",
                        "llmproxyctl -t acme key rotate dev --grace 0s --yes");
    }

    private static Verb delete() {
        return Verb.of("delete", "Deletes a key; its usage records stay.", c -> {
                    String name = c.line().argument();
                    c.confirm("delete the key " + name + " of tenant " + c.tenant());
                    c.output().done(c.client().delete(keys(c).then(name)), VIEW, "key " + name + " deleted");
                    return ExitCode.DONE;
                })
                .argument("NAME", "the key")
                .example("llmproxyctl -t acme key delete dev --yes");
    }

    private static Verb revokeAll() {
        return Verb.of("revoke-all", "Revokes all keys of the tenant, or of one user.", c -> {
                    String tenant = c.tenant();
                    @Nullable String user = c.line().option("--user");
                    c.confirm("revoke all keys of " + (user == null ? "tenant " + tenant : "the user " + user)
                            + " for good" + (c.line().flag("--now") ? " and cut their running requests" : ""));
                    var body = new Fields(c.line())
                            .text("user", "--user")
                            .flag("now", "--now")
                            .body();
                    JsonNode answer = c.client().post(ApiPath.of("tenants", tenant, "keys", "revoke-all"), body);
                    String n = Json.text(answer.path("revoked"));
                    c.output().done(answer, new View("revoked", Column.number("revoked", "revoked")), revoked(n));
                    return ExitCode.DONE;
                })
                .option("--user", "USER", "only the keys of this user")
                .flag("--now", "cut their running requests too")
                .example(
                        "llmproxyctl -t acme key revoke-all --user ada@acme.example",
                        "llmproxyctl -t acme key revoke-all --now --yes");
    }

    private static String revoked(String n) {
        return n.equals("1") ? "1 key revoked" : n + " keys revoked";
    }

    private static ApiPath keys(Context c) {
        return ApiPath.of("tenants", c.tenant(), "keys");
    }
}
