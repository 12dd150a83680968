package io.llmproxy.adapter.admin;

import io.llmproxy.domain.Durations;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.CertificateName;
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
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
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
        f.add("allowedProviders", DeclaredValues::names).add("allowedModels", DeclaredValues::globs);
        f.whole("maxUsers").whole("maxApiKeys");
        f.parsed("auditMode", text -> AuditMode.parse(text).word(), AuditMode.METADATA.word());
        f.whole("auditRetentionDays").whole("usageRetentionDays").whole("bodyRetentionDays");
        f.whole("maxRequestsPerMinute").whole("maxRequestsPerDay").whole("maxTokensPerDay");
        f.whole("maxOutputTokens").text("timeZone");
        f.add(
                "redact",
                (name, n) -> DeclaredValues.node(
                        Redaction.Mode.of(name, Body.text(name, n)).word()),
                "off");
        f.add("redactKinds", DeclaredValues::names).add("redactPatterns", DeclaredValues::texts);
        f.add("redactProviders", DeclaredValues::names).flag("redactStrict", true);
        return f.map;
    }

    private static Map<String, Form> user() {
        Fields f = new Fields();
        f.text("name");
        f.add("role", (name, n) -> DeclaredValues.node(Readers.role(name, n).word()), "user");
        f.word("status", "enabled", "enabled", "disabled");
        return f.map;
    }

    private static Map<String, Form> provider() {
        ProviderTimeouts usual = ProviderTimeouts.DEFAULT;
        Fields f = new Fields();
        f.parsed("type", text -> ProviderKind.parse(text).word(), null);
        f.add("baseUrl", (name, n) -> DeclaredValues.node(Readers.url(name, n).toString()));
        f.add("credentials", DeclaredValues::names);
        f.add("models", DeclaredValues::globs);
        f.add("priority", DeclaredValues::integer, NODES.numberNode(0));
        f.add("weight", DeclaredValues::integer, NODES.numberNode(1));
        f.add("headers", DeclaredValues::map);
        f.add("apiVersion", (name, n) -> DeclaredValues.node(Readers.apiVersion(name, n)));
        f.duration("connectTimeout", Durations.format(usual.connect()));
        f.duration("firstByteTimeout", Durations.format(usual.firstByte()));
        f.duration("idleTimeout", Durations.format(usual.idle()));
        f.duration("timeout", null);
        f.text("caFile").text("clientCertificateFile").text("clientKeyFile");
        f.add("proxy", DeclaredValues::proxy);
        f.add(
                "streamUsage",
                (name, n) -> DeclaredValues.node(Readers.streamUsage(name, n).word()),
                "auto");
        f.add("abilities", DeclaredValues::map);
        f.add("options", DeclaredValues::map);
        f.word("status", "enabled", "enabled", "disabled");
        return f.map;
    }

    private static Map<String, Form> key() {
        Fields f = new Fields();
        f.add("user", (name, n) -> DeclaredValues.node(User.email(Body.text(name, n))));
        f.add("models", DeclaredValues::globs).add("providers", DeclaredValues::names);
        f.add(
                "cidrs",
                (name, n) -> DeclaredValues.list(Body.texts(name, n).stream()
                        .map(text -> Cidr.parse(name, text).toString())
                        .toList()));
        f.flag("passthrough", false).add("labels", DeclaredValues::map).whole("maxRequests");
        f.add(
                "certificates",
                (name, n) -> DeclaredValues.list(Readers.certificates(name, n).stream()
                        .map(CertificateName::toString)
                        .toList()));
        f.flag("certificateOnly", false);
        f.add("expiresAt", DeclaredValues::instant);
        f.add("hash", (name, n) -> DeclaredValues.matching(name, n, HASH, "must be sha256: and 64 hexadecimal digits"));
        f.add(
                "prefix",
                (name, n) -> DeclaredValues.matching(
                        name, n, PREFIX, "must be the first " + ApiKey.PREFIX_LENGTH + " characters of the secret"));
        return f.map;
    }

    private static Map<String, Form> route() {
        Fields f = new Fields();
        f.add("matchPath", DeclaredValues::glob).add("matchHeaders", DeclaredValues::map);
        f.add("matchHost", DeclaredValues::glob).add("matchUser", DeclaredValues::glob);
        f.add("matchLabels", DeclaredValues::map);
        f.add(
                "strategy",
                (name, n) -> DeclaredValues.node(
                        BalancePolicy.parse(name, Body.text(name, n)).word()),
                "failover");
        f.text("sticky").add("require", DeclaredValues::names).add("targets", DeclaredValues::texts);
        f.add("retries", DeclaredValues::integer, NODES.numberNode(0)).flag("retryTimeouts", false);
        f.duration("timeout", null);
        return f.map;
    }

    private static Map<String, Form> limit() {
        Fields f = new Fields();
        f.text("scope");
        f.add(
                "metric",
                (name, n) -> DeclaredValues.node(
                        LimitMetric.parse(name, Body.text(name, n)).word()));
        f.add("amount", DeclaredValues::number);
        f.add(
                "per",
                (name, n) -> DeclaredValues.node(
                        LimitPeriod.parse(name, Body.text(name, n)).word()));
        f.add(
                "algorithm",
                (name, n) -> DeclaredValues.node(
                        LimitAlgorithm.parse(name, Body.text(name, n)).word()));
        f.add("segments", DeclaredValues::integer);
        f.add(
                "mode",
                (name, n) -> DeclaredValues.node(
                        LimitMode.parse(name, Body.text(name, n)).word()),
                "hard");
        return f.map;
    }

    private static Map<String, Form> price() {
        Fields f = new Fields();
        f.text("provider").text("type").add("model", DeclaredValues::glob);
        f.add(
                "validFrom",
                (name, n) -> DeclaredValues.node(
                        PriceList.time(name, Body.text(name, n)).toString()));
        for (Rate rate : Rate.values()) {
            f.add(
                    PricesResource.field(rate),
                    (name, n) -> DeclaredValues.node(rate.format(rate.parse(name, DeclaredValues.money(name, n)))));
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
            return add(name, normal, DeclaredValues.node(usual));
        }

        Fields add(String name, BiFunction<String, JsonNode, @Nullable JsonNode> normal, JsonNode usual) {
            map.put(name, new Form(normal, usual));
            return this;
        }

        Fields text(String name) {
            return add(name, (field, n) -> DeclaredValues.node(Body.text(field, n)));
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
                            (field, n) -> DeclaredValues.node(normal.apply(Body.text(field, n))),
                            usual == null ? null : DeclaredValues.node(usual)));
            return this;
        }

        Fields duration(String name, @Nullable String usual) {
            map.put(
                    name,
                    new Form(
                            (field, n) -> DeclaredValues.node(Durations.format(Readers.duration(field, n))),
                            usual == null ? null : DeclaredValues.node(usual)));
            return this;
        }

        Fields word(String name, String usual, String... words) {
            return add(
                    name,
                    (field, n) -> {
                        if (!List.of(words).contains(Body.text(field, n))) {
                            throw new InvalidValueException(field, "must be " + String.join(" or ", words));
                        }
                        return DeclaredValues.node(n.stringValue());
                    },
                    usual);
        }
    }
}
