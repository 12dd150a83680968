package io.llmproxy.admin;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.User;
import org.jspecify.annotations.Nullable;

/**
 * What a credential of administration over TCP stands for.
 *
 * @param name as the audit shows it: {@code token:NAME} or {@code jwt:SUBJECT}
 * @param tenant the slug of the tenant that the role is confined to; null for {@link Role#ADMIN}
 * @param user the e-mail address of the user that {@link Role#USER} is confined to; null for others
 */
public record Grant(
        String name,
        Role role,
        @Nullable String tenant,
        @Nullable String user) {
    /** @throws InvalidValueException where role and confinement do not fit */
    public Grant {
        Checks.text("name", name, 256);
        if (role == Role.ADMIN && tenant != null) {
            throw new InvalidValueException("tenant", "an admin is of the installation, not of a tenant");
        }
        if (role != Role.ADMIN) {
            Checks.slug("tenant", tenant);
        }
        if (role == Role.USER) {
            user = User.email(user);
        } else if (user != null) {
            throw new InvalidValueException("user", "only the role user is confined to a user");
        }
    }
}
