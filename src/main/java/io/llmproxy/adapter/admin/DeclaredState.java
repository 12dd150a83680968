package io.llmproxy.adapter.admin;

import io.llmproxy.admin.DeclarableState;
import io.llmproxy.admin.KeyView;
import io.llmproxy.admin.LimitView;
import io.llmproxy.admin.PriceView;
import io.llmproxy.admin.ProviderView;
import io.llmproxy.admin.RouteView;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.usage.PriceOverlay;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The managed state as a document, and as the things in it. Made of one reading; immutable once it is made. */
final class DeclaredState {
    private static final String STATUS = "status";
    private static final int VERSION_BYTES = 8;

    private final DeclarableState read;
    private final Shapes shapes;
    private final Instant now;
    private final Map<UUID, Tenant> tenants = new HashMap<>();
    private final Map<UUID, User> users = new HashMap<>();
    private final Map<Declared.Id, Declared> things = new LinkedHashMap<>();
    private final LimitSpellings spellings;

    DeclaredState(DeclarableState read, Shapes shapes, Instant now) {
        this.read = read;
        this.shapes = shapes;
        this.now = now;
        this.spellings = new LimitSpellings(read.state());
        read.state().tenants().forEach(tenant -> tenants.put(tenant.id(), tenant));
        read.state().users().forEach(user -> users.put(user.id(), user));
        List<Declared> all = new ArrayList<>();
        read.state().tenants().forEach(tenant -> all.add(tenant(tenant)));
        read.state().users().forEach(user -> all.add(user(user)));
        read.state().providers().stream().filter(p -> within(p.tenantId())).forEach(p -> all.add(provider(p)));
        read.state().keys().forEach(key -> all.add(key(key)));
        read.state().routes().stream()
                .filter(r -> within(r.tenantId()))
                .forEach(r -> all.add(named(
                        DeclaredKind.ROUTE,
                        r.tenantId(),
                        r.name(),
                        tree(RoutesResource.json(new RouteView(owner(r.tenantId()), r))))));
        all.addAll(limits());
        read.state().prices().stream()
                .filter(p -> within(p.tenantId()) && p.ownOnly() != read.admins())
                .forEach(p -> all.add(price(p)));
        all.sort(Comparator.comparing((Declared d) -> String.valueOf(d.id().tenant()))
                .thenComparing(d -> d.id().kind())
                .thenComparing(d -> d.id().name()));
        all.forEach(thing -> things.put(thing.id(), thing));
    }

    Map<Declared.Id, Declared> things() {
        return things;
    }

    /** What a document says, in the spellings of what is there. */
    DeclarationReader.Read spelled(DeclarationReader.Read declared) {
        return spellings.said(declared);
    }

    /** Changes with whatever may be declared. */
    String version() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Declared thing : things.values()) {
                digest.update(Json.bytes(thing.id().said()));
                digest.update(Json.bytes(thing.fields()));
                digest.update((byte) (thing.live() ? 1 : 0));
            }
            return HexFormat.of().formatHex(digest.digest(), 0, VERSION_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * The document: sections and names in an order of their own, and nothing in it that changes by itself.
     *
     * @param hashes whether keys are told with the hashes of their secrets, by which another installation accepts them too
     */
    Map<String, Object> document(boolean hashes) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("version", DeclarationReader.VERSION);
        if (read.shared()) {
            document.put("shared", sections(null, hashes));
        }
        Map<String, Object> named = new TreeMap<>();
        for (Tenant tenant : read.state().tenants()) {
            ObjectNode fields = fields(new Declared.Id(DeclaredKind.TENANT, tenant.slug(), tenant.slug()), hashes);
            fields.setAll(sections(tenant.slug(), hashes));
            named.put(tenant.slug(), fields);
        }
        document.put("tenants", named);
        return document;
    }

    private ObjectNode sections(@Nullable String tenant, boolean hashes) {
        ObjectNode sections = Json.MAPPER.createObjectNode();
        for (DeclaredKind kind : DeclaredKind.values()) {
            String section = kind.section();
            if (section != null && (tenant != null || kind.shared())) {
                sections.set(section, kind.listed() ? sections.arrayNode() : sections.objectNode());
            }
        }
        for (Declared thing : things.values()) {
            String section = thing.id().kind().section();
            if (section == null
                    || !Objects.equals(thing.id().tenant(), tenant)
                    || !thing.live()
                    || !thing.id().equals(meant(thing))) {
                continue;
            }
            if (sections.get(section) instanceof ArrayNode list) {
                list.add(fields(thing.id(), hashes));
            } else if (sections.get(section) instanceof ObjectNode named) {
                named.set(thing.id().name(), fields(thing.id(), hashes));
            }
        }
        return sections;
    }

    /** Without what is secret. */
    private ObjectNode fields(Declared.Id id, boolean hashes) {
        Declared thing = things.get(id);
        ObjectNode fields = Json.MAPPER.createObjectNode();
        if (thing != null) {
            fields.setAll(thing.fields());
        }
        if (!hashes) {
            fields.remove(List.of("hash", "prefix"));
        }
        if (fields.get("headers") instanceof ObjectNode headers) {
            fields.set("headers", hidden(headers));
        }
        if (fields.get("credentials") instanceof ArrayNode credentials && credentials.size() == 1) {
            ObjectNode singular = Json.MAPPER.createObjectNode();
            fields.properties()
                    .forEach(e -> singular.set(
                            e.getKey().equals("credentials") ? "credential" : e.getKey(),
                            e.getKey().equals("credentials") ? credentials.get(0) : e.getValue()));
            return singular;
        }
        return fields;
    }

    /** A value may be a credential, unless it only says where that stands. */
    static ObjectNode hidden(ObjectNode headers) {
        ObjectNode out = Json.MAPPER.createObjectNode();
        headers.properties()
                .forEach(e -> out.put(
                        e.getKey(),
                        e.getValue().asString().contains("{credential}")
                                ? e.getValue().asString()
                                : DeclaredFields.HIDDEN));
        return out;
    }

    private boolean within(@Nullable UUID tenantId) {
        return tenantId == null ? read.shared() : tenants.containsKey(tenantId);
    }

    private boolean own(Limit limit) {
        LimitOrigin own = read.admins() ? LimitOrigin.ADMIN : LimitOrigin.TENANT_ADMIN;
        return limit.origin() == own && within(limit.tenantId());
    }

    private @Nullable Tenant owner(@Nullable UUID tenantId) {
        return tenantId == null ? null : tenants.get(tenantId);
    }

    private static ObjectNode tree(Object shape) {
        JsonNode tree = Json.MAPPER.valueToTree(shape);
        return (ObjectNode) tree;
    }

    private Declared named(DeclaredKind kind, @Nullable UUID tenantId, String name, ObjectNode raw) {
        return made(kind, tenantId, name, raw, null, true);
    }

    private Declared made(
            DeclaredKind kind,
            @Nullable UUID tenantId,
            String name,
            ObjectNode raw,
            @Nullable String handle,
            boolean live) {
        Tenant owner = owner(tenantId);
        Declared.Id id = new Declared.Id(kind, owner == null ? null : owner.slug(), name);
        // what is stored was checked when it came; what an older version stored otherwise is left out
        return Declared.there(id, DeclaredFields.normal(kind, name, raw, fault -> {}), handle, live);
    }

    private Declared tenant(Tenant tenant) {
        return named(DeclaredKind.TENANT, tenant.id(), tenant.slug(), tree(shapes.tenant(tenant)));
    }

    private Declared user(User user) {
        Tenant tenant = tenants.get(user.tenantId());
        if (tenant == null) {
            throw new IllegalStateException("a user's tenant is not there");
        }
        return made(
                DeclaredKind.USER,
                user.tenantId(),
                user.email(),
                tree(shapes.user(tenant, user)),
                user.id().toString(),
                true);
    }

    private Declared provider(ProviderAccount account) {
        ObjectNode raw = tree(shapes.provider(new ProviderView(owner(account.tenantId()), account, true)));
        raw.put(STATUS, account.enabled() ? "enabled" : "disabled");
        ObjectNode headers = raw.putObject("headers");
        account.headers().forEach(headers::put);
        ArrayNode credentials = raw.putArray("credentials");
        for (Credential.Named one : account.credential().each()) {
            credentials.add(one.credential() instanceof Credential.Sealed ? "sealed:" + one.name() : one.name());
        }
        return named(DeclaredKind.PROVIDER, account.tenantId(), account.name(), raw);
    }

    private Declared key(ApiKey key) {
        Tenant tenant = tenants.get(key.tenantId());
        if (tenant == null) {
            throw new IllegalStateException("a key's tenant is not there");
        }
        ObjectNode raw =
                tree(shapes.key(new KeyView(tenant, key.userId() == null ? null : users.get(key.userId()), key)));
        raw.put("hash", "sha256:" + HexFormat.of().formatHex(key.hash().bytes()));
        boolean live = !key.revoked() && !key.expired(now);
        return made(DeclaredKind.KEY, key.tenantId(), key.name(), raw, key.id().toString(), live);
    }

    /**
     * Older versions made a limit of each spelling of its subject, and all of them hold: the strictest is the one that is compared and
     * exported, since setting it sets the others too. They have names of their own, and go with it where it is not declared.
     */
    private List<Declared> limits() {
        Set<Declared.Id> there = new HashSet<>();
        return read.state().limits().stream()
                .filter(this::own)
                .sorted(Comparator.comparing(Limit::mode)
                        .thenComparingLong(Limit::amount)
                        .thenComparing(Limit::id))
                .map(this::limit)
                .map(limit -> there.add(limit.id()) ? limit : again(limit))
                .toList();
    }

    private Declared limit(Limit limit) {
        ObjectNode raw = tree(LimitShapes.limit(new LimitView(limit, owner(limit.tenantId()))));
        raw.put("scope", spellings.scope(limit));
        return made(DeclaredKind.LIMIT, limit.tenantId(), limitName(raw), raw, limit.id(), true);
    }

    private static Declared again(Declared limit) {
        Declared.Id id = limit.id();
        return Declared.there(
                new Declared.Id(id.kind(), id.tenant(), id.name() + ", again as " + limit.handle()),
                limit.fields(),
                limit.handle(),
                true);
    }

    /** What a document that declares it calls it. */
    static Declared.Id meant(Declared thing) {
        Declared.Id id = thing.id();
        return id.kind() == DeclaredKind.LIMIT
                ? new Declared.Id(id.kind(), id.tenant(), limitName(thing.fields()))
                : id;
    }

    private Declared price(PriceOverlay price) {
        ObjectNode raw = tree(PriceShapes.price(new PriceView(
                PriceView.Origin.INSTALLATION, owner(price.tenantId()), price.price(), price.createdAt())));
        raw.put("validFrom", price.row().validFrom().toString());
        return made(
                DeclaredKind.PRICE,
                price.tenantId(),
                priceName(raw),
                raw,
                price.id().toString(),
                true);
    }

    /** What tells one limit from another. */
    static String limitName(JsonNode fields) {
        String per = fields.path("per").asString("");
        return fields.path("scope").asString("") + " " + fields.path("metric").asString("")
                + (per.isEmpty() ? "" : " per " + per);
    }

    /** What tells one price from another. */
    static String priceName(JsonNode fields) {
        String provider = fields.path("provider").asString("");
        String type = fields.path("type").asString("");
        return (provider.isEmpty() ? type.isEmpty() ? "" : type + ":" : provider + "/")
                + fields.path("model").asString("") + " from "
                + fields.path("validFrom").asString("");
    }
}
