package io.llmproxy.cli;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl user …}. */
final class UserCommands {
    private static final View VIEW = new View(
            "email",
            Column.text("email", "email"),
            Column.text("name", "name"),
            Column.text("role", "role"),
            Column.status("status", "status"),
            Column.time("created", "createdAt"));

    private static final String[] ROLES = {"user", "tenant-admin", "admin"};

    private UserCommands() {}

    static List<Verb> verbs() {
        return List.of(create(), list(), show(), update(), delete());
    }

    private static Verb create() {
        return Verb.of("create", "Adds a user to the tenant.", c -> {
                    String email = c.line().argument();
                    var body = new Fields(c.line())
                            .put("email", email)
                            .text("name", "--name")
                            .text("role", "--role")
                            .body();
                    JsonNode made = c.client().post(users(c), body);
                    c.output().done(made, VIEW, "user " + email + " created");
                    return ExitCode.DONE;
                })
                .argument("EMAIL", "the e-mail address, by which the user is known")
                .option("--name", "TEXT", "the person's name")
                .oneOf("--role", "ROLE", "what the user may administer; user unless given", ROLES)
                .example(
                        "llmproxyctl -t acme user create ada@acme.example",
                        "llmproxyctl -t acme user create ada@acme.example --name 'Ada L.' --role tenant-admin");
    }

    private static Verb list() {
        return Verb.of("list", "Lists the tenant's users.", c -> {
                    String tenant = c.tenant();
                    ApiPath path = ApiPath.of("tenants", tenant, "users").with("limit", "1000");
                    if (!c.output().list(c.client().list(path), VIEW)) {
                        c.note("no users in tenant " + tenant + "; add one with llmproxyctl -t " + tenant
                                + " user create EMAIL");
                    }
                    return ExitCode.DONE;
                })
                .example("llmproxyctl -t acme user list", "llmproxyctl -t acme user list -o csv");
    }

    private static Verb show() {
        return Verb.of("show", "Shows a user.", c -> {
                    c.output().one(c.client().get(users(c).then(c.line().argument())), VIEW);
                    return ExitCode.DONE;
                })
                .argument("USER", "the e-mail address or the id")
                .example("llmproxyctl -t acme user show ada@acme.example");
    }

    private static Verb update() {
        return Verb.of("update", "Changes a user; 'none' clears a value.", c -> {
                    String user = c.line().argument();
                    var change = new Fields(c.line())
                            .text("name", "--name")
                            .text("role", "--role")
                            .text("status", "--status")
                            .change();
                    JsonNode changed = c.client().patch(users(c).then(user), change);
                    c.output().done(changed, VIEW, "user " + user + " updated");
                    return ExitCode.DONE;
                })
                .argument("USER", "the e-mail address or the id")
                .option("--name", "TEXT", "the person's name")
                .oneOf("--role", "ROLE", "what the user may administer", ROLES)
                .oneOf("--status", "STATUS", "whether the user's keys are accepted", "enabled", "disabled")
                .example(
                        "llmproxyctl -t acme user update ada@acme.example --role tenant-admin",
                        "llmproxyctl -t acme user update ada@acme.example --status disabled");
    }

    private static Verb delete() {
        return Verb.of("delete", "Deletes a user; the user's usage records stay.", c -> {
                    String user = c.line().argument();
                    boolean cascade = c.line().flag("--cascade");
                    c.confirm("delete the user " + user + (cascade ? " with all the user's keys" : ""));
                    ApiPath path = users(c).then(user).with("cascade", cascade ? "true" : null);
                    c.output().done(c.client().delete(path), VIEW, "user " + user + " deleted");
                    return ExitCode.DONE;
                })
                .argument("USER", "the e-mail address or the id")
                .flag("--cascade", "with the user's keys, where there are any")
                .example(
                        "llmproxyctl -t acme user delete ada@acme.example",
                        "llmproxyctl -t acme user delete ada@acme.example --cascade --yes");
    }

    private static ApiPath users(Context c) {
        return ApiPath.of("tenants", c.tenant(), "users");
    }
}
