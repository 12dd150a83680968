package io.llmproxy.domain.limit;

/** Where a limit was set, and with that who may change it. */
public enum LimitOrigin {
    /** In the configuration. */
    CONFIG("config"),
    /** As a setting of a tenant or a key. */
    SETTING("setting"),
    /** By an admin of the installation. */
    ADMIN("admin"),
    /** By a tenant-admin. */
    TENANT_ADMIN("tenant-admin");

    private final String word;

    LimitOrigin(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    /** Whether it was set as a limit, and can be changed and deleted as one. */
    public boolean managed() {
        return this == ADMIN || this == TENANT_ADMIN;
    }

    public static LimitOrigin parse(String field, String text) {
        return Words.parse(field, text, values(), LimitOrigin::word);
    }
}
