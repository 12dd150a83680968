package io.llmproxy.adapter.admin;

import io.llmproxy.domain.Durations;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderOptions;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.privacy.Redaction;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.usage.PriceList;
import io.llmproxy.domain.usage.Rate;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of each kind and the one way in which each value is written, so that what is declared and what is there compare. A value
 * that is the usual one is not written at all. The names are those of the admin API.
 */
final class DeclaredFields {
    /** In the place of what is not told. */
    static final String HIDDEN = "***";

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final Pattern HASH = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final Pattern PREFIX = Pattern.compile("llmp_[0-9A-Za-z]{7}");
    private static final Map<DeclaredKind, Map<String, Form>> ALL = all();

    private DeclaredFields() {}

    /**
     * How one field is written.
     *
     * @param usual the value that is left out; null: none is
     */
    private record Form(
            BiFunction<String, JsonNode, @Nullable JsonNode> normal,
            @Nullable JsonNode usual) {}

    static Collection<String> names(DeclaredKind kind) {
        return fields(kind).keySet();
    }

    private static Map<String, Form> fields(DeclaredKind kind) {
        return ALL.getOrDefault(kind, Map.of());
    }

    /**
     * The fields that {@code raw} has and the kind knows, in their normal form.
     *
     * @param wrong takes what is wrong with a value; it is left out then
     */
    static ObjectNode normal(
            DeclaredKind kind, String name, JsonNode raw, java.util.function.Consumer<InvalidValueException> wrong) {
        ObjectNode out = NODES.objectNode();
        fields(kind).forEach((field, form) -> {
            JsonNode value = raw.get(field);
            if (value != null && !value.isNull()) {
                try {
                    put(out, field, form, value);
                } catch (InvalidValueException e) {
                    wrong.accept(new InvalidValueException(field, e.rule()));
                }
            }
        });
        try {
            finish(kind, name, out);
        } catch (InvalidValueException e) {
            wrong.accept(e);
        }
        return out;
    }

    private static void put(ObjectNode out, String field, Form form, JsonNode value) {
        JsonNode normal = form.normal.apply(field, value);
        boolean empty = normal == null || normal.isContainer() && normal.isEmpty();
        if (!empty && !normal.equals(form.usual)) {
            out.set(field, normal);
        }
    }

    /** What depends on more than one field. */
    private static void finish(DeclaredKind kind, String name, ObjectNode out) {
        switch (kind) {
            case TENANT -> usual(out, "name", name);
            case PROVIDER -> {
                if (out.has("type")) {
                    ProviderKind type = ProviderKind.parse(text(out, "type"));
                    Map<String, String> options = new LinkedHashMap<>();
                    out.path("options")
                            .properties()
                            .forEach(e -> options.put(e.getKey(), e.getValue().stringValue()));
                    String url = new ProviderOptions(options).baseUrl(type);
                    usual(out, "baseUrl", url == null ? "" : url);
                }
            }
            case LIMIT -> limit(out);
            case USER, KEY, ROUTE, PRICE -> {}
        }
    }

    private static void limit(ObjectNode out) {
        if (out.has("metric") && out.has("amount")) {
            LimitMetric metric = LimitMetric.parse("metric", text(out, "metric"));
            long amount = LimitShapes.amount(metric, out.get("amount"));
            if (metric == LimitMetric.COST) {
                out.put("amount", metric.text(amount));
            } else {
                out.put("amount", amount);
            }
        }
        LimitPeriod period = out.has("per") ? LimitPeriod.parse("per", text(out, "per")) : LimitPeriod.NONE;
        usual(out, "algorithm", LimitAlgorithm.of(period).word());
        boolean sliding = out.has("algorithm")
                ? text(out, "algorithm").equals(LimitAlgorithm.SLIDING_WINDOW.word())
                : LimitAlgorithm.of(period) == LimitAlgorithm.SLIDING_WINDOW;
        if (!sliding || out.path("segments").asInt(0) == Limit.DEFAULT_SEGMENTS) {
            out.remove("segments");
        }
    }

    private static void usual(ObjectNode out, String field, String usual) {
        if (out.has(field) && text(out, field).equals(usual)) {
            out.remove(field);
        }
    }

    static String text(ObjectNode node, String field) {
        return node.path(field).asString("");
    }

    private static Map<DeclaredKind, Map<String, Form>> all() {
        Map<DeclaredKind, Map<String, Form>> all = new EnumMap<>(DeclaredKind.class);
        all.put(DeclaredKind.TENANT, tenant());
        all.put(DeclaredKind.USER, user());
        all.put(DeclaredKind.PROVIDER, provider());
        all.put(DeclaredKind.KEY, key());
        all.put(DeclaredKind.ROUTE, route());
        all.put(DeclaredKind.LIMIT, limit());
        all.put(DeclaredKind.PRICE, price());
        return all;
    }

    private static Map<String, Form> tenant() {
        Fields f = new Fields();
        f.text("name").word("status", "active", "active", "suspended").text("defaultProvider");
        f.add("allowedProviders", DeclaredFields::names).add("allowedModels", DeclaredFields::globs);
        f.whole("maxUsers").whole("maxApiKeys");
        f.parsed("auditMode", text -> AuditMode.parse(text).word(), AuditMode.METADATA.word());
        f.whole("auditRetentionDays").whole("usageRetentionDays");
        f.whole("maxRequestsPerMinute").whole("maxRequestsPerDay").whole("maxTokensPerDay");
        f.whole("maxOutputTokens").text("timeZone");
        f.add(
                "redact",
                (name, n) -> node(Redaction.Mode.of(name, Body.text(name, n)).word()),
                "off");
        f.add("redactKinds", DeclaredFields::names).add("redactPatterns", DeclaredFields::texts);
        f.add("redactProviders", DeclaredFields::names).flag("redactStrict", true);
        return f.map;
    }

    private static Map<String, Form> user() {
        Fields f = new Fields();
        f.text("name");
        f.add("role", (name, n) -> node(Readers.role(name, n).word()), "user");
        f.word("status", "enabled", "enabled", "disabled");
        return f.map;
    }

    private static Map<String, Form> provider() {
        ProviderTimeouts usual = ProviderTimeouts.DEFAULT;
        Fields f = new Fields();
        f.parsed("type", text -> ProviderKind.parse(text).word(), null);
        f.add("baseUrl", (name, n) -> node(Readers.url(name, n).toString()));
        f.add("credentials", DeclaredFields::names);
        f.add("models", DeclaredFields::globs);
        f.add("priority", DeclaredFields::integer, NODES.numberNode(0));
        f.add("weight", DeclaredFields::integer, NODES.numberNode(1));
        f.add("headers", DeclaredFields::map);
        f.add("apiVersion", (name, n) -> node(Readers.apiVersion(name, n)));
        f.duration("connectTimeout", Durations.format(usual.connect()));
        f.duration("firstByteTimeout", Durations.format(usual.firstByte()));
        f.duration("idleTimeout", Durations.format(usual.idle()));
        f.duration("timeout", null);
        f.text("caFile").text("clientCertificateFile").text("clientKeyFile");
        f.add("proxy", DeclaredFields::proxy);
        f.add("streamUsage", (name, n) -> node(Readers.streamUsage(name, n).word()), "auto");
        f.add("abilities", DeclaredFields::map);
        f.add("options", DeclaredFields::map);
        f.word("status", "enabled", "enabled", "disabled");
        return f.map;
    }

    private static Map<String, Form> key() {
        Fields f = new Fields();
        f.add("user", (name, n) -> node(User.email(Body.text(name, n))));
        f.add("models", DeclaredFields::globs).add("providers", DeclaredFields::names);
        f.add(
                "cidrs",
                (name, n) -> list(Body.texts(name, n).stream()
                        .map(text -> Cidr.parse(name, text).toString())
                        .toList()));
        f.flag("passthrough", false).add("labels", DeclaredFields::map).whole("maxRequests");
        f.add("expiresAt", DeclaredFields::instant);
        f.add("hash", (name, n) -> matching(name, n, HASH, "must be sha256: and 64 hexadecimal digits"));
        f.add(
                "prefix",
                (name, n) -> matching(
                        name, n, PREFIX, "must be the first " + ApiKey.PREFIX_LENGTH + " characters of the secret"));
        return f.map;
    }

    private static Map<String, Form> route() {
        Fields f = new Fields();
        f.add("matchPath", DeclaredFields::glob).add("matchHeaders", DeclaredFields::map);
        f.add("matchHost", DeclaredFields::glob).add("matchUser", DeclaredFields::glob);
        f.add("matchLabels", DeclaredFields::map);
        f.add(
                "strategy",
                (name, n) -> node(BalancePolicy.parse(name, Body.text(name, n)).word()),
                "failover");
        f.text("sticky").add("require", DeclaredFields::names).add("targets", DeclaredFields::texts);
        f.add("retries", DeclaredFields::integer, NODES.numberNode(0)).flag("retryTimeouts", false);
        f.duration("timeout", null);
        return f.map;
    }

    private static Map<String, Form> limit() {
        Fields f = new Fields();
        f.text("scope");
        f.add(
                "metric",
                (name, n) -> node(LimitMetric.parse(name, Body.text(name, n)).word()));
        f.add("amount", (name, n) -> node(n.asString()));
        f.add(
                "per",
                (name, n) -> node(LimitPeriod.parse(name, Body.text(name, n)).word()));
        f.add(
                "algorithm",
                (name, n) -> node(LimitAlgorithm.parse(name, Body.text(name, n)).word()));
        f.add("segments", DeclaredFields::integer);
        f.add(
                "mode",
                (name, n) -> node(LimitMode.parse(name, Body.text(name, n)).word()),
                "hard");
        return f.map;
    }

    private static Map<String, Form> price() {
        Fields f = new Fields();
        f.text("provider").text("type").add("model", DeclaredFields::glob);
        f.add(
                "validFrom",
                (name, n) -> node(PriceList.time(name, Body.text(name, n)).toString()));
        for (Rate rate : Rate.values()) {
            f.add(PricesResource.field(rate), (name, n) -> node(rate.format(rate.parse(name, money(name, n)))));
        }
        f.whole("contextTokens").whole("maxOutputTokens");
        return f.map;
    }

    /** Collects them in their order. */
    private static final class Fields {
        private final Map<String, Form> map = new LinkedHashMap<>();

        Fields add(String name, BiFunction<String, JsonNode, @Nullable JsonNode> normal) {
            map.put(name, new Form(normal, null));
            return this;
        }

        Fields add(String name, BiFunction<String, JsonNode, @Nullable JsonNode> normal, String usual) {
            return add(name, normal, node(usual));
        }

        Fields add(String name, BiFunction<String, JsonNode, @Nullable JsonNode> normal, JsonNode usual) {
            map.put(name, new Form(normal, usual));
            return this;
        }

        Fields text(String name) {
            return add(name, (field, n) -> node(Body.text(field, n)));
        }

        Fields whole(String name) {
            return add(name, (field, n) -> NODES.numberNode(Body.wholeNumber(field, n)));
        }

        Fields flag(String name, boolean usual) {
            return add(name, (field, n) -> NODES.booleanNode(Body.bool(field, n)), NODES.booleanNode(usual));
        }

        Fields parsed(String name, Function<String, String> normal, @Nullable String usual) {
            map.put(
                    name,
                    new Form(
                            (field, n) -> node(normal.apply(Body.text(field, n))), usual == null ? null : node(usual)));
            return this;
        }

        Fields duration(String name, @Nullable String usual) {
            map.put(
                    name,
                    new Form(
                            (field, n) -> node(Durations.format(Readers.duration(field, n))),
                            usual == null ? null : node(usual)));
            return this;
        }

        Fields word(String name, String usual, String... words) {
            return add(
                    name,
                    (field, n) -> {
                        if (!List.of(words).contains(Body.text(field, n))) {
                            throw new InvalidValueException(field, "must be " + String.join(" or ", words));
                        }
                        return node(n.stringValue());
                    },
                    usual);
        }
    }

    private static JsonNode node(String text) {
        return NODES.stringNode(text);
    }

    private static ArrayNode list(List<String> texts) {
        ArrayNode array = NODES.arrayNode();
        texts.forEach(array::add);
        return array;
    }

    private static JsonNode texts(String field, JsonNode node) {
        return list(Body.texts(field, node));
    }

    /** In alphabetical order: the order says nothing. */
    private static JsonNode names(String field, JsonNode node) {
        return list(new ArrayList<>(new java.util.TreeSet<>(Body.texts(field, node))));
    }

    private static JsonNode globs(String field, JsonNode node) {
        return list(Readers.globs(field, node).stream().map(Glob::pattern).toList());
    }

    private static JsonNode glob(String field, JsonNode node) {
        return node(Readers.glob(field, node).pattern());
    }

    private static JsonNode integer(String field, JsonNode node) {
        return NODES.numberNode(Body.integer(field, node));
    }

    private static JsonNode map(String field, JsonNode node) {
        ObjectNode out = NODES.objectNode();
        new TreeMap<>(Body.entries(field, node)).forEach(out::put);
        return out;
    }

    private static JsonNode instant(String field, JsonNode node) {
        try {
            Instant at = OffsetDateTime.parse(Body.text(field, node)).toInstant();
            return node(Shapes.time(at).toString());
        } catch (DateTimeParseException e) {
            throw new InvalidValueException(field, "must be a time as 2027-01-31T00:00:00Z");
        }
    }

    private static JsonNode matching(String field, JsonNode node, Pattern pattern, String rule) {
        if (!pattern.matcher(Body.text(field, node)).matches()) {
            throw new InvalidValueException(field, rule);
        }
        return node;
    }

    /** A login has no place in a file: {@code ***@} stands for the one that is there. */
    private static JsonNode proxy(String field, JsonNode node) {
        String text = Body.text(field, node);
        int at = text.indexOf('@');
        if (at >= 0 && !text.startsWith("http://" + HIDDEN + "@")) {
            throw new InvalidValueException(
                    field,
                    "must not have a login here; set it with llmproxyctl provider update --proxy, and write http://"
                            + HIDDEN + "@host:port");
        }
        return node;
    }

    /** A decimal number, with quotes around it or without. */
    private static String money(String field, JsonNode node) {
        return node.isNumber() ? node.decimalValue().toPlainString() : Body.text(field, node);
    }
}
