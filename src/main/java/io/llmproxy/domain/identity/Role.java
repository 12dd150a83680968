package io.llmproxy.domain.identity;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.Locale;

/** What a user may administer; the contract's words. */
public enum Role {
    /** Of the installation: everything, every tenant. Granted by an admin alone. */
    ADMIN("admin"),
    /** The tenant's users, keys, own providers, routes. */
    TENANT_ADMIN("tenant-admin"),
    /** Own keys and own usage. */
    USER("user");

    private final String word;

    Role(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static Role parse(String text) {
        for (Role role : values()) {
            if (role.word.equals(text.toLowerCase(Locale.ROOT))) {
                return role;
            }
        }
        throw new InvalidValueException("role", "must be admin, tenant-admin or user");
    }
}
