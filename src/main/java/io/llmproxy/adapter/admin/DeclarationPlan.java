package io.llmproxy.adapter.admin;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.CommandBatch;
import io.llmproxy.admin.CommandResult;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.wire.admin.DeclarationJson;
import io.llmproxy.wire.admin.DeclarationJson.Fault;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What has to be done so that the things are as they are declared, in an order in which each step finds what it needs: tenants before what
 * they own, providers before what leads to them, and what is deleted only when nothing refers to it any more. Of one batch.
 */
final class DeclarationPlan {
    private static final String STATUS = "status";
    private static final int MOST_FAULTS = 50;
    private final CommandBatch batch;
    private final Map<Declared.Id, Declared> current;
    private final DeclarationReader.Read declared;
    private final List<Step> creations = new ArrayList<>();
    private final List<Step> updates = new ArrayList<>();
    private final List<Step> deletions = new ArrayList<>();
    private final List<DeclarationJson.Secret> secrets = new ArrayList<>();
    private int unchanged;
    private int undeclared;

    /** @param fields that differ, as a merge patch; of an update alone */
    private record Step(@Nullable Declared before, Declared thing, ObjectNode fields) {}

    /**
     * What is done only where it is asked for.
     *
     * @param prune whether what is not declared is deleted
     * @param hashes whether keys are made whose secret somebody has already
     */
    record Allowed(boolean prune, boolean hashes) {}

    /** @throws DeclarationProblem where something is wanted that is not asked for */
    DeclarationPlan(
            CommandBatch batch, Map<Declared.Id, Declared> current, DeclarationReader.Read declared, Allowed allowed) {
        this.batch = batch;
        this.current = current;
        this.declared = declared;
        declared.things().values().forEach(this::compare);
        if (!allowed.hashes) {
            refuseKnownSecrets();
        }
        current.values().stream().filter(this::undeclared).forEach(thing -> {
            if (allowed.prune) {
                deletions.add(new Step(thing, thing, Json.MAPPER.createObjectNode()));
            } else {
                undeclared++;
            }
        });
    }

    /** Carries it out. */
    DeclarationJson.Applied run(boolean dryRun, String version) {
        new LimitSubjects(
                        current.keySet(),
                        declared.things(),
                        deletions.stream().map(Step::thing).toList())
                .check();
        List<Step> made = new ArrayList<>(creations);
        made.addAll(updates);
        of(creations, DeclaredKind.TENANT).forEach(this::make);
        sharedFirst(of(made, DeclaredKind.PROVIDER)).forEach(this::make);
        of(updates, DeclaredKind.TENANT).forEach(this::make);
        // before those whom they are about, with whom they would go
        of(deletions, DeclaredKind.LIMIT).forEach(this::delete);
        of(deletions, DeclaredKind.KEY).forEach(this::delete);
        of(deletions, DeclaredKind.USER).forEach(this::delete);
        of(made, DeclaredKind.USER).forEach(this::make);
        of(made, DeclaredKind.KEY).forEach(this::make);
        checkCertificates(of(made, DeclaredKind.KEY));
        ordered(sharedFirst(of(made, DeclaredKind.ROUTE))).forEach(this::make);
        List<Step> routes = ordered(sharedFirst(of(deletions, DeclaredKind.ROUTE)));
        routes.reversed().forEach(this::delete);
        of(made, DeclaredKind.LIMIT).forEach(this::make);
        of(made, DeclaredKind.PRICE).forEach(this::make);
        of(deletions, DeclaredKind.PRICE).forEach(this::delete);
        sharedFirst(of(deletions, DeclaredKind.PROVIDER)).reversed().forEach(this::delete);
        return new DeclarationJson.Applied(
                dryRun, version, changes(), unchanged, undeclared, dryRun ? List.of() : secrets);
    }

    private void compare(Declared thing) {
        Declared before = current.get(thing.id());
        if (before == null) {
            Declared whole = thing.with(told(thing, null), null);
            // what a new tenant is beside its name may need providers that come between
            if (thing.id().kind() == DeclaredKind.TENANT) {
                Declared bare = thing.with(bare(thing.fields()), null);
                creations.add(new Step(null, bare, bare.fields()));
                ObjectNode rest = difference(bare.fields(), whole.fields());
                if (!rest.isEmpty()) {
                    updates.add(new Step(bare, whole, rest));
                }
            } else {
                creations.add(new Step(null, whole, whole.fields()));
            }
            return;
        }
        if (!before.live()) {
            notLive(before, thing);
        }
        Declared after = thing.with(told(thing, before), before.handle());
        ObjectNode differing = difference(before.fields(), after.fields());
        if (differing.isEmpty()) {
            unchanged++;
        } else {
            updates.add(new Step(before, after, differing));
        }
    }

    /** A file of some time ago would bring back the secret of a key that was deleted since, for whatever reason. */
    private void refuseKnownSecrets() {
        List<Fault> faults = creations.stream()
                .filter(DeclarationPlan::knownSecret)
                .map(
                        step -> new Fault(
                                step.thing.pointer() + "/hash",
                                said(
                                        step.thing,
                                        "the key is not there, and would be made with the secret that begins with "
                                                + DeclaredFields.text(step.fields, "prefix")
                                                + ": whoever has that could use it again; ask for it with --accept-hashes, as for a"
                                                + " server that takes another's place, or take hash and prefix out for a new one")))
                .limit(MOST_FAULTS)
                .toList();
        if (!faults.isEmpty()) {
            throw new DeclarationProblem(409, "conflict", faults);
        }
    }

    private static boolean knownSecret(Step step) {
        return step.thing.id().kind() == DeclaredKind.KEY && step.fields.has("hash");
    }

    /** When all keys are as declared: a certificate may go from one to another. */
    private void checkCertificates(List<Step> keys) {
        CommandBatch.Contested contested = batch.contested();
        if (contested == null) {
            return;
        }
        Declared.Id id = new Declared.Id(DeclaredKind.KEY, contested.tenant(), contested.key());
        for (Step step : keys) {
            if (step.thing.id().equals(id)) {
                throw fault(
                        step.thing,
                        409,
                        "conflict",
                        String.valueOf(contested.refusal().getMessage()));
            }
        }
        throw contested.refusal();
    }

    private static ObjectNode bare(ObjectNode fields) {
        ObjectNode bare = Json.MAPPER.createObjectNode();
        if (fields.has("name")) {
            bare.set("name", fields.get("name"));
        }
        return bare;
    }

    /** A key that was revoked must not come back because a file still names it; one that has expired is as it was declared. */
    private static void notLive(Declared before, Declared thing) {
        boolean sameEnd =
                before.fields().path("expiresAt").equals(thing.fields().path("expiresAt"));
        if (!(before.fields().has("expiresAt") && sameEnd)) {
            throw fault(
                    thing,
                    409,
                    "conflict",
                    "the key is revoked, or has expired; take it out of the file, or delete it with llmproxyctl key delete");
        }
    }

    /** The fields with what a document does not tell put in from what is there. */
    private static ObjectNode told(Declared thing, @Nullable Declared before) {
        ObjectNode fields = thing.fields();
        if (before != null && !thing.statusSaid() && before.fields().has(STATUS)) {
            // who suspended or disabled it by hand had a reason, and a file that is silent about it is no order to end
            // it
            fields = fields.deepCopy();
            fields.set(STATUS, before.fields().get(STATUS));
        }
        if (thing.id().kind() == DeclaredKind.KEY && before != null && !fields.has("hash")) {
            fields = fields.deepCopy();
            fields.setAll(only(before.fields(), "hash", "prefix"));
        }
        if (fields.get("headers") instanceof ObjectNode headers) {
            fields = fields.deepCopy();
            ObjectNode full = fields.putObject("headers");
            for (Map.Entry<String, JsonNode> header : headers.properties()) {
                boolean hidden = header.getValue().asString().equals(DeclaredFields.HIDDEN);
                JsonNode known =
                        before == null ? null : before.fields().path("headers").get(header.getKey());
                if (hidden && known == null) {
                    throw fault(
                            thing,
                            400,
                            "invalid",
                            "headers: the value of `" + header.getKey()
                                    + "` is not in the file; write it, or set it with"
                                    + " llmproxyctl provider update --header first");
                }
                full.set(header.getKey(), hidden && known != null ? known : header.getValue());
            }
        }
        return fields;
    }

    private static ObjectNode only(ObjectNode fields, String... names) {
        ObjectNode out = Json.MAPPER.createObjectNode();
        for (String name : names) {
            if (fields.has(name)) {
                out.set(name, fields.get(name));
            }
        }
        return out;
    }

    /** A merge patch (RFC 7396) from one to the other. */
    private static ObjectNode difference(ObjectNode before, ObjectNode after) {
        ObjectNode patch = Json.MAPPER.createObjectNode();
        Set<String> names = new LinkedHashSet<>(after.propertyNames());
        names.addAll(before.propertyNames());
        for (String name : names) {
            JsonNode was = before.get(name);
            JsonNode is = after.get(name);
            if (is == null) {
                patch.putNull(name);
            } else if (!is.equals(was)) {
                patch.set(
                        name,
                        was instanceof ObjectNode old && is instanceof ObjectNode now ? difference(old, now) : is);
            }
        }
        return patch;
    }

    private boolean undeclared(Declared thing) {
        Declared.Id id = thing.id();
        return id.kind() != DeclaredKind.TENANT
                && thing.live()
                && declared.sections().contains(new DeclarationReader.Section(id.tenant(), id.kind()))
                && !declared.things().containsKey(DeclaredState.meant(thing));
    }

    private static List<Step> of(Collection<Step> steps, DeclaredKind kind) {
        return steps.stream().filter(step -> step.thing.id().kind() == kind).toList();
    }

    private static List<Step> sharedFirst(List<Step> steps) {
        return steps.stream()
                .sorted(Comparator.comparing(step -> step.thing.id().tenant() != null))
                .toList();
    }

    /** Routes behind those that they are to lead to, and where that leaves a choice behind those that led to them. */
    private static List<Step> ordered(List<Step> steps) {
        Map<Declared.Id, Step> byId = new HashMap<>();
        steps.forEach(step -> byId.put(step.thing.id(), step));
        List<Declared> before =
                steps.stream().map(Step::before).filter(Objects::nonNull).toList();
        Map<Declared.Id, Integer> led = new HashMap<>();
        RouteOrder.of(before).reversed().forEach(route -> led.put(route.id(), led.size()));
        List<Declared> after = steps.stream()
                .map(Step::thing)
                .sorted(Comparator.comparingInt(thing -> led.getOrDefault(thing.id(), -1)))
                .toList();
        return RouteOrder.of(after).stream()
                .map(thing -> byId.get(thing.id()))
                .filter(Objects::nonNull)
                .toList();
    }

    private void make(Step step) {
        Declared before = step.before;
        List<AdminCommand> commands = located(
                step.thing,
                () -> before == null
                        ? DeclarationCommands.create(step.thing)
                        : DeclarationCommands.update(before, step.thing, step.fields));
        commands.forEach(command -> execute(step.thing, command));
    }

    private void delete(Step step) {
        String own = String.valueOf(batch.actor().userId());
        if (step.thing.id().kind() == DeclaredKind.USER && own.equals(step.thing.handle())) {
            throw fault(step.thing, 409, "conflict", "you would delete yourself");
        }
        execute(step.thing, DeclarationCommands.delete(step.thing));
    }

    private void execute(Declared thing, AdminCommand command) {
        CommandResult result = located(thing, () -> batch.execute(command));
        if (result instanceof CommandResult.OfKey made && made.secret() != null) {
            secrets.add(new DeclarationJson.Secret(
                    made.key().tenant().slug(),
                    made.key().key().name(),
                    made.secret().reveal()));
        }
    }

    /** Whatever is wrong is told with the place in the document. */
    static <T> T located(Declared thing, Supplier<T> work) {
        try {
            return work.get();
        } catch (InvalidValueException e) {
            throw new DeclarationProblem(
                    400,
                    "invalid",
                    List.of(new Fault(
                            thing.pointer().isEmpty() ? "" : thing.pointer() + "/" + field(e.field()),
                            said(thing, String.valueOf(e.getMessage())))));
        } catch (AdminException e) {
            // what is not found is named by the document, which is what is wrong then
            boolean invalid = e.reason() == AdminException.Reason.NOT_FOUND;
            throw fault(
                    thing,
                    invalid ? 400 : e.reason().status(),
                    invalid ? "invalid" : e.reason().name().toLowerCase(Locale.ROOT),
                    String.valueOf(e.getMessage()));
        }
    }

    private static String field(String field) {
        return switch (field) {
            case "credential", "credentialRef", "addCredentialRef", "apiKey" -> "credentials";
            case "expires" -> "expiresAt";
            default -> DeclarationReader.escaped(field);
        };
    }

    static DeclarationProblem fault(Declared thing, int status, String code, String message) {
        return new DeclarationProblem(status, code, List.of(new Fault(thing.pointer(), said(thing, message))));
    }

    private static String said(Declared thing, String message) {
        // the place in the document names it already
        return thing.pointer().isEmpty() ? thing.id().said() + ": " + message : message;
    }

    private List<DeclarationJson.Change> changes() {
        List<DeclarationJson.Change> changes = new ArrayList<>();
        Set<Declared.Id> fresh = new HashSet<>();
        creations.forEach(step -> {
            fresh.add(step.thing.id());
            changes.add(change("create", step, knownSecret(step) ? List.of(secret(step)) : List.of()));
        });
        updates.stream()
                .filter(step -> !fresh.contains(step.thing.id()))
                .forEach(step -> changes.add(change("update", step, fields(step))));
        deletions.forEach(step -> changes.add(change("delete", step, List.of())));
        changes.sort(Comparator.comparing((DeclarationJson.Change c) -> c.tenant() == null ? "" : c.tenant())
                .thenComparing(c -> DeclaredKind.valueOf(c.kind().toUpperCase(Locale.ROOT)))
                .thenComparing(DeclarationJson.Change::name));
        return changes;
    }

    /** That it is no new one. */
    private static DeclarationJson.Field secret(Step step) {
        return new DeclarationJson.Field("prefix", null, shown(step.fields, "prefix"));
    }

    private static DeclarationJson.Change change(String what, Step step, List<DeclarationJson.Field> fields) {
        Declared.Id id = step.thing.id();
        return new DeclarationJson.Change(what, id.kind().word(), id.tenant(), id.name(), fields);
    }

    private static List<DeclarationJson.Field> fields(Step step) {
        Declared before = step.before;
        return step.fields.propertyNames().stream()
                .map(field -> new DeclarationJson.Field(
                        field,
                        before == null ? null : shown(before.fields(), field),
                        shown(step.thing.fields(), field)))
                .toList();
    }

    private static @Nullable String shown(ObjectNode fields, String field) {
        JsonNode value = fields.get(field);
        if (value == null) {
            return null;
        }
        if (field.equals("headers") && value instanceof ObjectNode headers) {
            return DeclaredState.hidden(headers).toString();
        }
        return value.isContainer() ? value.toString() : value.asString();
    }
}
