package io.llmproxy.adapter.admin;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a declaration speaks of, in the order of its sections. */
enum DeclaredKind {
    TENANT(null, false, false),
    USER("users", false, false),
    PROVIDER("providers", true, false),
    KEY("keys", false, false),
    ROUTE("routes", true, false),
    LIMIT("limits", true, true),
    PRICE("prices", true, true);

    private final @Nullable String section;
    private final boolean shared;
    private final boolean listed;

    DeclaredKind(@Nullable String section, boolean shared, boolean listed) {
        this.section = section;
        this.shared = shared;
        this.listed = listed;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The field of a tenant, or of what is shared, that holds them; null: none does. */
    @Nullable
    String section() {
        return section;
    }

    /** Whether there are some that belong to no tenant. */
    boolean shared() {
        return shared;
    }

    /** Whether they have no names of their own, and are told apart by what they say. */
    boolean listed() {
        return listed;
    }
}
