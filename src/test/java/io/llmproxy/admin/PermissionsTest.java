package io.llmproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.llmproxy.admin.AdminCommand.ProviderChanges;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.domain.usage.PriceList;
import io.llmproxy.domain.usage.PriceRow;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PermissionsTest {
    private static final KeyScope PASSTHROUGH = new KeyScope(List.of(), Set.of(), List.of(), true, Map.of());

    /** Command, may a tenant-admin, may a user. An admin may all. */
    static Stream<Arguments> table() {
        return Stream.of(
                arguments(new AdminCommand.CreateTenant("a", null), false, false),
                arguments(update(Change.to("A"), Change.none()), true, false),
                arguments(update(Change.none(), Change.to(5)), false, false),
                arguments(update(Change.none(), Change.to(null)), false, false),
                arguments(new AdminCommand.ActivateTenant("a"), false, false),
                arguments(new AdminCommand.SuspendTenant("a", true), false, false),
                arguments(new AdminCommand.DeleteTenant("a", true), false, false),
                arguments(new AdminCommand.CreateUser("a", "x@y", null, Role.USER), true, false),
                arguments(new AdminCommand.CreateUser("a", "x@y", null, Role.TENANT_ADMIN), true, false),
                arguments(new AdminCommand.CreateUser("a", "x@y", null, Role.ADMIN), false, false),
                arguments(updateUser(Change.to(Role.TENANT_ADMIN)), true, false),
                arguments(updateUser(Change.to(Role.ADMIN)), false, false),
                arguments(new AdminCommand.DeleteUser("a", "x@y", true), true, false),
                arguments(new AdminCommand.CreateKey("a", "k", null, null, KeyScope.ANY), true, true),
                arguments(new AdminCommand.CreateKey("a", "k", null, null, PASSTHROUGH), true, false),
                arguments(updateKey(Change.none()), true, true),
                arguments(updateKey(Change.to(false)), true, true),
                arguments(updateKey(Change.to(true)), true, false),
                arguments(keyWithoutCertificate(), true, false),
                arguments(new AdminCommand.RevokeKey("a", "k", true), true, true),
                arguments(new AdminCommand.RotateKey("a", "k", null), true, true),
                arguments(new AdminCommand.DeleteKey("a", "k"), true, true),
                arguments(new AdminCommand.RevokeAllKeys("a", null, false), true, true),
                arguments(createProvider("a", ProviderChanges.NONE), true, false),
                arguments(createProvider(null, ProviderChanges.NONE), false, false),
                arguments(createProvider("a", referring()), false, false),
                arguments(new AdminCommand.UpdateProvider("a", "p", ProviderChanges.NONE), true, false),
                arguments(new AdminCommand.UpdateProvider(null, "p", ProviderChanges.NONE), false, false),
                arguments(new AdminCommand.UpdateProvider("a", "p", referring()), false, false),
                arguments(new AdminCommand.EnableProvider("a", "p"), true, false),
                arguments(new AdminCommand.EnableProvider(null, "p"), false, false),
                arguments(new AdminCommand.DisableProvider("a", "p"), true, false),
                arguments(new AdminCommand.DisableProvider(null, "p"), false, false),
                arguments(new AdminCommand.DeleteProvider("a", "p"), true, false),
                arguments(new AdminCommand.DeleteProvider(null, "p"), false, false),
                arguments(new AdminCommand.SetPrice("a", price()), true, false),
                arguments(new AdminCommand.SetPrice(null, price()), false, false),
                arguments(new AdminCommand.ImportPrices("a", List.of()), true, false),
                arguments(new AdminCommand.ImportPrices(null, List.of()), false, false),
                arguments(new AdminCommand.DeletePrice("a", new UUID(0, 1)), true, false),
                arguments(new AdminCommand.DeletePrice(null, new UUID(0, 1)), false, false),
                arguments(setLimit("a", LimitScope.USER), true, false),
                arguments(setLimit("a", LimitScope.TENANT), false, false),
                arguments(setLimit(null, LimitScope.USER), false, false),
                arguments(setLimit(null, LimitScope.GLOBAL), false, false),
                arguments(new AdminCommand.ResetLimit("a", "l"), true, false),
                arguments(new AdminCommand.ResetLimit(null, "l"), false, false),
                arguments(new AdminCommand.DeleteLimit("a", "l"), true, false),
                arguments(new AdminCommand.DeleteLimit(null, "l"), false, false),
                arguments(new AdminCommand.CreateRoute("a", "r", route()), true, false),
                arguments(new AdminCommand.CreateRoute(null, "r", route()), false, false),
                arguments(new AdminCommand.UpdateRoute("a", "r", route()), true, false),
                arguments(new AdminCommand.UpdateRoute(null, "r", route()), false, false),
                arguments(new AdminCommand.DeleteRoute("a", "r"), true, false),
                arguments(new AdminCommand.DeleteRoute(null, "r"), false, false),
                arguments(new AdminCommand.PurgeAudit("a", Instant.EPOCH), false, false),
                arguments(new AdminCommand.PurgeAudit(null, Instant.EPOCH), false, false),
                arguments(new AdminCommand.PurgeRequests("a", Instant.EPOCH), false, false),
                arguments(new AdminCommand.ReadBodies("a", 1, "r"), true, false),
                arguments(keyOfManyRequests(), true, false));
    }

    private static AdminCommand.RouteChanges route() {
        return new AdminCommand.RouteChanges(
                Change.none(),
                MapChange.NONE,
                Change.none(),
                Change.none(),
                MapChange.NONE,
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none());
    }

    private static PriceRow price() {
        return PriceList.parse("model,input\nm,1", Instant.EPOCH).getFirst();
    }

    private static AdminCommand setLimit(@Nullable String tenant, LimitScope scope) {
        return new AdminCommand.SetLimit(
                tenant, scope, null, LimitMetric.REQUESTS, 1, LimitPeriod.DAY, null, 6, LimitMode.HARD);
    }

    private static AdminCommand keyOfManyRequests() {
        return new AdminCommand.UpdateKey(
                "a",
                "k",
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                MapChange.NONE,
                Change.to(9L),
                Change.none(),
                Change.none());
    }

    private static AdminCommand keyWithoutCertificate() {
        return new AdminCommand.UpdateKey(
                "a",
                "k",
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                MapChange.NONE,
                Change.none(),
                Change.to(null),
                Change.none());
    }

    @ParameterizedTest
    @MethodSource("table")
    void eachRoleMayGiveItsOwnCommandsAndNoOthers(AdminCommand command, boolean tenantAdmin, boolean user) {
        assertThat(permitted(Role.ADMIN, command)).isTrue();
        assertThat(permitted(Role.TENANT_ADMIN, command)).isEqualTo(tenantAdmin);
        assertThat(permitted(Role.USER, command)).isEqualTo(user);
    }

    @Test
    void theTableSpeaksOfEveryCommand() {
        Set<Class<?>> all = new HashSet<>(Arrays.asList(AdminCommand.class.getPermittedSubclasses()));
        table().forEach(row ->
                all.remove(java.util.Objects.requireNonNull(row.get()[0]).getClass()));
        assertThat(all).isEmpty();
    }

    private static boolean permitted(Role role, AdminCommand command) {
        try {
            Permissions.check(new Actor("a", null, role, UUID.randomUUID(), UUID.randomUUID(), "x"), command);
            return true;
        } catch (AdminException e) {
            assertThat(e.reason()).isEqualTo(AdminException.Reason.FORBIDDEN);
            return false;
        }
    }

    private static AdminCommand update(Change<String> name, Change<Integer> maxUsers) {
        return Samples.update("a", name, Change.none(), Change.none(), maxUsers, Change.none());
    }

    private static AdminCommand updateUser(Change<Role> role) {
        return new AdminCommand.UpdateUser("a", "x@y", Change.none(), role, Change.none());
    }

    private static AdminCommand updateKey(Change<Boolean> passthrough) {
        return new AdminCommand.UpdateKey(
                "a", "k", Change.none(), Change.none(), Change.none(), Change.none(), passthrough, MapChange.NONE);
    }

    private static AdminCommand createProvider(@Nullable String tenant, ProviderChanges settings) {
        return new AdminCommand.CreateProvider(tenant, "p", ProviderKind.OLLAMA, settings);
    }

    private static ProviderChanges referring() {
        return Samples.provider(null, SecretRef.parse("env:KEY"), null);
    }
}
