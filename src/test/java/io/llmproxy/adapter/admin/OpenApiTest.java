package io.llmproxy.adapter.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.AdminFixture;
import io.llmproxy.wire.admin.AuditEventJson;
import io.llmproxy.wire.admin.ExplanationJson;
import io.llmproxy.wire.admin.KeyJson;
import io.llmproxy.wire.admin.LedgerJson;
import io.llmproxy.wire.admin.LimitJson;
import io.llmproxy.wire.admin.LimitProofJson;
import io.llmproxy.wire.admin.LiveJson;
import io.llmproxy.wire.admin.LogJson;
import io.llmproxy.wire.admin.PriceJson;
import io.llmproxy.wire.admin.ProblemJson;
import io.llmproxy.wire.admin.ProviderJson;
import io.llmproxy.wire.admin.StatusJson;
import io.llmproxy.wire.admin.TenantJson;
import io.llmproxy.wire.admin.TlsJson;
import io.llmproxy.wire.admin.UsageJson;
import io.llmproxy.wire.admin.UserJson;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The description of the API against the routes and shapes that are served. */
class OpenApiTest {
    private final JsonNode description = Json.MAPPER.readTree(StatusResource.description());

    @Test
    void describesEveryRouteWithItsParametersAndNoOther() {
        Map<String, Set<String>> served = new TreeMap<>();
        routes().forEach(r -> served.put(r.method() + " " + r.path(), new TreeSet<>(r.query())));
        Map<String, Set<String>> described = new TreeMap<>();
        description
                .get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(operation -> described.put(
                                operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(),
                                queryOf(operation.getValue()))));
        assertThat(described).isEqualTo(served);
    }

    @Test
    void saysOfEachRouteWhoMayCallIt() {
        Map<String, String> served = new TreeMap<>();
        routes().forEach(r -> served.put(
                r.method() + " " + r.path(),
                switch (r.access()) {
                    case ANYBODY -> "without a token";
                    case USERS -> "user";
                    case TENANT_ADMINS -> "tenant-admin";
                    case ADMINS -> "admin";
                }));
        Map<String, String> described = new TreeMap<>();
        description
                .get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(operation -> described.put(
                                operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(),
                                operation.getValue().has("security")
                                        ? "without a token"
                                        : operation.getValue().get("x-role").stringValue())));
        assertThat(described).isEqualTo(served);
        description
                .get("security")
                .forEach(one -> one.propertyNames()
                        .forEach(scheme -> assertThat(description
                                        .at("/components/securitySchemes/" + scheme + "/scheme")
                                        .stringValue())
                                .isEqualTo("bearer")));
    }

    @Test
    void saysOfEveryChangeThatItTakesAKey() {
        Set<String> take = new TreeSet<>();
        description
                .get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    if (operation.getValue().path("parameters").values().stream()
                            .anyMatch(p -> p.path("name").stringValue("").equals("Idempotency-Key")
                                    && p.path("in").stringValue("").equals("header"))) {
                        take.add(operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
                    }
                }));
        Set<String> changes = routes().stream()
                .filter(r -> AdminIdempotency.concerns(r.method()))
                .map(r -> r.method() + " " + r.path())
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(take).isNotEmpty().isEqualTo(changes);
    }

    @Test
    void describesEveryShapeFieldByField() {
        Map<String, Class<?>> shapes = Map.ofEntries(
                Map.entry("Problem", ProblemJson.class),
                Map.entry("Tenant", TenantJson.class),
                Map.entry("TenantCreate", TenantJson.Create.class),
                Map.entry("User", UserJson.class),
                Map.entry("UserCreate", UserJson.Create.class),
                Map.entry("Key", KeyJson.class),
                Map.entry("KeyCreate", KeyJson.Create.class),
                Map.entry("KeyRevokeAll", KeyJson.Revoke.class),
                Map.entry("KeyRotate", KeyJson.Rotate.class),
                Map.entry("Provider", ProviderJson.class),
                Map.entry("ProviderCreate", ProviderJson.Create.class),
                Map.entry("ProviderTest", ProviderJson.Test.class),
                Map.entry("Price", PriceJson.class),
                Map.entry("PriceCreate", PriceJson.Create.class),
                Map.entry("PriceImport", PriceJson.Import.class),
                Map.entry("PriceImported", PriceJson.Imported.class),
                Map.entry("PriceChange", PriceJson.Change.class),
                Map.entry("Limit", LimitJson.class),
                Map.entry("LimitSet", LimitJson.Set.class),
                Map.entry("LimitUsage", LimitJson.Usage.class),
                Map.entry("AuditEvent", AuditEventJson.class),
                Map.entry("AuditChain", AuditEventJson.Chain.class),
                Map.entry("AuditKey", AuditEventJson.Key.class),
                Map.entry("AuditPurge", AuditEventJson.Purge.class),
                Map.entry("AuditPurged", AuditEventJson.Purged.class),
                Map.entry("LedgerCheck", LedgerJson.class),
                Map.entry("LimitProof", LimitProofJson.class),
                Map.entry("Explanation", ExplanationJson.class),
                Map.entry("ExplanationAsk", ExplanationJson.Ask.class),
                Map.entry("UsageRecord", UsageJson.class),
                Map.entry("UsageRow", UsageJson.ReportRow.class),
                Map.entry("Live", LiveJson.class),
                Map.entry("Tls", TlsJson.class),
                Map.entry("LiveLine", LiveJson.Line.class),
                Map.entry("LiveNear", LiveJson.Near.class),
                Map.entry("Log", LogJson.class),
                Map.entry("Status", StatusJson.class));
        JsonNode schemas = description.get("components").get("schemas");
        shapes.forEach(
                (name, shape) -> assertThat(schemas.get(name).get("properties").propertyNames())
                        .as(name)
                        .containsExactlyInAnyOrderElementsOf(Arrays.stream(shape.getRecordComponents())
                                .map(RecordComponent::getName)
                                .toList()));
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        Set<String> names = new TreeSet<>();
        description.findValuesAsString("$ref").forEach(ref -> names.add(ref));
        assertThat(names)
                .isNotEmpty()
                .allSatisfy(ref ->
                        assertThat(description.at(ref.substring(1)).isObject()).isTrue());
    }

    private static Set<String> queryOf(JsonNode operation) {
        JsonNode parameters = operation.get("parameters");
        return parameters == null
                ? Set.of()
                : parameters.values().stream()
                        .filter(p -> p.get("in").stringValue().equals("query"))
                        .map(p -> p.get("name").stringValue())
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<AdminRoute> routes() {
        AdminFixture f = new AdminFixture();
        return AdminServer.table(f.application()).routes();
    }
}
