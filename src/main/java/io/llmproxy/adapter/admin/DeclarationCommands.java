package io.llmproxy.adapter.admin;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminCommand.ActivateTenant;
import io.llmproxy.admin.AdminCommand.CreateKey;
import io.llmproxy.admin.AdminCommand.CreateProvider;
import io.llmproxy.admin.AdminCommand.CreateRoute;
import io.llmproxy.admin.AdminCommand.CreateTenant;
import io.llmproxy.admin.AdminCommand.CreateUser;
import io.llmproxy.admin.AdminCommand.DeleteKey;
import io.llmproxy.admin.AdminCommand.DeleteLimit;
import io.llmproxy.admin.AdminCommand.DeletePrice;
import io.llmproxy.admin.AdminCommand.DeleteProvider;
import io.llmproxy.admin.AdminCommand.DeleteRoute;
import io.llmproxy.admin.AdminCommand.DeleteTenant;
import io.llmproxy.admin.AdminCommand.DeleteUser;
import io.llmproxy.admin.AdminCommand.DisableProvider;
import io.llmproxy.admin.AdminCommand.EnableProvider;
import io.llmproxy.admin.AdminCommand.KnownSecret;
import io.llmproxy.admin.AdminCommand.SetPrice;
import io.llmproxy.admin.AdminCommand.SuspendTenant;
import io.llmproxy.admin.AdminCommand.UpdateProvider;
import io.llmproxy.admin.AdminCommand.UpdateRoute;
import io.llmproxy.admin.AdminCommand.UpdateUser;
import io.llmproxy.admin.Change;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.KeyHash;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.usage.PriceList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The commands that make of a thing as it is the thing as it is declared; each would be given by hand as well. */
final class DeclarationCommands {
    private static final String CREDENTIALS = "credentials";
    private static final String STATUS = "status";
    private static final String SEALED = "sealed:";

    private DeclarationCommands() {}

    /** @throws InvalidValueException where a field cannot be had so */
    static List<AdminCommand> create(Declared thing) {
        ObjectNode fields = thing.fields();
        String name = thing.id().name();
        return switch (thing.id().kind()) {
            case TENANT -> {
                List<AdminCommand> commands = new ArrayList<>();
                commands.add(new CreateTenant(name, textOrNull(fields, "name")));
                commands.addAll(tenant(
                        Declared.said(thing.id(), "", Json.MAPPER.createObjectNode(), true),
                        thing,
                        without(fields, "name")));
                yield commands;
            }
            case USER -> user(thing);
            case PROVIDER -> provider(thing);
            case KEY -> List.of(key(thing));
            case ROUTE -> List.of(new CreateRoute(thing.id().tenant(), name, RoutesResource.changes(Body.of(fields))));
            case LIMIT, PRICE -> List.of(set(thing));
        };
    }

    /**
     * @param differing the fields that do, as a merge patch
     * @throws InvalidValueException where a field cannot be changed
     */
    static List<AdminCommand> update(Declared before, Declared after, ObjectNode differing) {
        String name = after.id().name();
        return switch (after.id().kind()) {
            case TENANT -> tenant(before, after, differing);
            case USER ->
                List.of(new UpdateUser(
                        owner(after),
                        name,
                        differing.has("name") ? Change.to(textOrNull(after.fields(), "name")) : Change.none(),
                        differing.has("role") ? Change.to(role(after)) : Change.none(),
                        differing.has(STATUS) ? Change.to(enabled(after)) : Change.none()));
            case PROVIDER -> provider(before, after, differing);
            case KEY -> {
                refuse(
                        differing,
                        "user",
                        "cannot be changed: the key belongs to whom it was made for; delete it first");
                refuse(differing, "hash", "is another than the key's; rotate or delete the key, or take this line out");
                yield List.of(KeysResource.command(owner(after), name, Body.of(differing)));
            }
            case ROUTE ->
                List.of(new UpdateRoute(after.id().tenant(), name, RoutesResource.changes(Body.of(differing))));
            case LIMIT, PRICE -> List.of(set(after));
        };
    }

    static AdminCommand delete(Declared thing) {
        String name = thing.id().name();
        @Nullable String tenant = thing.id().tenant();
        return switch (thing.id().kind()) {
            case TENANT -> new DeleteTenant(name, false);
            case USER -> new DeleteUser(owner(thing), name, false);
            case PROVIDER -> new DeleteProvider(tenant, name);
            case KEY -> new DeleteKey(owner(thing), name);
            case ROUTE -> new DeleteRoute(tenant, name);
            case LIMIT -> new DeleteLimit(tenant, handle(thing));
            case PRICE -> new DeletePrice(tenant, UUID.fromString(handle(thing)));
        };
    }

    private static List<AdminCommand> tenant(Declared before, Declared after, ObjectNode differing) {
        List<AdminCommand> commands = new ArrayList<>();
        ObjectNode settings = without(differing, STATUS);
        String slug = after.id().name();
        if (!settings.isEmpty()) {
            commands.add(TenantsResource.command(slug, Body.of(settings)));
        }
        if (before.fields().has(STATUS) != after.fields().has(STATUS)) {
            commands.add(after.fields().has(STATUS) ? new SuspendTenant(slug, false) : new ActivateTenant(slug));
        }
        return commands;
    }

    private static List<AdminCommand> user(Declared thing) {
        String name = thing.id().name();
        AdminCommand create = new CreateUser(owner(thing), name, textOrNull(thing.fields(), "name"), role(thing));
        return enabled(thing)
                ? List.of(create)
                : List.of(create, new UpdateUser(owner(thing), name, Change.none(), Change.none(), Change.to(false)));
    }

    private static Role role(Declared user) {
        return user.fields().has("role") ? Role.parse(DeclaredFields.text(user.fields(), "role")) : Role.USER;
    }

    private static boolean enabled(Declared thing) {
        return !thing.fields().has(STATUS);
    }

    private static AdminCommand key(Declared thing) {
        ObjectNode fields = thing.fields();
        if (fields.has("hash") != fields.has("prefix")) {
            throw new InvalidValueException(fields.has("hash") ? "prefix" : "hash", "hash and prefix go together");
        }
        KnownSecret secret = fields.has("hash")
                ? new KnownSecret(
                        KeyHash.of(HexFormat.of()
                                .parseHex(DeclaredFields.text(fields, "hash").substring("sha256:".length()))),
                        DeclaredFields.text(fields, "prefix"))
                : null;
        return new CreateKey(
                owner(thing),
                thing.id().name(),
                textOrNull(fields, "user"),
                textOrNull(fields, "expiresAt"),
                KeysResource.scope(Body.of(fields)),
                secret);
    }

    private static AdminCommand set(Declared thing) {
        Body body = Body.of(thing.fields());
        return thing.id().kind() == DeclaredKind.LIMIT
                ? LimitsResource.command(thing.id().tenant(), body)
                : new SetPrice(
                        thing.id().tenant(),
                        PricesResource.row(
                                body, PriceList.time("validFrom", DeclaredFields.text(thing.fields(), "validFrom"))));
    }

    private static List<AdminCommand> provider(Declared thing) {
        ObjectNode fields = thing.fields();
        if (!fields.has("type")) {
            throw new InvalidValueException("type", "must be given");
        }
        Set<String> references = texts(fields);
        references.forEach(DeclarationCommands::refuseSealed);
        hiddenProxy(fields);
        List<String> rest = new ArrayList<>(references);
        ObjectNode settings = without(fields, "type", STATUS, CREDENTIALS);
        if (!rest.isEmpty()) {
            settings.put("credentialRef", rest.removeFirst());
        }
        @Nullable String tenant = thing.id().tenant();
        String name = thing.id().name();
        List<AdminCommand> commands = new ArrayList<>();
        commands.add(new CreateProvider(
                tenant,
                name,
                ProviderKind.parse(DeclaredFields.text(fields, "type")),
                ProvidersResource.changes(Body.of(settings))));
        rest.forEach(reference -> commands.add(adding(tenant, name, reference, List.of())));
        if (!enabled(thing)) {
            commands.add(new DisableProvider(tenant, name));
        }
        return commands;
    }

    private static List<AdminCommand> provider(Declared before, Declared after, ObjectNode differing) {
        refuse(differing, "type", "cannot be changed; delete the provider first, or give the new one another name");
        if (differing.has("proxy")) {
            hiddenProxy(after.fields());
        }
        @Nullable String tenant = after.id().tenant();
        String name = after.id().name();
        List<AdminCommand> commands = new ArrayList<>();
        ObjectNode settings = without(differing, STATUS, CREDENTIALS);
        if (settings.has("options") && !after.fields().has("baseUrl")) {
            // the usual address may follow from them
            settings.putNull("baseUrl");
        }
        if (!settings.isEmpty()) {
            commands.add(new UpdateProvider(tenant, name, ProvidersResource.changes(Body.of(settings))));
        }
        if (differing.has(CREDENTIALS)) {
            commands.addAll(credentials(tenant, name, texts(before.fields()), texts(after.fields())));
        }
        if (differing.has(STATUS)) {
            commands.add(enabled(after) ? new EnableProvider(tenant, name) : new DisableProvider(tenant, name));
        }
        return commands;
    }

    private static List<AdminCommand> credentials(
            @Nullable String tenant, String name, Set<String> before, Set<String> after) {
        List<String> added = after.stream().filter(c -> !before.contains(c)).toList();
        List<String> removed = before.stream()
                .filter(c -> !after.contains(c))
                .map(c -> c.startsWith(SEALED) ? c.substring(SEALED.length()) : c)
                .toList();
        added.forEach(DeclarationCommands::refuseSealed);
        List<AdminCommand> commands = new ArrayList<>();
        List<String> rest = new ArrayList<>(added);
        if (removed.size() == before.size()) {
            // naming one replaces all that there were
            ObjectNode first = Json.MAPPER.createObjectNode();
            first.put("credentialRef", rest.isEmpty() ? null : rest.removeFirst());
            commands.add(new UpdateProvider(tenant, name, ProvidersResource.changes(Body.of(first))));
        } else if (!removed.isEmpty()) {
            commands.add(adding(tenant, name, rest.isEmpty() ? null : rest.removeFirst(), removed));
        }
        rest.forEach(reference -> commands.add(adding(tenant, name, reference, List.of())));
        return commands;
    }

    private static AdminCommand adding(
            @Nullable String tenant, String name, @Nullable String reference, List<String> removed) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        if (reference != null) {
            body.put("addCredentialRef", reference);
        }
        if (!removed.isEmpty()) {
            ArrayNode names = body.putArray("removeCredentials");
            removed.forEach(names::add);
        }
        return new UpdateProvider(tenant, name, ProvidersResource.changes(Body.of(body)));
    }

    private static void refuseSealed(String credential) {
        if (credential.startsWith(SEALED)) {
            throw new InvalidValueException(
                    CREDENTIALS,
                    "`" + credential + "` was given by value, and values are in no file: make the provider with"
                            + " llmproxyctl provider create --api-key-stdin first, or write env:NAME, file:PATH or"
                            + " credential:NAME");
        }
    }

    private static void hiddenProxy(ObjectNode fields) {
        if (DeclaredFields.text(fields, "proxy").contains(DeclaredFields.HIDDEN + "@")) {
            throw new InvalidValueException(
                    "proxy", "has a login that is in no file; set it with llmproxyctl provider update --proxy");
        }
    }

    private static void refuse(ObjectNode differing, String field, String why) {
        if (differing.has(field)) {
            throw new InvalidValueException(field, why);
        }
    }

    private static Set<String> texts(ObjectNode fields) {
        Set<String> texts = new LinkedHashSet<>();
        fields.path(CREDENTIALS).values().forEach(node -> texts.add(node.asString()));
        return texts;
    }

    private static ObjectNode without(ObjectNode fields, String... names) {
        ObjectNode out = Json.MAPPER.createObjectNode();
        Collection<String> left = List.of(names);
        fields.properties().forEach(e -> {
            if (!left.contains(e.getKey())) {
                out.set(e.getKey(), e.getValue());
            }
        });
        return out;
    }

    private static @Nullable String textOrNull(ObjectNode fields, String field) {
        JsonNode node = fields.get(field);
        return node == null || node.isNull() ? null : node.asString();
    }

    private static String owner(Declared thing) {
        String tenant = thing.id().tenant();
        if (tenant == null) {
            throw new IllegalStateException(thing.id().said() + " has no tenant");
        }
        return tenant;
    }

    private static String handle(Declared thing) {
        String handle = thing.handle();
        if (handle == null) {
            throw new IllegalStateException(thing.id().said() + " has no id");
        }
        return handle;
    }
}
