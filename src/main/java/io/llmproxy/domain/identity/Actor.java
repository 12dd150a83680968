package io.llmproxy.domain.identity;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who administers.
 *
 * @param name as the audit shows it: {@code unix:NAME}, {@code system}
 * @param uid the operating-system user behind the admin socket; null elsewhere
 * @param tenantId the tenant that the role is confined to; null for {@link Role#ADMIN}
 * @param userId the user that {@link Role#USER} is confined to
 * @param address where the call came from: an IP address or {@code socket}
 */
public record Actor(
        String name,
        @Nullable Integer uid,
        Role role,
        @Nullable UUID tenantId,
        @Nullable UUID userId,
        String address) {

    /** The appliance itself, for what it does at a start or on a schedule. */
    public static final Actor SYSTEM = new Actor("system", null, Role.ADMIN, null, null, "local");

    public boolean admin() {
        return role == Role.ADMIN;
    }
}
