package io.llmproxy.wire.admin;

import java.util.List;

/** The configuration of the process. */
public final class ConfigJson {
    private ConfigJson() {}

    /**
     * One key.
     *
     * @param reload {@code yes}: a reload applies a new value; {@code restart}: a restart does
     */
    public record Setting(String key, String value, String origin, String reload) {}

    /** All keys, in the order of the reference. */
    public record Settings(List<Setting> items) {}

    /**
     * What a reload did, or would do.
     *
     * @param restart keys that have other values which only a restart applies
     */
    public record Outcome(List<String> applied, List<String> restart) {}

    /** @param pid of the process that serves now */
    public record Restarted(long pid) {}
}
